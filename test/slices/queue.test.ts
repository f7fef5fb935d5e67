import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres, type PostgresDatabase } from "../../src/db/postgres/postgres.ts";
import { BossEntries } from "../../src/queue/postgres/entries.ts";
import { PostgresQueue } from "../../src/queue/postgres/postgres.ts";
import { PostgresSliceQueue } from "../../src/slices/postgres.ts";
import type { HelpedPart, MadePart, OfferedStep } from "../../src/slices/slices.ts";
import { readName, storedName } from "../../src/slices/slices.ts";
import { PostgresTaskStore } from "../../src/store/postgres/tasks.ts";
import type { Claim } from "../../src/task/task.ts";
import { ClaimLoop } from "../../src/worker/loop/claim-loop.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { PostgresServer } from "../fixtures/postgres-server.ts";
import { aRendition } from "../profile/builders.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

// Not the tests' own folder: the names of sockets are short.
const folder = mkdtempSync(join(tmpdir(), "pg-"));
let server: PostgresServer;
let database: PostgresDatabase;
let slices: PostgresSliceQueue;
let store: PostgresTaskStore;
let queue: PostgresQueue;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await PostgresServer.start(folder);
  const url = await server.createDatabase();
  const now = Date.now;
  database = await openPostgres(url);
  const entries = await BossEntries.open(url, database);
  slices = await PostgresSliceQueue.open(url, database, { now });
  closing.push(
    () => slices.close(),
    () => entries.close(),
    () => database.close(),
  );
  store = new PostgresTaskStore(database, { now, entries });
  queue = new PostgresQueue(database, entries, { now, leaseMs: 60_000, attemptsMax: 3 });
});

