import type { ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { PostgresServer } from "../test/fixtures/postgres-server.ts";
import { measureRecovery } from "./fleet/recovery.ts";
import type { Order, Said } from "./fleet-arm.ts";
import { childrenOf, cpuSecondsOf, end, start } from "./processes.ts";
import { redisMissing, startRedis } from "./redis.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { median, ratioOf, type Spread, spreadOf } from "./statistics.ts";

/** Who hands tasks out. */
type Arm = "pontus" | "boss" | "boss-batches" | "bullmq";

const READY_MS_MAX = 60_000;
const END_MS_MAX = 300_000;
/** So many creates wait for their commits at once, as at a node under load. */
const AT_ONCE = 64;
/** The least that a worker loop of pg-boss as it comes is given: it takes one task every two seconds. */
const BOSS_TASKS = 8;

/** One process of an arm. */
class Part {
  readonly #child: ChildProcess;
  readonly #pid: number;
  #said: Said = { done: 0, lastMs: 0 };
  readonly #ready = Promise.withResolvers<void>();
  readonly #all = Promise.withResolvers<Said>();

  constructor(arm: Arm, part: "create" | "work", address: string) {
    const script = join(import.meta.dirname, "fleet-arm.ts");
    this.#child = start(
      process.execPath,
      [script, `${arm}-${part}`, address],
      {},
      undefined,
      "pipe",
    );
    this.#pid = this.#child.pid ?? 0;
    const failed = () => new Error(`Cannot go on: ${arm}-${part} ended (${this.#pid})`);
    // Refused only where nobody has heard of it yet.
    this.#all.promise.catch(() => {});
    this.#ready.promise.catch(() => {});
    this.#child.once("exit", () => {
      this.#ready.reject(failed());
      this.#all.reject(failed());
    });
    if (this.#child.stdout)
      createInterface(this.#child.stdout).on("line", (line) => this.#hear(JSON.parse(line)));
  }

  get done(): number {
    return this.#said.done;
  }

  /** @throws {Error} if it has ended by itself */
  insist(): void {
    if (this.#child.exitCode !== null)
      throw new Error(`Cannot go on: a process ended with ${this.#child.exitCode}`);
  }

  get lastMs(): number {
    return this.#said.lastMs;
  }

  ready(): Promise<void> {
    // Nothing waits for it once all is measured.
    const late = sleep(READY_MS_MAX, undefined, { ref: false }).then(() =>
      Promise.reject(new Error("Cannot go on: a process does not start")),
    );
    return Promise.race([this.#ready.promise, late]);
  }

  /** Has it make tasks. @returns what it took, once all are made */
  order(order: Order): Promise<Said> {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    return this.#all.promise;
  }

  /** Ends it. @returns what it took */
  async stop(): Promise<Said> {
    this.#child.kill("SIGTERM");
    const said = await this.#all.promise;
    await end(this.#child, "SIGKILL");
    return said;
  }

  kill(): Promise<void> {
    return end(this.#child, "SIGKILL");
  }

  #hear(said: Said & { readonly isReady?: boolean }): void {
    if (said.isReady) this.#ready.resolve();
    else this.#said = said;
    if (said.cpuSeconds !== undefined) this.#all.resolve(said);
  }
}

/** A server that is empty, and what it has used. */
type Server = {
  readonly address: string;
  readonly cpuSeconds: () => number;
  readonly stop: () => Promise<void>;
};

async function startServerOf(arm: Arm, scratch: string): Promise<Server> {
  if (arm === "bullmq") {
    const { socket, pid, stop } = await startRedis(scratch);
    return { address: socket, cpuSeconds: () => cpuSecondsOf(pid), stop };
  }
  // PostgreSQL is another user where this is root.
  chmodSync(scratch, 0o711);
  const server = await PostgresServer.start(mkdtempSync(join(scratch, "pg-")), { isSynced: true });
  const cpuSeconds = () =>
    childrenOf(server.pid).reduce(
      (sum, { pid }) => sum + cpuSecondsOf(pid),
      cpuSecondsOf(server.pid),
    );
  return {
    address: await server.createDatabase(),
    cpuSeconds,
    stop: () => server.stop("SIGQUIT"),
  };
}

/** What a run of one arm found. */
type Result = {
  readonly perSecond: number;
  /** CPU of each task, in ms. */
  readonly serverMs: number;
  readonly createMs: number;
  readonly workMs: number;
  /** What processes asked of PostgreSQL for each task. */
  readonly statements: number;
  /** From the call that makes a task to its start in another process, in ms. */
  readonly waits: readonly number[];
};

/** Makes tasks in one process and ends them in others, until all are done. */
async function runArm(arm: Arm, workers: number, order: Order, scratch: string): Promise<Result> {
  const server = await startServerOf(arm, scratch);
  const parts: Part[] = [];
  const open = async (part: "create" | "work"): Promise<Part> => {
    const opened = new Part(arm, part, server.address);
    parts.push(opened);
    // One after the other: the first makes the tables.
    await opened.ready();
    return opened;
  };
  try {
    const creator = await open("create");
    const working: Part[] = [];
    for (let number = 0; number < workers; number += 1) working.push(await open("work"));
    // They have looked for work, and have begun to listen.
    await sleep(500);
    const cpuBefore = server.cpuSeconds();
    const startMs = performance.timeOrigin + performance.now();
    const made = creator.order(order);
    const endMs = performance.now() + END_MS_MAX;
    const done = () => working.reduce((sum, part) => sum + part.done, 0);
    while (done() < order.tasks) {
      if (performance.now() > endMs) throw new Error(`Cannot go on: ${arm} did ${done()} tasks`);
      for (const part of working) part.insist();
      await sleep(20);
    }
    const cpuSeconds = server.cpuSeconds() - cpuBefore;
    const lastMs = Math.max(...working.map((part) => part.lastMs));
    const saids = await Promise.all(working.map((part) => part.stop()));
    return resultOf(order.tasks, { startMs, lastMs, cpuSeconds }, await made, saids);
  } finally {
    await Promise.all(parts.map((part) => part.kill()));
    await server.stop();
  }
}

function resultOf(
  tasks: number,
  { startMs, lastMs, cpuSeconds }: Record<"startMs" | "lastMs" | "cpuSeconds", number>,
  made: Said,
  worked: readonly Said[],
): Result {
  const started = new Map(worked.flatMap(({ times = [] }) => times));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const all = [made, ...worked];
  return {
    perSecond: (tasks / (lastMs - startMs)) * 1000,
    serverMs: (cpuSeconds / tasks) * 1000,
    createMs: ((made.cpuSeconds ?? 0) / tasks) * 1000,
    workMs: (sum(worked.map((said) => said.cpuSeconds ?? 0)) / tasks) * 1000,
    statements: sum(all.map((said) => said.statements ?? 0)) / tasks,
    waits: (made.times ?? []).flatMap(([id, ms]) => {
      const startedMs = started.get(id);
      return startedMs === undefined ? [] : [startedMs - ms];
    }),
  };
}

const cpuOf = ({ serverMs, createMs, workMs }: Result): number => serverMs + createMs + workMs;

/** Trivial tasks a second through processes on one PostgreSQL, beside BullMQ and pg-boss by itself, and how soon a task starts elsewhere. */
export async function measureFleet({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const missing = redisMissing();
  if (missing) say(`no line for BullMQ: ${missing}`);
  const tasks = isQuick ? 500 : 5_000;
  const runs = [
    ...([1, 2, 4] as const).map((workers) => ({ arm: "pontus" as const, workers, tasks })),
    { arm: "boss" as const, workers: 2, tasks: BOSS_TASKS },
    { arm: "boss-batches" as const, workers: 2, tasks },
    ...(missing ? [] : [{ arm: "bullmq" as const, workers: 2, tasks }]),
  ];
  const results = new Map<string, Result[]>(
    runs.map(({ arm, workers }) => [`${arm}-${workers}`, []]),
  );
  for (let round = 1; round <= (isQuick ? 1 : 3); round += 1)
    for (const { arm, workers, tasks: number } of runs) {
      const result = await runArm(arm, workers, { tasks: number, atOnce: AT_ONCE }, scratch);
      results.get(`${arm}-${workers}`)?.push(result);
      const { perSecond, serverMs, createMs, workMs, statements } = result;
      say(
        `round ${round}, ${arm}, ${workers} workers: ${figure(perSecond)}/s; ms of CPU a task: server ${figure(serverMs)}, creates ${figure(createMs)}, workers ${figure(workMs)}; ${figure(statements)} statements`,
      );
    }
  const { waits } = await runArm(
    "pontus",
    2,
    { tasks: isQuick ? 50 : 500, atOnce: 1, everyMs: 20 },
    scratch,
  );
  const wait = spreadOf(waits);
  say(`create to claim: p50 ${figure(wait.p50)} ms, p99 ${figure(wait.p99)} ms`);
  const recovery = await measureRecovery({ isQuick, scratch, say });
  return {
    rows: [...rowsOf(results, wait), ...recovery.rows],
    facts: { ...Object.fromEntries(results), wait, ...recovery.facts },
  };
}

function rowsOf(results: ReadonlyMap<string, readonly Result[]>, wait: Spread): readonly Row[] {
  const ratesOf = (key: string) => (results.get(key) ?? []).map(({ perSecond }) => perSecond);
  const shown = (key: string): string => {
    const cpu = median((results.get(key) ?? []).map(cpuOf));
    return `${figure(median(ratesOf(key)))}/s, ${figure(cpu)} ms CPU each`;
  };
  const alone = ([1, 2, 4] as const).map((workers): Row => {
    const key = `pontus-${workers}`;
    const isMet = median(ratesOf(key)) >= 500;
    return {
      key: `fleet.workers-${workers}`,
      what: `trivial tasks, created, claimed and finished, on PostgreSQL that syncs, ${workers} workers`,
      ours: shown(key),
      peer: "",
      bar: workers === 2 ? "≥ 500/s" : "",
      ...(workers === 2 && { isMet }),
    };
  });
  const peers = [
    { peer: "boss-2", key: "fleet.boss", than: "pg-boss with its own worker loop", least: 1.5 },
    { peer: "boss-batches-2", key: "fleet.boss-batches", than: "pg-boss by 32 at a time" },
    { peer: "bullmq-2", key: "fleet.bullmq", than: "BullMQ on Redis, appendfsync always" },
  ];
  const beside = peers
    .filter(({ peer }) => results.has(peer))
    .map(({ peer, key, than, least }): Row => {
      const ratio = ratioOf(ratesOf("pontus-2"), ratesOf(peer));
      return {
        key,
        what: `the same, 2 workers; peer: ${than}`,
        ours: shown("pontus-2"),
        peer: shown(peer),
        ratio,
        bar: least === undefined ? "" : `≥ ${least} x`,
        ...(least !== undefined && { isMet: ratio >= least }),
      };
    });
  const start: Row = {
    key: "fleet.start",
    what: "a create to its claim in one of two other processes, idle",
    ours: `p50 ${figure(wait.p50)} ms, p99 ${figure(wait.p99)} ms`,
    peer: "",
    bar: "p99 < 100 ms",
    isMet: wait.p99 < 100,
  };
  return [...alone, ...beside, start];
}
