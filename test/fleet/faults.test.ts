import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { readEvents } from "../fixtures/event-source.ts";
import { type RunningFleet, startFleet } from "../fixtures/fleet.ts";
import { leftOf, wrongsOf } from "../fixtures/fleet-facts.ts";
import { mountTmpfs } from "../fixtures/mounts.ts";
import { type NetworkPlace, networkPlace } from "../fixtures/network-place.ts";
import { dataOf } from "../fixtures/notified.ts";
import { isStopped } from "../fixtures/process-facts.ts";
import { type Receiver, startReceiver } from "../fixtures/receiver.ts";
import { BUN, denoAllowed } from "../fixtures/runtimes.ts";
import {
  encodersOf,
  eventually,
  type RunningService,
  type TaskAnswer,
} from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

const TASKS = "/api/v1/task/transcoding";
const DRAIN = "/api/v1/admin/drain";
const LEASE_MS = 2_000;
/** Ends the connections that wait for a lock, and those that sleep. */
const BREAK_WAITING = `select pg_terminate_backend(pid) from pg_stat_activity
  where application_name = 'pontus queue' and wait_event_type = 'Lock'`;
const BREAK_SLEEPING =
  "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'";

/** Debian has a library for each kind of processor. */
const FAKETIME = readdirSync("/usr/lib", { encoding: "utf8" })
  .map((kind) => join("/usr/lib", kind, "faketime", "libfaketime.so.1"))
  .find((path) => existsSync(path));

/** A machine whose clock is wrong. @param by - as faketime has it, `+1h` */
const wrongClock = (by: string) => ({
  LD_PRELOAD: FAKETIME ?? "",
  FAKETIME: by,
  DONT_FAKE_MONOTONIC: "1",
  PONTUS_CLOCK_SKEW_SECONDS: "7200",
});

let fleet: RunningFleet;
let place: NetworkPlace;
let receiver: Receiver;
/** Two nodes that answer calls; the second runs on Deno, and its clock is an hour late. */
let first: RunningService;
let second: RunningService;
/** The workers by their zones: the second runs on Deno, its clock is an hour early; the third is behind a network that can be cut. */
const workers = new Map<string, RunningService>();
const ids: string[] = [];

beforeAll(async () => {
  fleet = await startFleet();
  place = await networkPlace();
  receiver = await startReceiver(place.here);
  const far = { PONTUS_DATABASE_URL: place.urlOf(fleet.url), PONTUS_HOST: place.address };
  const [one, two, ...others] = await Promise.all([
    fleet.node("api"),
    fleet.node("api", wrongClock("-1h"), undefined, denoAllowed()),
    fleet.node("worker", { PONTUS_ZONE: "near" }),
    fleet.node("worker", { PONTUS_ZONE: "early", ...wrongClock("+1h") }, undefined, denoAllowed()),
    fleet.node("worker", { PONTUS_ZONE: "far", ...far }, undefined, [...place.prefix, ...BUN]),
  ]);
  first = one;
  second = two;
  for (const [at, zone] of ["near", "early", "far"].entries())
    if (others[at]) workers.set(zone, others[at]);
  await copyFile(await clip(), join(fleet.media, "short.mp4"));
  await copyFile(await clip({ seconds: 6 }), join(fleet.media, "long.mp4"));
});

afterAll(async () => {
  await fleet.stop();
  await receiver.close();
  await place.close();
});

const [SHORT, LONG] = [{ source_url: "short.mp4" }, { source_url: "long.mp4" }];

const bodyOf = (source: object) => ({
  source,
  profile_name: source === LONG ? "video_mp4_1280x720_1728kbps" : "video_mp4_transmux",
  targets: [{ target_url: `out-${crypto.randomUUID()}.mp4` }],
  notification: { url: receiver.url },
});

async function create(source: object, node = first): Promise<string> {
  const id = await node.create(bodyOf(source));
  ids.push(id);
  return id;
}

const isRunning = ({ task_status }: TaskAnswer): boolean => task_status === "RUNNING";
const isDone = ({ task_status }: TaskAnswer): boolean => task_status === "SUCCESS";
const until = (id: string, holds: (task: TaskAnswer) => boolean) => second.until(id, holds);

type Seen = { readonly worker_id: string; readonly zone: string; readonly running: number };

