import {
  afterAll,
  beforeAll,
  expect,
  onTestFinished,
  setDefaultTimeout,
  spyOn,
  test,
} from "bun:test";
import { COUNTED_MS, COUNTED_MS_EACH, KEEPERS } from "../../src/fleet/census.ts";
import type { Node } from "../../src/fleet/fleet.ts";
import { PostgresFleet } from "../../src/fleet/postgres.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { FleetServer } from "../fixtures/fleet-bench.ts";
import { eventually } from "../fixtures/service.ts";
import { aCapabilities } from "../plan/builders.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const FULL = aCapabilities();
const HOUR_MS = 3_600_000;

const server = new FleetServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

/** Two nodes' sights of one fleet, and a clock that only the test moves. */
async function bench() {
  const url = await server.database();
  const clock = { nowMs: 1_000_000_000 };
  const sight = async () => {
    const database = await server.open(url, { connectionsMax: 2 });
    return new PostgresFleet(database, { now: () => clock.nowMs });
  };
  return { clock, here: await sight(), there: await sight(), sight };
}

const aNode = (id: string, changes: Partial<Node> = {}): Node => ({
  id,
  host: "encoder-1",
  zone: "eu-1",
  version: "1.2.3",
  engine: "native",
  engineVersion: "7.1",
  abilities: ["libx264"],
  capabilities: { ...FULL, encoders: ["libx264"] },
  slots: 4,
  startedMs: 5,
  ...changes,
});

const IDLE = { running: 0, isDraining: false, hardware: null };

test("a node is seen by all with its first beat, as it stands with each, and no more once it has left", async () => {
  const { clock, here, there } = await bench();
  const order = { isToDrain: false, handBackMs: null };
  expect(await here.beat(aNode("a"), IDLE)).toEqual(order);
  const [seen] = await there.nodes();
  expect(seen).toEqual({ ...aNode("a"), ...IDLE, ...order, seenMs: clock.nowMs });
  clock.nowMs += 5_000;
  await there.beat(aNode("b", { startedMs: 1 }), IDLE);
  await here.beat(aNode("a"), { running: 2, isDraining: true, hardware: "nvenc" });
  expect(await there.nodes()).toMatchObject([
    { id: "b", running: 0 },
    { id: "a", running: 2, isDraining: true, hardware: "nvenc", seenMs: clock.nowMs },
  ]);
  await here.leave("a");
  expect((await there.nodes()).map(({ id }) => id)).toEqual(["b"]);
});

test("a node knows how many have a free slot, itself among them", async () => {
  const { clock, here, there } = await bench();
  expect(here.idleNodes).toBe(1);
  await there.beat(aNode("dead"), IDLE);
  clock.nowMs += 31_000;
  await there.beat(aNode("free"), { ...IDLE, running: 3 });
  await there.beat(aNode("busy"), { ...IDLE, running: 4 });
  await there.beat(aNode("draining"), { ...IDLE, isDraining: true });
  await here.beat(aNode("here"), IDLE);
  expect(here.idleNodes).toBe(2);
});

test("counts them again after some seconds, the later the more there are", async () => {
  const { here, there } = await bench();
  let countedMs = 0;
  const clock = spyOn(performance, "now").mockImplementation(() => countedMs);
  onTestFinished(() => void clock.mockRestore());
  await here.beat(aNode("here"), IDLE);
  await there.beat(aNode("there"), IDLE);
  countedMs += COUNTED_MS;
  await here.beat(aNode("here"), IDLE);
  expect(here.idleNodes).toBe(1);
  countedMs += COUNTED_MS_EACH;
  await here.beat(aNode("here"), IDLE);
  expect(here.idleNodes).toBe(2);
});

test("of a large fleet a few nodes look after what is of nobody, and another one when one of them is silent", async () => {
  const { clock, here, there, sight } = await bench();
  const beat = (fleet: PostgresFleet, id: string) => fleet.beat(aNode(id), IDLE);
  for (let node = 1; node < KEEPERS; node += 1) await beat(here, `a-${node}`);
  const last = await sight();
  await beat(last, "m");
  await beat(there, "z");
  expect([last.isKeeper, there.isKeeper]).toEqual([true, false]);
  clock.nowMs += 31_000;
  // Each counts again after some seconds; here one does that has not counted yet.
  const later = await sight();
  await beat(later, "z");
  expect(later.isKeeper).toBe(true);
});

test("who has been silent for an hour is forgotten, and is back with its next beat", async () => {
  const { clock, here, there } = await bench();
  await here.beat(aNode("a"), IDLE);
  clock.nowMs += HOUR_MS + 1;
  await there.beat(aNode("b"), IDLE);
  expect((await there.nodes()).map(({ id }) => id)).toEqual(["b"]);
  await here.beat(aNode("a"), IDLE);
  expect(await there.nodes()).toHaveLength(2);
});

test("an order reaches its node at once, and with each beat", async () => {
  const { here, there } = await bench();
  await here.beat(aNode("a"), IDLE);
  let calls = 0;
  const end = here.onOrder("a", () => calls++);
  // The first says that some may have been missed.
  await eventually(() => calls > 0 || undefined);
  const before = calls;
  const order = { isToDrain: true, handBackMs: 77 };
  expect(await there.order("a", order)).toMatchObject({ id: "a", ...order });
  await eventually(() => calls > before || undefined);
  end();
  expect(await here.beat(aNode("a"), IDLE)).toEqual(order);
  await there.order("a", { isToDrain: false, handBackMs: null });
  expect(await here.beat(aNode("a"), IDLE)).toEqual({ isToDrain: false, handBackMs: null });
  const refused = await taskErrorOf(there.order("nobody", order));
  expect(refused).toMatchObject({
    code: "no_such_resource",
    message: 'Cannot find worker "nobody": there is none',
  });
});

test("what can be made is what some living node can; it is the same object while that is", async () => {
  const { clock, here, there } = await bench();
  expect(await here.capabilities()).toBeUndefined();
  const can = (encoders: readonly string[]) => ({ capabilities: { ...FULL, encoders } });
  await here.beat(aNode("a", can(["aac", "libx264"])), IDLE);
  await here.beat(aNode("b", can(["aac", "libx265"])), IDLE);
  const all = await there.capabilities();
  expect(all).toMatchObject({ engine: "native", encoders: ["aac", "libx264", "libx265"] });
  expect(await there.capabilities()).toBe(all as never);
  clock.nowMs += 31_000;
  await here.beat(aNode("b"), IDLE);
  const left = await eventually(async () => {
    const now = await there.capabilities();
    return now?.encoders.includes("libx264") ? undefined : now;
  });
  expect(left.encoders).toEqual(["aac", "libx265"]);
});
