import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { readEvents } from "../fixtures/event-source.ts";
import { type RunningFleet, startFleet } from "../fixtures/fleet.ts";
import { placeKnownAbilities } from "../fixtures/known-programs.ts";
import { eventually, type RunningService, type TaskAnswer } from "../fixtures/service.ts";
import type { Credentials } from "../fixtures/signed-client.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

let fleet: RunningFleet;
let api: RunningService;
/** The workers by their zones. */
const workers = new Map<string, RunningService>();

beforeAll(async () => {
  fleet = await startFleet();
  const zones = ["eu-1", "eu-2"];
  const [first, ...others] = await Promise.all([
    fleet.node("api"),
    ...zones.map((zone) => fleet.node("worker", { PONTUS_ZONE: zone })),
  ]);
  api = first;
  for (const [at, worker] of others.entries()) workers.set(zones[at] ?? "", worker);
  await copyFile(await clip(), join(fleet.media, "short.mp4"));
  await copyFile(await clip({ seconds: 15 }), join(fleet.media, "long.mp4"));
});

afterAll(() => fleet.stop());

type Worker = {
  readonly worker_id: string;
  readonly zone?: string;
  readonly running: number;
  readonly draining?: boolean;
};

const ADMIN = "/api/v1/admin";

const workersOf = async (node: RunningService): Promise<readonly Worker[]> =>
  ((await (await node.call(`${ADMIN}/workers`)).json()) as { workers: Worker[] }).workers;

/** The one that runs a task. */
const busy = (): Promise<Worker> =>
  eventually(async () => (await workersOf(api)).find(({ running }) => running === 1));

let made = 0;

/** Creates a task on the API node. @param source - `short` is done at once, `long` takes some seconds */
function create(
  source: "short" | "long",
  profile_name = "video_mp4_1280x720_1728kbps",
): Promise<string> {
  made += 1;
  return api.create({
    source: { source_url: `${source}.mp4` },
    profile_name,
    targets: [{ target_url: `out-${made}.mp4` }],
  });
}

const isRunning = ({ task_status }: TaskAnswer): boolean => task_status === "RUNNING";
const isDone = ({ task_status }: TaskAnswer): boolean => task_status === "SUCCESS";

test("each node answers what its role has, and stands well", async () => {
  const [worker] = workers.values();
  const readiness = async (node?: RunningService) =>
    (await (await fetch(`${node?.url}/readyz`)).json()) as { checks: object; ready: boolean };
  expect(Object.keys((await readiness(api)).checks)).toEqual(["store", "worker", "disk"]);
  const ofWorker = ["engine", "store", "worker", "disk"];
  expect(Object.keys((await readiness(worker)).checks)).toEqual(ofWorker);
  const tasks = "/api/v1/task/transcoding";
  expect((await api.call(tasks)).status).toBe(200);
  expect(await worker?.call(tasks).then(({ status }) => status)).toBe(404);
  expect(await worker?.call(`${ADMIN}/queue`).then(({ status }) => status)).toBe(200);
  expect((await fetch(`${worker?.url}/metrics`)).status).toBe(200);
  const plan = await api.call(`${tasks}/plan`, {
    body: { source: { source_url: "short.mp4" }, targets: [{ target_url: "planned.mp4" }] },
  });
  expect(plan.status).toBe(503);
});

test.each([
  ["another secret key", () => ({ PONTUS_SECRET_KEY: "f".repeat(64) }), /is not the key that/],
  [
    "a port that is taken",
    () => ({ PONTUS_PORT: new URL(api.url).port }),
    /Cannot use PONTUS_HOST/,
  ],
])("a node that cannot start, as it has %s, ends", async (_, env, why) => {
  await expect(fleet.node("worker", env())).rejects.toThrow(why);
});

test("a task goes through the fleet, and its events come from the node that runs nothing", async () => {
  const reading = readEvents(await api.call("/api/v1/task/transcoding/events"));
  const id = await create("short");
  const task = await api.until(id, isDone);
  expect(task.targets[0]).toMatchObject({ target_status: "SUCCESS" });
  expect(existsSync(join(fleet.media, `out-${made}.mp4`))).toBe(true);
  const types = await eventually(() => {
    const own = reading.logged().filter(({ task_id }) => task_id === id);
    return own.at(-1)?.task_status === "SUCCESS" ? own.map(({ type }) => type) : undefined;
  });
  expect(types[0]).toBe("created");
  expect(types).toContain("started");
  await reading.leave();
});

test("a client may make so many calls of all nodes together", async () => {
  const body = { client_code: "slow", admin: true, requests_per_second: 1 };
  const credentials = (await (await api.call(`${ADMIN}/clients`, { body })).json()) as Credentials;
  const [worker] = workers.values();
  const nodes = [api, worker as RunningService].map((node) => node.as(credentials));
  const beganMs = performance.now();
  const answers = await Promise.all(
    nodes.flatMap((node) => [1, 2, 3].map(() => node.call(`${ADMIN}/queue`))),
  );
  // One at once, and one for each second that it took. Each of two that count by themselves answers one at once.
  const seconds = Math.floor((performance.now() - beganMs) / 1000);
  const answered = answers.filter(({ status }) => status === 200).length;
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThanOrEqual(1 + seconds);
});

