import { chmodSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PostgresServer } from "../../test/fixtures/postgres-server.ts";
import { makeSource } from "../clips.ts";
import { childrenOf, type ServerProcess } from "../processes.ts";
import { type Findings, figure, type PartOptions } from "../report.ts";
import { createTask, newHome, readTask, startPontus } from "../service.ts";
import { spreadOf } from "../statistics.ts";

const WORKERS = 2;
const TASKS = { quick: 20, long: 120 };
/** Between the end of a task and the next: all nodes are idle again. */
const REST_MS = 500;
const POLL_MS = 20;
const ENCODER_MS_MAX = 30_000;
const BAR_MS = 100;

/** In ms, from just before a POST was sent. */
type Start = { readonly answerMs: number; readonly encoderMs: number };

/** An API node, workers of their own, and the server between them. */
type Fleet = { readonly api: ServerProcess; readonly workers: readonly ServerProcess[] };

/** From a signed POST to an API node to the encoder of an idle worker, which are processes of their own with PostgreSQL, that syncs, between them. */
export async function measureFleetStart(options: PartOptions): Promise<Findings> {
  const { isQuick, scratch, say } = options;
  // PostgreSQL is another user where this is root.
  chmodSync(scratch, 0o711);
  const server = await PostgresServer.start(mkdtempSync(join(scratch, "pg-")), { isSynced: true });
  const nodes: ServerProcess[] = [];
  try {
    const home = newHome(scratch);
    await makeSource(join(home.media, "source.mp4"), SOURCE);
    const env = {
      PONTUS_DATABASE_URL: await server.createDatabase(),
      PONTUS_SECRET_KEY: "0123456789abcdef".repeat(4),
    };
    const open = async (role: "api" | "worker"): Promise<ServerProcess> => {
      const own = { data: newHome(scratch).data, media: home.media };
      const node = await startPontus(own, { ...env, PONTUS_ROLE: role });
      nodes.push(node);
      return node;
    };
    const api = await open("api");
    const workers: ServerProcess[] = [];
    for (let number = 0; number < WORKERS; number += 1) workers.push(await open("worker"));
    const starts: Start[] = [];
    // The first counts as well: all that a fleet does for the first time is in it.
    for (let number = 0; number < (isQuick ? TASKS.quick : TASKS.long); number += 1) {
      await sleep(REST_MS);
      starts.push(await postOnce({ api, workers }, `out-${number}`));
    }
    return findingsOf(starts, say);
  } finally {
    await Promise.all(nodes.map((node) => node.stop("SIGKILL")));
    await server.stop("SIGQUIT");
  }
}

const SOURCE = { width: 640, height: 360, seconds: 1, bitrate: "1M" } as const;

/** When the encoder runs as what it is, after its exec: looked for each millisecond, as what the kernel notes is exact to 10 ms. */
async function encoderStartMs(workers: readonly ServerProcess[], startMs: number): Promise<number> {
  const isEncoding = (): boolean =>
    workers.some(({ pid }) => childrenOf(pid).some(({ args: [name] }) => name?.endsWith("ffmpeg")));
  while (!isEncoding()) {
    if (performance.now() - startMs > ENCODER_MS_MAX)
      throw new Error("Cannot go on: no worker has started an encoder");
    await sleep(1);
  }
  return performance.now() - startMs;
}

async function postOnce({ api, workers }: Fleet, name: string): Promise<Start> {
  const body = { source: { source_url: "source.mp4" }, targets: [{ target_url: `${name}.mp4` }] };
  const startMs = performance.now();
  const started = encoderStartMs(workers, startMs);
  const id = await createTask(api.url, body);
  const answerMs = performance.now() - startMs;
  const encoderMs = await started;
  while ((await readTask(api.url, id)).task_status !== "SUCCESS") await sleep(POLL_MS);
  return { answerMs, encoderMs };
}

function findingsOf(starts: readonly Start[], say: PartOptions["say"]): Findings {
  const answer = spreadOf(starts.map(({ answerMs }) => answerMs));
  const encoder = spreadOf(starts.map(({ encoderMs }) => encoderMs));
  const first = starts[0]?.encoderMs ?? Number.NaN;
  const shown = `p50 ${figure(encoder.p50)} ms, p99 ${figure(encoder.p99)} ms, the first ${figure(first)} ms`;
  say(
    `POST → answer p50 ${figure(answer.p50)} ms, p99 ${figure(answer.p99)} ms; → encoder ${shown}`,
  );
  const row = {
    key: "fleet.encoder-start",
    what: `a signed POST to an API node to the encoder's start on one of ${WORKERS} idle workers, ${starts.length} times, from the first task of the fleet`,
    ours: shown,
    peer: "",
    bar: `p99 < ${BAR_MS} ms`,
    isMet: encoder.p99 < BAR_MS,
  };
  return { rows: [row], facts: { answer, encoder, starts } };
}
