import { isFinal } from "../../src/task/status.ts";
import type { Task, TaskEvent } from "../../src/task/task.ts";
import { CLIENT_ACTIONS } from "./clients.ts";
import { letMonthPass, MACHINE_ACTIONS, purge } from "./machine.ts";
import { Random } from "./random.ts";
import { claimNext, WORKER_ACTIONS, workOn } from "./workers.ts";
import { Broken, type Process, type Stages, setFull, World } from "./world.ts";

const ACTIONS_MAX = 40;
/** How often some things happen in the same turn of the event loop, and so in one transaction. */
const TOGETHER = 0.15;
/** How often all is purged in the end. The pauses between two batches would take too long for each schedule. */
const TO_THE_LAST = 0.02;
/** Longer than any lease, and than any wait for the next try. */
const LONG_MS = 10 * 3_600_000;
const TURNS_MAX = 20;
/** More than a run has. */
const STAGES_MAX = 10;

/**
 * Runs one schedule: what clients, workers and the machine do is drawn from the seed. Then everything is left to end, and
 * everything that must hold is checked.
 *
 * @returns what happened
 * @throws {Broken} with the seed and the trace
 */
export async function simulate(stages: Stages, seed: number): Promise<readonly string[]> {
  const random = new Random(seed);
  const processes = stages.services.map(
    (service, at): Process => ({
      id: `process-${seed}-${at}`,
      service,
      runs: [],
      isStopped: false,
    }),
  );
  const world = new World(stages, random, processes);
  stages.clock.nowMs = 1_700_000_000_000;
  try {
    for (let left = 10 + random.below(ACTIONS_MAX); left > 0; left -= 1) {
      const together = random.chance(TOGETHER) ? 3 : 1;
      world.isAlone = together === 1;
      await Promise.all(Array.from({ length: together }, () => actOnce(world)));
    }
    world.isAlone = true;
    await letEnd(world);
    await check(world);
    if (random.chance(TO_THE_LAST)) await purgeAll(world);
    return world.trace;
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const trace = world.trace.join("\n  ");
    throw new Broken(`seed ${seed}: ${what}\n  ${trace}`, { cause: error });
  } finally {
    await setFull(stages, false);
    await stages.clear();
  }
}

const ACTIONS = { ...CLIENT_ACTIONS, ...WORKER_ACTIONS, ...MACHINE_ACTIONS };
const WEIGHTS = Object.fromEntries(
  Object.entries(ACTIONS).map(([name, [weight]]) => [name, weight]),
);

async function actOnce(world: World): Promise<void> {
  await ACTIONS[world.random.weighted(WEIGHTS)]?.[1](world);
}

/** Lets time pass, with the disk free and workers that do their work, until every task has ended. */
async function letEnd(world: World): Promise<void> {
  const { stage, clock, processes } = world;
  await setFull(stage, false);
  world.note("all is left to end");
  for (const process of processes) process.isStopped = false;
  const { queue } = stage.services[0];
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    while (await claimNext(world, processes[turn % 2])) {}
    for (const process of processes)
      for (const run of process.runs)
        for (let left = STAGES_MAX; left > 0 && process.runs.includes(run); left -= 1)
          await workOn(world, process, run);
    const { pending, running } = await queue.depth();
    if (pending + running === 0) return;
    clock.nowMs += LONG_MS;
    await queue.expireLeases();
  }
  throw new Broken("some tasks never end");
}

/** A month later nothing is left of any task. */
async function purgeAll(world: World): Promise<void> {
  const { count } = world.stage;
  await letMonthPass(world);
  await purge(world);
  const [tasks, events] = [await count("tasks"), await count("events")];
  if (tasks + events > 0) throw new Broken(`${tasks} tasks and ${events} events are left for ever`);
  world.note("nothing is left");
}

async function check(world: World): Promise<void> {
  const { count } = world.stage;
  const kept = [...world.known.values()].filter(({ gone }) => gone !== "purged").length;
  if ((await count("tasks")) !== kept)
    throw new Broken(`${kept} tasks were made and not purged, and there are others`);
  if ((await count("held")) > 0) throw new Broken("a task that has ended holds a target");
  if ((await count("used")) > 0) throw new Broken("a task that has ended uses a profile");
  for (const [id, known] of world.there) {
    const task = await world.read(id);
    const { tasks: store } = world.stage.services[1];
    const events = await store.events(known.client, id, { afterSequence: 0, limit: 10_000 });
    checkEvents(task, events, known.retries);
    // A cancel that came before is what counts.
    if (known.end && task.status !== known.end && task.status !== "CANCELLED")
      throw new Broken(`${id} is ${task.status}, and a worker was told that it is ${known.end}`);
    for (const [at, { status }] of task.targets.entries()) {
      const newest = known.published.get(at)?.at(-1);
      if ((status === "SUCCESS") !== (newest?.isRecorded === true))
        throw new Broken(`target ${at} of ${id} is ${status}, and a worker was told otherwise`);
    }
  }
}

/** What may come after what. */
const FOLLOWS: Readonly<Record<TaskEvent["type"], readonly TaskEvent["type"][]>> = {
  created: ["started", "target", "ended"],
  started: ["target", "given_back", "cancel_requested", "ended"],
  target: ["target", "given_back", "cancel_requested", "ended"],
  watchable: [],
  cancel_requested: ["target", "ended"],
  given_back: ["started", "target", "ended"],
  retried: ["started", "target", "ended"],
  ended: ["retried"],
  source_lost: [],
  source_back: [],
};

/** The log tells one life of the task, without a gap: each end is followed by its client's retry alone. */
function checkEvents(task: Task, events: readonly TaskEvent[], retries: number): void {
  const { id, status, attempts, attempt } = task;
  const told = events.map(({ type }) => type).join(" ");
  const isRight =
    isFinal(status) &&
    events.every(({ sequence }, at) => sequence === at + 1) &&
    events[0]?.type === "created" &&
    events.every(
      ({ type }, at) => at === 0 || FOLLOWS[events[at - 1]?.type ?? type].includes(type),
    ) &&
    events.at(-1)?.type === "ended" &&
    events.at(-1)?.status === status;
  if (!isRight) throw new Broken(`the log of ${id}, which is ${status}, says: ${told}`);
  const times = (type: TaskEvent["type"]) => events.filter((event) => event.type === type).length;
  if (times("retried") !== retries || times("ended") !== retries + 1)
    throw new Broken(`${id} was retried ${retries} times, and its log says: ${told}`);
  if (times("started") !== attempt || attempts.length !== attempt)
    throw new Broken(`${id} had ${attempt} attempts, and its log says: ${told}`);
}
