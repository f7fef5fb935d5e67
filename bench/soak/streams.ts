import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "../../src/db/database.ts";
import type { Work } from "../../src/queue/queue.ts";
import { SqliteQueue } from "../../src/queue/sqlite.ts";
import { SqliteTaskStore } from "../../src/store/tasks.ts";
import type { Credentials } from "../../test/fixtures/signed-client.ts";
import { cpuSecondsOf } from "../processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "../report.ts";
import { CREDENTIALS, createTask, type Home, newHome, startPontus, TASKS } from "../service.ts";
import { spreadOf } from "../statistics.ts";
import { commandOf } from "../wasm-arms.ts";
import type { Readers, ReadersResult } from "./reader.ts";
import { watch } from "./watch.ts";

const STREAMS = { all: 880, quiet: 100, slow: 20 };
const RUNNING = 50;
const ENDED_A_SECOND = 2;
const LAG_P99_MS_MAX = 50;
const RSS_BYTES_MAX = 300e6;
/** Longer than the notes of `lag.ts` are apart, and than a follower is told of another process's commit. */
const SETTLE_MS = 3_000;
/** What was noted before all streams were open is not counted. */
const NOTED_MS = 700;

/** A client that has no task: its streams have heartbeats alone. */
const QUIET: Credentials = {
  client_code: "quiet",
  public_key: "pk-quiet",
  private_key: "the key of a client without tasks",
};

/** What 50 workers write of their tasks: progress once a second each; some tasks end, and others begin. */
async function workOn(home: Home, url: string, forMs: number): Promise<number> {
  const database = openDatabase(join(home.data, "pontus.db"));
  const now = Date.now;
  const tasks = new SqliteTaskStore(database, { now });
  const queue = new SqliteQueue(database, { now, leaseMs: 600_000, attemptsMax: 3 });
  const running: Work[] = [];
  let events = 0;
  const begin = async () => {
    const target_url = `out-${events}.mp4`;
    await createTask(url, { source: { source_url: "in/clip.mp4" }, targets: [{ target_url }] });
    const work = await queue.claim({ id: "soak", engine: "native" });
    if (work) running.push(work);
    events += 2;
  };
  const end = async () => {
    const claim = running.shift()?.claim;
    if (!claim) return;
    await tasks.saveTarget(claim, 0, { status: "SUCCESS" });
    await tasks.finish(claim, { status: "SUCCESS" });
    events += 2;
  };
  while (running.length < RUNNING) await begin();
  const endMs = performance.now() + forMs;
  for (let second = 1; performance.now() < endMs; second += 1) {
    for (const { claim } of running) {
      const done = { outTimeSeconds: second, percent: second % 100, speed: 1.5, fps: 37.5 };
      await tasks.saveProgress(claim, { phase: "TRANSCODING", ...done, etaSeconds: 60 });
      await sleep(1000 / RUNNING);
    }
    for (let count = 0; count < ENDED_A_SECOND; count += 1) {
      await end();
      await begin();
    }
  }
  await sleep(SETTLE_MS);
  database.close();
  return events;
}