test("all nodes that run tasks are seen, with what they are", async () => {
  for (const node of [api, ...workers.values()]) {
    const seen = await workersOf(node);
    expect(seen.map(({ zone }) => zone).toSorted()).toEqual([...workers.keys()]);
    expect(seen[0]).toMatchObject({
      is_this: node !== api,
      slots: 1,
      engine: "native",
      version: expect.any(String),
      engine_version: expect.any(String),
      host: expect.any(String),
      draining: false,
      seen_time: expect.any(String),
    });
  }
});

test("a task that is cancelled on one node stops on another", async () => {
  const id = await create("long");
  await api.until(id, isRunning);
  const answer = await api.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });
  expect(answer.status).toBe(202);
  await api.until(id, ({ task_status }) => task_status === "CANCELLED");
});

test("a worker is drained by a call to another node, and hands back what it runs", async () => {
  const id = await create("long");
  await api.until(id, isRunning);
  const { worker_id, zone } = await busy();
  const drain = (path: string, method: string, body?: object) =>
    api.call(`${ADMIN}/drain${path}`, { method, ...(body && { body }) });
  const begun = await drain("", "POST", { worker_id, hand_back_after_seconds: 0 });
  expect(await begun.json()).toMatchObject({ draining: true });
  const { attempt } = await api.until(id, (task) => isRunning(task) && task.attempt === 2);
  expect(attempt).toBe(2);
  expect((await busy()).zone).not.toBe(zone as string);
  await api.call(`/api/v1/task/transcoding/${id}/cancel`, { method: "POST" });
  await api.until(id, ({ task_status }) => task_status === "CANCELLED");
  const query = `?worker_id=${worker_id}`;
  await eventually(async () => {
    const told = (await (await drain(query, "GET")).json()) as { drained: boolean };
    return told.drained || undefined;
  });
  expect((await drain(query, "DELETE")).status).toBe(200);
  await eventually(async () =>
    (await workersOf(api)).every(({ draining }) => draining === false) ? true : undefined,
  );
  expect((await drain("?worker_id=nobody", "GET")).status).toBe(404);
});

/** The folders of a node whose ffmpeg lacks an encoder. */
async function lacking(encoder: string) {
  const home = { data: join(tempFolder(), "data"), media: fleet.media };
  await placeKnownAbilities(home.data);
  const path = join(home.data, "capabilities.json");
  const known = JSON.parse(await readFile(path, "utf8")) as { abilities: { encoders: string[] } };
  const encoders = known.abilities.encoders.filter((name) => name !== encoder);
  const abilities = { ...known.abilities, encoders };
  await writeFile(path, JSON.stringify({ ...known, abilities }));
  return home;
}

test("a worker takes what it can run, and leaves what came before to others", async () => {
  const drain = (worker_id: string, method: string) =>
    method === "POST"
      ? api.call(`${ADMIN}/drain`, { body: { worker_id } })
      : api.call(`${ADMIN}/drain?worker_id=${worker_id}`, { method });
  const able = await workersOf(api);
  for (const { worker_id } of able) await drain(worker_id, "POST");
  for (const { worker_id } of able)
    await eventually(async () => {
      const told = (await (await drain(worker_id, "GET")).json()) as { drained: boolean };
      return told.drained || undefined;
    });
  await fleet.node("worker", { PONTUS_ZONE: "eu-3" }, await lacking("libx264"));
  const encoded = await create("short");
  const copied = await create("short", "video_mp4_transmux");
  await api.until(copied, isDone);
  expect((await api.task(encoded)).task_status).toBe("PENDING");
  for (const { worker_id } of able) await drain(worker_id, "DELETE");
  expect(await api.until(encoded, isDone)).toMatchObject({ attempt: 1 });
});

test("the task of a worker that is killed ends on another, and the next start there clears up", async () => {
  const id = await create("long");
  await api.until(id, isRunning);
  const { worker_id, zone = "" } = await busy();
  const killed = workers.get(zone);
  await killed?.stop("SIGKILL");
  const taken = await api.until(id, (task) => isRunning(task) && task.attempt === 2);
  expect(taken.attempts[0]).toMatchObject({ error: { code: "InternalError" } });
  expect((await busy()).zone).not.toBe(zone);
  const scratch = join(killed?.home.data ?? "", "scratch");
  expect(readdirSync(scratch)).toContain(worker_id);
  workers.set(zone, await fleet.node("worker", { PONTUS_ZONE: zone }, killed?.home));
  expect(readdirSync(scratch)).not.toContain(worker_id);
  expect(await api.until(id, isDone)).toMatchObject({ attempt: 2 });
});
