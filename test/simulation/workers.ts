import { anOutput } from "../fixtures/store-bench.ts";
import { type Action, codeOf, FAILURE, going, HOUR_MS } from "./acting.ts";
import {
  Broken,
  CLIENT_WEIGHTS,
  CLIENTS,
  type ClientName,
  type Known,
  type Process,
  type Run,
  type Service,
  type World,
} from "./world.ts";

const claim: Action = async (world) => void (await claimNext(world, going(world)));

/** Claims a task for a process. @returns whether there was one */
export async function claimNext(world: World, process: Process | undefined): Promise<boolean> {
  if (!process) return false;
  const { queue } = process.service;
  const instance = process.id;
  let id = "";
  let served: ClientName | undefined;
  const code = await codeOf(
    queue.claim({ id: instance, engine: "native" }).then((work) => {
      if (!work) return;
      const { claim: held, task } = work;
      const known = world.knownOf(held.taskId);
      if (held.attempt <= known.attempt)
        throw new Broken(`attempt ${held.attempt} of ${held.taskId} was given out twice`);
      if (known.end)
        throw new Broken(
          `${held.taskId} begins again, and a worker was told that it is ${known.end}`,
        );
      if (known.gone) throw new Broken(`${held.taskId} begins again, and was ${known.gone}`);
      known.attempt = held.attempt;
      world.passed[known.client] = 0;
      served = known.client;
      const open = [...task.targets.keys()].filter((at) => task.targets[at]?.status !== "SUCCESS");
      const run: Run = {
        claim: held,
        open,
        stage: { name: "fetch" },
        isBusy: false,
      };
      if (process.id === instance) process.runs = [...process.runs, run];
      id = held.taskId;
    }),
  );
  world.note(`${instance} claims ${id || "nothing"}${code ? `: ${code}` : ""}`);
  if (served && world.isAlone) await checkShares(world, served);
  return id !== "";
}

/** Slots of others that a client may have to wait for: of each as many as fit between two of its own, and one more. */
const PASSED_MAX = Object.fromEntries(
  CLIENTS.map((name) => {
    const own = CLIENT_WEIGHTS[name];
    const others = CLIENTS.filter((other) => other !== name);
    return [name, others.reduce((sum, other) => sum + CLIENT_WEIGHTS[other] / own + 1, 0)];
  }),
) as Record<ClientName, number>;

/** Nobody who has a task that is due waits for longer than its weight says. */
async function checkShares({ stage, passed }: World, served: ClientName): Promise<void> {
  const due = await stage.due();
  for (const name of CLIENTS) {
    if (name === served || !due.includes(name)) continue;
    passed[name] += 1;
    if (passed[name] > PASSED_MAX[name])
      throw new Broken(`${name} has waited for ${passed[name]} slots of others`);
  }
}

/** The next thing that a worker does for one of its tasks. */
const work: Action = async (world) => {
  const process = going(world);
  const run = process && idle(world, process);
  if (process && run) await workOn(world, process, run);
};

/** Does the next thing for a run. */
export async function workOn(world: World, process: Process, run: Run): Promise<void> {
  const { name } = run.stage;
  run.isBusy = true;
  const code = await codeOf(advance(world, process.service, run));
  run.isBusy = false;
  world.note(`${process.id} does ${name} of ${nameOf(run)}: ${code ?? "done"}`);
  if (code === "cancelled") run.stage = { name: "end", status: "CANCELLED" };
  // What could not be written is tried again.
  else if (code === "service_unavailable") return;
  else if (code !== undefined || name === "end") forget(process, run);
}