/** Readers in a process of their own, once all their streams are open. */
async function startReaders(readers: Readers) {
  const script = join(import.meta.dirname, "reader.ts");
  const child = spawn(process.execPath, [script, JSON.stringify(readers)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  while (!output.includes("ready\n")) {
    if (child.exitCode !== null) throw new Error("Cannot go on: the readers have ended");
    await sleep(50);
  }
  return {
    end: async (): Promise<ReadersResult> => {
      const closed = once(child, "close");
      child.stdin.end();
      await closed;
      return JSON.parse(output.split("\n").at(-2) ?? "") as ReadersResult;
    },
    kill: () => child.kill("SIGKILL"),
  };
}

async function streamsOn(runtime: "Bun" | "Deno", { isQuick, scratch, say }: PartOptions) {
  const home = newHome(scratch);
  const lagFile = join(scratch, `lag-${runtime}`);
  const main = runtime === "Bun" ? "src/main.bun.ts" : "src/main.deno.ts";
  const [program, ...args] = commandOf(runtime, main, "bench/lag.ts");
  const env = {
    PONTUS_CLIENTS: JSON.stringify([CREDENTIALS, QUIET]),
    PONTUS_CONCURRENCY: "0",
    PONTUS_CLIENT_STREAMS_MAX: "1000",
    BENCH_LAG_FILE: lagFile,
  };
  const server = await startPontus(home, env, { program, args });
  const path = `${TASKS}/events`;
  const own = { credentials: CREDENTIALS, path };
  let readers: Awaited<ReturnType<typeof startReaders>> | undefined;
  try {
    readers = await startReaders({
      url: server.url,
      groups: [
        { ...own, streams: STREAMS.all },
        { credentials: QUIET, path, streams: STREAMS.quiet },
        { ...own, streams: STREAMS.slow, stallMs: isQuick ? 5_000 : 20_000 },
      ],
    });
    await sleep(NOTED_MS);
    const before = readFileSync(lagFile, "utf8").split("\n").length;
    const seen = watch(server);
    const [cpuBefore, startMs] = [cpuSecondsOf(server.pid), performance.now()];
    const events = await workOn(home, server.url, isQuick ? 15_000 : 60_000);
    const cpu = (cpuSecondsOf(server.pid) - cpuBefore) / ((performance.now() - startMs) / 1000);
    const { rssBytesMax, healthMs } = await seen();
    const held = readFileSync(lagFile, "utf8").split("\n").slice(before).map(Number);
    const told = await readers.end();
    const found = { events, told, lagMs: spreadOf(held), rssBytesMax, healthMs, cpu };
    say(`${runtime}: ${JSON.stringify(found)}`);
    return found;
  } finally {
    readers?.kill();
    await server.stop();
  }
}

/** What 1,000 streams of events cost, and whether each is told everything once. */
export async function soakStreams(options: PartOptions): Promise<Findings> {
  const rows: Row[] = [];
  const facts: Record<string, unknown> = {};
  for (const runtime of ["Bun", "Deno"] as const) {
    const found = await streamsOn(runtime, options);
    facts[runtime] = found;
    const { told, events, lagMs, rssBytesMax, cpu } = found;
    const isWhole = ({ eventsMin, eventsMax }: (typeof told)[number], expected: number) =>
      eventsMin === expected && eventsMax === expected;
    const [all, quiet, slow] = told;
    const lost = told.reduce((sum, { closed, disordered }) => sum + closed + disordered, 0);
    const during = `1,000 streams of ${RUNNING} running tasks, ${runtime}`;
    const key = `streams.${runtime.toLowerCase()}`;
    rows.push(
      {
        key: `${key}.lag`,
        what: `how long the event loop is held: ${during}`,
        ours: `p50 ${figure(lagMs.p50)} ms, p99 ${figure(lagMs.p99)} ms, max ${figure(lagMs.max)} ms; ${figure(cpu * 100)} % of a core`,
        peer: "",
        bar: `p99 < ${LAG_P99_MS_MAX} ms`,
        isMet: lagMs.p99 < LAG_P99_MS_MAX,
      },
      {
        key: `${key}.memory`,
        what: `the service's memory: ${during}`,
        ours: `${figure(rssBytesMax / 1e6)} MB`,
        peer: "",
        bar: `< ${RSS_BYTES_MAX / 1e6} MB`,
        isMet: rssBytesMax < RSS_BYTES_MAX,
      },
      {
        key: `${key}.told`,
        what: `${events} events of the log to each: ${during}, ${STREAMS.slow} of which read nothing for a while`,
        ours: `${all?.eventsMin} to ${all?.eventsMax}, slow ones ${slow?.eventsMin} to ${slow?.eventsMax}; ${lost} cut or in disorder; ${figure(all?.progress ?? 0)} progress`,
        peer: "",
        bar: "all, once",
        isMet:
          lost === 0 &&
          all !== undefined &&
          slow !== undefined &&
          quiet !== undefined &&
          isWhole(all, events) &&
          isWhole(slow, events) &&
          isWhole(quiet, 0),
      },
    );
  }
  return { rows, facts };
}