const seen = async (): Promise<readonly Seen[]> =>
  ((await (await second.call("/api/v1/admin/workers")).json()) as { workers: Seen[] }).workers;

/** Has a task begun by the worker of a zone, as all others are drained until it stands so. */
async function begunIn(
  zone: string,
  source: object,
  stands: (task: TaskAnswer) => boolean,
): Promise<string> {
  const others = (await seen()).filter((each) => each.zone !== zone).map((each) => each.worker_id);
  for (const worker_id of others) await second.call(DRAIN, { body: { worker_id } });
  const isDrained = async (id: string) =>
    ((await (await second.call(`${DRAIN}?worker_id=${id}`)).json()) as { drained: boolean })
      .drained;
  for (const id of others) await eventually(async () => (await isDrained(id)) || undefined);
  const id = await create(source, second);
  await until(id, stands);
  for (const other of others)
    await second.call(`${DRAIN}?worker_id=${other}`, { method: "DELETE" });
  return id;
}

const runIn = (zone: string): Promise<string> =>
  begunIn(zone, LONG, (task) => isRunning(task) && (task.progress?.out_time_seconds ?? 0) > 0);

/** What a task's target is, as a file. */
async function targetOf(id: string): Promise<Buffer> {
  const url = (await second.task(id)).targets[0]?.target_url ?? "";
  return readFileSync(join(fleet.media, url.slice(url.lastIndexOf("/") + 1)));
}

/** What a worker's runs have left. */
const scratchOf = (zone: string): readonly string[] => {
  const root = join(workers.get(zone)?.home.data ?? "", "scratch");
  return readdirSync(root).flatMap((instance) =>
    readdirSync(join(root, instance)).filter((name) => ids.some((id) => name.startsWith(id))),
  );
};

/** All that was created has ended, once, and the receiver was told all of it. */
async function expectAllWell(): Promise<void> {
  await eventually(async () => {
    const { unfinished, untold } = await leftOf(fleet);
    return unfinished + untold === 0 || undefined;
  });
  expect(await wrongsOf(fleet, ids)).toEqual([]);
  const events = await fleet.server.query(
    "select task.id, sequence from events join tasks as task on task.seq = task_seq where type <> 'progress'",
    fleet.url,
  );
  const told = new Set(
    receiver.messages.map((each) => `${dataOf(each).task_id}-${dataOf(each).sequence}`),
  );
  expect([...told].toSorted()).toEqual(
    events.map(({ id, sequence }) => `${id}-${sequence}`).toSorted(),
  );
  for (const zone of workers.keys()) expect(scratchOf(zone)).toEqual([]);
}

test("the clocks of machines that are an hour early or late change nothing", async () => {
  const before = Date.now();
  const made = await Promise.all([create(SHORT, first), create(SHORT, second), create(SHORT)]);
  for (const id of made) {
    const { create_time, start_time = "", end_time = "" } = await until(id, isDone);
    const times = [
      before - 1_000,
      ...[create_time, start_time, end_time].map(Date.parse),
      Date.now() + 1_000,
    ];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  }
  await expectAllWell();
});

test("an API node that is killed: calls go on at the other, followers too, and nothing is told twice", async () => {
  const reading = readEvents(await first.call(`${TASKS}/events`));
  const made = [await create(LONG, first), await create(SHORT, first)];
  await eventually(() => reading.logged().length > 3 || undefined);
  // Creates whose answers are lost, which their callers repeat at the other.
  const bodies = Array.from({ length: 8 }, () => bodyOf(SHORT));
  const keyOf = (at: number) => ({ "Idempotency-Key": `key-${at}` });
  const asked = bodies.map((body, at) =>
    first.call(TASKS, { body, headers: keyOf(at) }).catch(() => undefined),
  );
  await asked[0];
  await first.stop("SIGKILL");
  await Promise.all(asked);
  for (const [at, body] of bodies.entries()) {
    const answer = await second.call(TASKS, { body, headers: keyOf(at) });
    expect(answer.status).toBe(200);
    made.push(((await answer.json()) as { task_id: string }).task_id);
  }
  ids.push(...made.slice(2));
  await eventually(() => reading.isOver() || undefined);
  const headers = { "Last-Event-ID": reading.lastId() };
  const again = readEvents(await second.call(`${TASKS}/events`, { headers }));
  for (const id of made) await until(id, isDone);
  const got = () =>
    [...reading.logged(), ...again.logged()].map((each) => `${each.task_id} ${each.sequence}`);
  const kept = await fleet.server.query(
    `select task.id, sequence from events join tasks as task on task.seq = task_seq where id = any('{${made}}') order by events.seq`,
    fleet.url,
  );
  const all = kept.map(({ id, sequence }) => `${id} ${sequence}`);
  await eventually(() => got().length >= all.length || undefined);
  expect(got()).toEqual(all);
  await again.leave();
  first = await fleet.node("api", {}, first.home);
  await expectAllWell();
});