/** One stage of a run; the next one comes when it has succeeded. */
async function advance(world: World, { tasks }: Service, run: Run): Promise<void> {
  const { claim: held, stage, open } = run;
  const next = (from: number): Run["stage"] => {
    const target = open[from];
    return target === undefined ? { name: "end", status: "SUCCESS" } : { name: "publish", target };
  };
  const known = world.knownOf(held.taskId);
  if (stage.name === "fetch") {
    const progress = { phase: "FETCHING", outTimeSeconds: 0, speed: 0, fps: 0 } as const;
    await tasks.saveProgress(held, progress);
    run.stage = next(0);
  } else if (stage.name === "publish") {
    const newest = known.attempt;
    await tasks.mayPublish(held);
    if (known.gone) throw new Broken(`${held.taskId} may be published, and was ${known.gone}`);
    if (newest > held.attempt)
      throw new Broken(`attempt ${held.attempt} may publish after attempt ${newest} began`);
    publish(known, run, stage.target);
    run.stage = { name: "record", target: stage.target };
  } else if (stage.name === "record") {
    await tasks.saveTarget(held, stage.target, { status: "SUCCESS", output: anOutput });
    const put = known.published.get(stage.target)?.at(-1);
    if (put?.attempt !== held.attempt)
      throw new Broken(`attempt ${held.attempt} recorded what attempt ${put?.attempt} published`);
    put.isRecorded = true;
    run.stage = next(open.indexOf(stage.target) + 1);
  } else if (stage.name === "end") {
    await tasks.finish(held, { status: stage.status });
    known.end = stage.status;
  }
}

function publish({ published }: Known, { claim: held }: Run, target: number): void {
  const before = published.get(target) ?? [];
  if (before.some(({ isRecorded }) => isRecorded))
    throw new Broken(`target ${target} of ${held.taskId} was published after it was delivered`);
  if (before.some(({ attempt }) => attempt === held.attempt))
    throw new Broken(`attempt ${held.attempt} of ${held.taskId} published twice`);
  published.set(target, [...before, { attempt: held.attempt, isRecorded: false }]);
}

/** A run that fails: its task is to be tried again, or has failed for good. */
const giveUp: Action = async (world) => {
  const { random, clock } = world;
  const process = going(world);
  const run = process && random.pick(process.runs);
  if (!process || !run) return;
  const { queue, tasks } = process.service;
  const isForGood = random.chance(0.4);
  const notBeforeMs = clock.nowMs + random.below(2) * random.below(HOUR_MS);
  const code = await codeOf(
    isForGood
      ? tasks.finish(run.claim, { status: "FAILED", failure: FAILURE }).then(() => {
          world.knownOf(run.claim.taskId).end = "FAILED";
        })
      : queue.giveBack(run.claim, { failure: FAILURE, notBeforeMs, counts: random.chance(0.7) }),
  );
  run.isBusy = false;
  world.note(`${process.id} gives up ${nameOf(run)}${isForGood ? " for good" : ""}: ${code}`);
  if (code !== "service_unavailable") forget(process, run);
};

const beat: Action = async (world) => {
  const process = going(world);
  const run = process && world.random.pick(process.runs);
  if (!process || !run) return;
  let pulse = "";
  const { attempt: newest, end } = world.knownOf(run.claim.taskId);
  const beating = process.service.queue.heartbeat(run.claim).then((told) => {
    pulse = told;
  });
  const code = await codeOf(beating);
  world.note(`${process.id} renews ${nameOf(run)}: ${code ?? pulse}`);
  if (pulse === "lost") forget(process, run);
  if (pulse === "held" && (newest > run.claim.attempt || end))
    throw new Broken(`attempt ${run.claim.attempt} holds a lease that a later one has`);
};

const nameOf = ({ claim: { taskId, attempt } }: Run): string => `${taskId} (${attempt})`;

const idle = (world: World, process: Process): Run | undefined =>
  world.random.pick(process.runs.filter(({ isBusy }) => !isBusy));

function forget(process: Process, run: Run): void {
  process.runs = process.runs.filter((other) => other !== run);
}

/** What workers do, with how often they do it. */
export const WORKER_ACTIONS: Readonly<Record<string, readonly [weight: number, action: Action]>> = {
  claim: [5, claim],
  work: [14, work],
  giveUp: [2, giveUp],
  beat: [2, beat],
};
