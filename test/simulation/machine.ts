import { isFinal } from "../../src/task/status.ts";
import { RETENTION_MS } from "../fixtures/store-bench.ts";
import { type Action, codeOf, going, HOUR_MS, serviceOf } from "./acting.ts";
import { Broken, setFull } from "./world.ts";

const LEASE_MS = 30_000;

const expire: Action = async (world) => {
  const code = await codeOf(serviceOf(world).queue.expireLeases());
  world.note(`leases expire: ${code ?? "done"}`);
};

/** A process that is stopped, or hangs: its leases run out, and it goes on with what it remembers. */
const stop: Action = async (world) => {
  const process = going(world);
  if (!process) return;
  process.isStopped = true;
  world.note(`${process.id} is stopped`);
};

const goOn: Action = async (world) => {
  const process = world.random.pick(world.processes.filter(({ isStopped }) => isStopped));
  if (!process) return;
  process.isStopped = false;
  world.note(`${process.id} goes on`);
};

/** A process that is killed, and started again as another instance. */
const crash: Action = async (world) => {
  const process = world.random.pick(world.processes);
  if (!process) return;
  world.note(`${process.id} is killed`);
  world.dead.push(process.id);
  process.id = `process-${world.made++}`;
  process.runs = [];
  process.isStopped = false;
};

const clearUp: Action = async (world) => {
  const id = world.dead[0];
  if (id === undefined) return;
  const code = await codeOf(serviceOf(world).queue.takeOver(id));
  if (code === undefined) world.dead.shift();
  world.note(`${id} is cleared up after: ${code ?? "done"}`);
};

/** A deleted task is kept for so long. */
const DELETED_KEPT_MS = 300_000;

/** Purges what has expired. What is gone then must have been deleted, or have ended, long enough before. */
export const purge: Action = async (world) => {
  const { stage, clock } = world;
  const before = await stage.rows();
  const { nowMs } = clock;
  const code = await codeOf(serviceOf(world).tasks.purge());
  const left = new Set((await stage.rows()).map(({ id }) => id));
  const purged = before.filter(({ id }) => !left.has(id));
  for (const { id, clientCode, status, endMs } of purged) {
    const keptMs = clientCode === "" ? DELETED_KEPT_MS : RETENTION_MS;
    if (!isFinal(status) || endMs === null || endMs > nowMs - keptMs)
      throw new Broken(`${id}, which is ${status} since ${endMs}, was purged`);
    world.forget(id, "purged");
  }
  world.note(`what has expired is purged, ${purged.length} of the tasks: ${code ?? "done"}`);
};

/** So long that keys expire, and tasks are kept no more. */
export const letMonthPass: Action = async (world) => {
  world.clock.nowMs += RETENTION_MS + 2 * HOUR_MS;
  world.keys.clear();
  world.note("a month has passed");
};

const pass: Action = async (world) => {
  world.clock.nowMs += world.random.below(2 * LEASE_MS);
};

/** Somebody sets the clock. */
const jump: Action = async (world) => {
  const { random, clock } = world;
  clock.nowMs += (random.chance(0.5) ? 1 : -1) * random.below(HOUR_MS);
  world.note("the clock has jumped");
};

const fill: Action = async (world) => {
  await setFull(world.stage, true);
  world.note("the disk is full");
};

const free: Action = async (world) => {
  await setFull(world.stage, false);
  world.note("the disk has room");
};

/** What happens to all of them, with how often it does. */
export const MACHINE_ACTIONS: Readonly<Record<string, readonly [weight: number, action: Action]>> =
  {
    expire: [2, expire],
    stop: [1, stop],
    goOn: [2, goOn],
    crash: [1, crash],
    clearUp: [1, clearUp],
    purge: [0.4, purge],
    month: [0.2, letMonthPass],
    pass: [4, pass],
    jump: [0.3, jump],
    fill: [0.7, fill],
    free: [0.7, free],
  };
