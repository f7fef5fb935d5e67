import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { openPostgres } from "../src/db/postgres/postgres.ts";
import { BossEntries } from "../src/queue/postgres/entries.ts";
import { PostgresQueue } from "../src/queue/postgres/postgres.ts";
import type { Work } from "../src/queue/queue.ts";
import { PostgresTaskStore } from "../src/store/postgres/tasks.ts";
import { aRendition } from "../test/profile/builders.ts";

// A process of a fleet that makes trivial tasks, or ends them at once: fleet-arm.ts ARMS-PART ADDRESS
// It says `{"isReady":true}` on stdout. One that makes tasks begins at a line on stdin, `{"tasks":…,"atOnce":…,"everyMs":…}`, and says what it took;
// one that works says `{"done":…,"lastMs":…}` now and then, and at SIGTERM what it took.

/** How many tasks a worker has at once, whatever hands them out. */
const SLOTS = 32;
/** As `src/worker/worker.ts` has it. */
const CLAIMS_MAX = 16;
const SAY_MS = 20;

/** What a process that makes tasks is asked for; `everyMs` makes one at a time, with pauses. */
export type Order = { readonly tasks: number; readonly atOnce: number; readonly everyMs?: number };

/** Times are ms since the epoch, of one machine; `times` are those of creates and of starts, by the number or id of the task. */
export type Said = {
  readonly done: number;
  readonly lastMs: number;
  readonly cpuSeconds?: number;
  readonly statements?: number;
  readonly times?: readonly (readonly [task: string, ms: number])[];
};

const [, , part = "", address = ""] = process.argv;
const nowMs = (): number => performance.timeOrigin + performance.now();
/** Resolves once it is with whoever reads it. */
const say = (what: object): Promise<void> =>
  new Promise((resolve) => process.stdout.write(`${JSON.stringify(what)}\n`, () => resolve()));

let statements = 0;
const { query } = pg.Client.prototype;
pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
  statements += 1;
  return Reflect.apply(query, this, args);
} as typeof query;

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const times: [task: string, ms: number][] = [];
let done = 0;
let lastMs = 0;
const ended = (): void => {
  done += 1;
  lastMs = nowMs();
};

/** Says what this process did since it was ready. */
function startCounting(): () => Promise<void> {
  const before = { cpu: cpuSeconds(), statements };
  return () =>
    say({
      done,
      lastMs,
      cpuSeconds: cpuSeconds() - before.cpu,
      statements: statements - before.statements,
      times,
    } satisfies Said);
}

/** Makes tasks as it is told to. @param make - @returns the id */
async function create(make: (number: number) => Promise<string>): Promise<void> {
  void say({ isReady: true });
  const [line] = (await once(process.stdin, "data")) as [Buffer];
  const { tasks, atOnce, everyMs } = JSON.parse(line.toString()) as Order;
  const sayAll = startCounting();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < tasks) {
      const startMs = nowMs();
      const id = await make(next++);
      times.push([id, startMs]);
      ended();
      if (everyMs) await sleep(everyMs);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  await sayAll();
}

/** Says how far it is until it is told to end. */
async function untilEnd(): Promise<void> {
  const sayAll = startCounting();
  void say({ isReady: true });
  let said = 0;
  const timer = setInterval(() => {
    if (done !== said) void say({ done, lastMs });
    said = done;
  }, SAY_MS);
  await once(process, "SIGTERM");
  clearInterval(timer);
  await sayAll();
}

/** A node as the service has it: its store and its queue. */
async function openNode() {
  const database = await openPostgres(address);
  const entries = await BossEntries.open(address, database);
  const store = new PostgresTaskStore(database, { now: Date.now, entries });
  const limits = { leaseMs: 30_000, attemptsMax: 3 };
  return { store, queue: new PostgresQueue(database, entries, { now: Date.now, ...limits }) };
}