afterAll(async () => {
  for (const close of closing) await close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

let made = 0;

/** Creates a task. */
async function create(clientCode: string): Promise<void> {
  made += 1;
  const nonce = { clientCode, nonce: `nonce-${made}`, expiresMs: Date.now() + 900_000 };
  await store.create(
    {
      clientCode,
      sourceUrl: "https://films.example/a.mp4",
      profileName: "video_mp4_640x360_520kbps",
      targets: [{ url: `file:///out-${made}.mp4`, key: `file:/out-${made}.mp4` }],
      assignments: [{ rendition: aRendition(), targets: [0] }],
      customProfiles: [],
      priority: 0,
    },
    { nonce, pendingMax: 100 },
  );
}

/** A task that runs on the worker `lead`. */
async function aTask(clientCode = "ada"): Promise<Claim> {
  await create(clientCode);
  const work = await queue.claim({ id: "lead", engine: "native" });
  if (!work) throw new Error("there is no task");
  return work.claim;
}

const stepOf = ({ taskId, attempt }: Claim, parts = 2, digest = "d1"): OfferedStep => ({
  key: { taskId, digest },
  attempt,
  engine: "native",
  engineVersion: "7.1",
  source: { sizeBytes: 5, version: '"a"' },
  parts: Array.from({ length: parts }, (_, at) => ({ args: [`${at}`], writes: [`0/${at}.ts`] })),
  limitSeconds: 3_600,
});

const HELPER = { id: "helper", engine: "native", engineVersion: "7.1" } as const;
const anyStep = () => false;
const help = async (id: string = HELPER.id): Promise<HelpedPart> => {
  const part = await slices.take({ ...HELPER, id }, anyStep);
  if (!part) throw new Error("there is no slice");
  return part;
};
const MADE: MadePart = {
  files: [{ name: "a.part", sizeBytes: 1, sha256: "00" }],
  damage: [],
  workerId: "helper",
  frames: 50,
  outTimeSeconds: 2,
  seconds: 1,
};
const PROGRESS = { outTimeSeconds: 1, speed: 2, fps: 50, frames: 25 };
const end = async (claim: Claim) => {
  await store.finish(claim, { status: "FAILED", failure: { code: "unknown", detail: "no" } });
  for (const { key } of await slices.left()) await slices.remove(key);
};

test("parts are offered once, taken by the lead and by others, and told of", async () => {
  const claim = await aTask();
  const step = stepOf(claim, 3);
  await slices.offer(step);
  await slices.offer(step);
  const own = await slices.takeOf(step.key, "lead");
  expect(own).toMatchObject({ index: 0, token: "0.0", run: step.parts[0] });
  const part = await help();
  expect(part).toMatchObject({
    index: 1,
    source: step.source,
    sourceUrl: "https://films.example/a.mp4",
    reach: null,
  });
  expect(await slices.beat(part, PROGRESS)).toBe(true);
  expect(await slices.states(step.key)).toMatchObject([
    { state: "running" },
    { state: "running", progress: PROGRESS },
    { state: "waiting" },
  ]);
  expect(await slices.complete(part, MADE)).toBe(true);
  expect((await slices.states(step.key))[1]).toMatchObject({ state: "made", made: MADE });
  await end(claim);
  expect(await slices.states(step.key)).toEqual([]);
});

test.each([
  ["another engine", { ...HELPER, engine: "wasm" as const }],
  ["another version", { ...HELPER, engineVersion: "8.0" }],
])("nobody helps with %s", async (_, worker) => {
  const claim = await aTask();
  await slices.offer(stepOf(claim));
  expect(await slices.take(worker, anyStep)).toBeUndefined();
  expect(await slices.take(HELPER, () => true)).toBeUndefined();
  await end(claim);
});

test("slices of the client come first for whom fewest are made", async () => {
  const [ada, bob] = [await aTask("ada"), await aTask("bob")];
  await slices.offer(stepOf(ada, 4));
  await slices.offer(stepOf(bob, 4));
  const taken = [await help(), await help(), await help(), await help()];
  expect(taken.map(({ key }) => key.taskId)).toEqual(
    [ada, bob, ada, bob].map(({ taskId }) => taskId),
  );
  await end(ada);
  await end(bob);
});

test("a worker with one free slot takes the tasks of others that are due before a slice of a long one", async () => {
  const ada = await aTask("ada");
  await slices.offer(stepOf(ada, 3));
  await create("bob");
  await create("bob");
  const began: string[] = [];
  const claims: Claim[] = [];
  const stopping = new AbortController();
  let [freeSlots, rounds] = [1, 0];
  const loop = new ClaimLoop({
    queue,
    self: HELPER,
    freeSlots: () => freeSlots,
    begin: ({ claim, task }) => {
      claims.push(claim);
      began.push(`task of ${task.clientCode}`);
      freeSlots = 0;
    },
    spare: async () => {
      const { key, index } = await help();
      began.push(`slice ${index} of ${key.taskId === ada.taskId ? "ada" : "another"}`);
      freeSlots = 0;
      return true;
    },
    stopping: stopping.signal,
    now: Date.now,
    // What it began has ended then.
    pause: async () => {
      freeSlots = 1;
      rounds += 1;
      if (rounds === 4) stopping.abort();
    },
  });
  await loop.run();
  expect(began).toEqual(["task of bob", "task of bob", "slice 0 of ada", "slice 1 of ada"]);
  for (const claim of [ada, ...claims]) await end(claim);
});

test("what a worker does late counts no more, once another has its part", async () => {
  const claim = await aTask();
  const step = stepOf(claim, 1);
  await slices.offer(step);
  const late = await help();
  await slices.fail(late, { code: "encoder_killed", detail: "killed" });
  const again = await help("another");
  expect([late.token, again.token]).toEqual(["0.0", "0.1"]);
  expect(await slices.beat(again, PROGRESS)).toBe(true);
  expect(await slices.beat(late, { ...PROGRESS, frames: 1 })).toBe(false);
  expect(await slices.complete(late, MADE)).toBe(false);
  await slices.fail(late, { code: "encoder_killed", detail: "killed" });
  // How far the other is goes on to be known, too.
  expect(await slices.states(step.key)).toMatchObject([
    { state: "running", token: "0.1", progress: PROGRESS },
  ]);
  expect(await slices.complete(again, MADE)).toBe(true);
  await end(claim);
});

test("a part that fails again and again has failed, with the error of its last run", async () => {
  const claim = await aTask();
  const step = stepOf(claim, 1);
  await slices.offer(step);
  const failure = { code: "source_damaged", detail: "no" } as const;
  for (let tries = 0; tries < 4; tries += 1) await slices.fail(await help(), failure);
  expect(await slices.take(HELPER, anyStep)).toBeUndefined();
  expect(await slices.states(step.key)).toMatchObject([{ state: "failed", failure }]);
  await end(claim);
});

test("a part that is spoilt is made again under another name, and all names are removed", async () => {
  const claim = await aTask();
  const reads = [{ path: "0/a.log", sizeBytes: 1, sha256: "00" }];
  const { parts, ...rest } = stepOf(claim, 1);
  const step = { ...rest, parts: parts.map((run) => ({ ...run, reads })) };
  await slices.offer(step);
  const first = await help();
  await slices.complete(first, MADE);
  await slices.again(step.key, 0, first.token);
  // Somebody who has seen the same before.
  await slices.again(step.key, 0, first.token);
  const second = await help();
  expect(second.token).toBe("1.0");
  await store.finish(claim, { status: "FAILED", failure: { code: "unknown", detail: "no" } });
  const [left] = await slices.left();
  for (const token of ["0.0", "1.0"])
    expect(left?.names).toContain(storedName(step.key, 0, token, 0));
  expect(left?.names).toContain(readName(step.key, 0, 0));
  await slices.remove(step.key);
  expect(await slices.left()).toEqual([]);
});

test("parts are of the newest attempt: what it wants as well goes on, and nobody begins or goes on with others", async () => {
  const claim = await aTask();
  const [same, other] = [stepOf(claim, 2), stepOf(claim, 2, "d2")];
  await slices.offer(same);
  await slices.offer(other);
  const kept = await slices.takeOf(same.key, "helper");
  const lost = await slices.takeOf(other.key, "helper");
  if (!kept || !lost) throw new Error("there is no slice");
  const failure = { code: "worker_lost", detail: "" } as const;
  await queue.giveBack(claim, { failure, notBeforeMs: Date.now(), counts: true });
  expect(await slices.take(HELPER, anyStep)).toBeUndefined();
  expect(await slices.beat(kept, undefined)).toBe(true);
  expect(await taskErrorOf(slices.offer(same))).toMatchObject({ code: "lease_lost" });
  const next = await queue.claim({ id: "next", engine: "native" });
  if (!next) throw new Error("there is no task");
  const { attempt } = next.claim;
  await slices.offer({ ...stepOf(claim, 1, "d0"), attempt, engineVersion: "" });
  expect([await slices.beat(kept, undefined), await slices.beat(lost, undefined)]).toEqual([
    true,
    true,
  ]);
  await slices.offer({ ...same, attempt });
  expect(await slices.beat(kept, undefined)).toBe(true);
  expect(await slices.beat(lost, undefined)).toBe(false);
  expect(await slices.complete(kept, MADE)).toBe(true);
  expect((await help()).key).toEqual(same.key);
  expect(await slices.take(HELPER, anyStep)).toBeUndefined();
  await end(next.claim);
});

test("nobody begins or goes on with a part of a step that was withdrawn, until it is offered again", async () => {
  const claim = await aTask();
  const step = stepOf(claim, 2);
  await slices.offer(step);
  const part = await help();
  await slices.withdraw(step.key);
  expect(await slices.beat(part, undefined)).toBe(false);
  expect(await slices.take(HELPER, anyStep)).toBeUndefined();
  await slices.offer(step);
  expect(await slices.beat(part, undefined)).toBe(true);
  expect((await help()).index).toBe(1);
  await end(claim);
});