test("PostgreSQL is away for longer than a lease: encoders go on, and their tasks end in the same runs", async () => {
  const id = await runIn("near");
  const [encoder] = encodersOf(workers.get("near")?.home ?? { data: "", media: "" });
  await fleet.server.stop("SIGQUIT");
  await Bun.sleep(2 * LEASE_MS);
  expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${first.url}/readyz`)).status).toBe(503);
  await fleet.server.start();
  expect(encoder).toBeDefined();
  expect(await until(id, isDone)).toMatchObject({ attempt: 1 });
  await expectAllWell();
});

test("a node that is started while connections break waits for the server, as where it is away", async () => {
  const held = fleet.server
    .query("begin; lock table pontus_queue.version; select pg_sleep(60)", fleet.url)
    .catch(() => {});
  const starting = fleet.node("api");
  await eventually(async () => (await fleet.server.query(BREAK_WAITING)).length || undefined);
  await fleet.server.query(BREAK_SLEEPING);
  await held;
  const node = await starting;
  expect(node.log()).toContain("Waits for the database");
  expect(await node.stop()).toBe(0);
});

/** A worker that comes back after its task has ended elsewhere, of which it hears then. */
async function expectFenced(id: string, zone: string, comeBack: () => void): Promise<void> {
  expect(await until(id, isDone)).toMatchObject({ attempt: 2 });
  const made = await targetOf(id);
  comeBack();
  const ended = `Run of task ${id} ended: lease_lost`;
  await eventually(() => workers.get(zone)?.log().includes(ended) || undefined);
  await eventually(() => scratchOf(zone).length === 0 || undefined);
  expect(await targetOf(id)).toEqual(made);
  await expectAllWell();
}

test("a worker is stopped for longer than its lease: the task ends elsewhere, and it publishes nothing when it goes on", async () => {
  const id = await runIn("early");
  const pid = workers.get("early")?.pid ?? 0;
  process.kill(pid, "SIGSTOP");
  await eventually(() => isStopped(pid) || undefined);
  await expectFenced(id, "early", () => process.kill(pid, "SIGCONT"));
});

test("a worker is cut off from the network: the task ends elsewhere, and it publishes nothing when it is back", async () => {
  const id = await runIn("far");
  place.cut();
  await expectFenced(id, "far", () => place.mend());
});

test("a worker has no room on its disk: its task ends elsewhere, and it takes nothing until it has some", async () => {
  const home = { data: tempFolder(), media: fleet.media };
  const unmount = mountTmpfs(home.data, "size=6m");
  if (!unmount) return;
  const small = await fleet.node("worker", { PONTUS_ZONE: "small" }, home);
  try {
    const noise = ["-vf", "noise=alls=60:allf=t", "-b:v", "20M", "-minrate", "20M"];
    await copyFile(
      await clip({ width: 640, height: 360, seconds: 4, args: noise }),
      join(fleet.media, "large.mp4"),
    );
    const id = await begunIn(
      "small",
      { source_url: "large.mp4" },
      ({ task_status, attempt }) => task_status === "PENDING" && attempt === 1,
    );
    const made = [id, await create(SHORT), await create(SHORT)];
    const ended = await Promise.all(made.map((each) => until(each, isDone)));
    expect(ended[0]?.attempts[0]?.error?.detail).toContain("disk is full");
    expect(ended.slice(1).map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(small.log()).toContain("Takes no tasks for");
    expect(() => writeFileSync(join(home.data, "filler"), Buffer.alloc(8 << 20))).toThrow("ENOSPC");
    await eventually(async () => (await fetch(`${small.url}/readyz`)).status === 503 || undefined);
    await expectAllWell();
  } finally {
    await small.stop();
    unmount();
  }
});