async function createInPontus(): Promise<void> {
  const { store } = await openNode();
  const admission = (number: number) => ({
    nonce: { clientCode: "ada", nonce: `nonce-${number}`, expiresMs: Date.now() + 900_000 },
    pendingMax: 1_000_000,
  });
  const name = (number: number) => `media/out-${process.pid}-${number}.mp4`;
  await create((number) =>
    store.create(
      {
        clientCode: number % 2 ? "ada" : "bob",
        sourceUrl: "file:///media/in.mp4",
        profileName: "video_mp4_640x360_520kbps",
        targets: [{ url: `file:///${name(number)}`, key: `file:/${name(number)}` }],
        assignments: [{ rendition: aRendition(), targets: [0] }],
        customProfiles: [],
        priority: 0,
      },
      admission(number),
    ),
  );
}

const OUTPUT = { sizeBytes: 1_000, durationSeconds: 2.5, container: "mp4", bitrateBps: 3_200 };

/** Claims as the service's worker does, and ends each task at once, as one that had nothing to do. */
async function workInPontus(): Promise<void> {
  const { store, queue } = await openNode();
  const self = { id: `worker-${process.pid}`, engine: "native" } as const;
  let wake = Promise.withResolvers<void>();
  let running = 0;
  const finish = async ({ claim }: Work): Promise<void> => {
    await store.saveTarget(claim, 0, { status: "SUCCESS", output: OUTPUT });
    await store.finish(claim, { status: "SUCCESS" });
    ended();
    running -= 1;
    wake.resolve();
  };
  queue.listen({ onWork: () => wake.resolve(), onCancel: () => {} });
  const loop = async (): Promise<never> => {
    for (;;) {
      wake = Promise.withResolvers();
      while (running < SLOTS) {
        const works = await queue.claimMany(self, Math.min(CLAIMS_MAX, SLOTS - running));
        if (works.length === 0) break;
        for (const work of works) {
          times.push([work.claim.taskId, nowMs()]);
          running += 1;
          void finish(work);
        }
      }
      await Promise.race([wake.promise, sleep(5_000)]);
    }
  };
  void loop();
  await untilEnd();
}

const QUEUE = "transcoding";

async function openBoss(): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: address, supervise: false, schedule: false });
  boss.on("error", () => {});
  await boss.start();
  await boss.createQueue(QUEUE);
  return boss;
}

async function sendToBoss(): Promise<void> {
  const boss = await openBoss();
  await create(async (number) => (await boss.send(QUEUE, { number })) ?? "");
}

/** @param options - of pg-boss's own loop */
async function workForBoss(options: object): Promise<void> {
  const boss = await openBoss();
  await boss.work(QUEUE, options, async (jobs) => {
    for (const { id } of jobs) times.push([id, nowMs()]);
    for (const _ of jobs) ended();
  });
  await untilEnd();
}

const openRedis = () => new Redis({ path: address, maxRetriesPerRequest: null });

async function addToBullmq(): Promise<void> {
  const queue = new Queue(QUEUE, { connection: openRedis() });
  await queue.waitUntilReady();
  await create(async (number) => (await queue.add("transcode", { number })).id ?? "");
}

async function workForBullmq(): Promise<void> {
  const work = async ({ id = "" }: { readonly id?: string }): Promise<void> =>
    void times.push([id, nowMs()]);
  const worker = new Worker(QUEUE, work, { connection: openRedis(), concurrency: SLOTS });
  worker.on("completed", ended);
  await worker.waitUntilReady();
  await untilEnd();
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  "pontus-create": createInPontus,
  "pontus-work": workInPontus,
  "boss-create": sendToBoss,
  "boss-work": () => workForBoss({}),
  "boss-batches-create": sendToBoss,
  // As fast as its loop goes.
  "boss-batches-work": () =>
    workForBoss({ batchSize: SLOTS, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }),
  "bullmq-create": addToBullmq,
  "bullmq-work": workForBullmq,
};

process.once("unhandledRejection", (error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
});

if (import.meta.main) {
  await PARTS[part]?.();
  process.exit(0);
}
