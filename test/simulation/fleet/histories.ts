import type { Queue, Work } from "../../../src/queue/queue.ts";
import type { TaskStore } from "../../../src/store/store.ts";
import { TaskError } from "../../../src/task/errors.ts";
import type { Claim } from "../../../src/task/task.ts";
import { aFailure, aNewTask, anAdmission, anOutput } from "../../fixtures/store-bench.ts";
import type { Random } from "../random.ts";

/** One of several nodes on the same tasks. */
type HistoryNode = { readonly tasks: TaskStore; readonly queue: Queue };

/** What a history is played on. */
export type Stage = { readonly nodes: readonly HistoryNode[]; readonly clock: { nowMs: number } };

/** The clients of histories with their weights. */
export const HISTORY_CLIENTS = { ada: 1, bob: 2, cyd: 3, dan: 1 } as const;
const CLIENTS = Object.keys(HISTORY_CLIENTS) as (keyof typeof HISTORY_CLIENTS)[];
const NEEDS = ["", "x264", "hevc x264"] as const;
/** Of workers; undefined is all. */
const ABILITIES = [undefined, ["x264"], ["hevc", "x264"], []] as const;
const JUMPS_MS = [1, 500, 3_000, 31_000] as const;
const TARGETS = 40;

/** What a stage was told so far, in the order in which it was. */
type Told = {
  readonly tasks: { readonly clientCode: string; readonly id: string }[];
  readonly claims: Claim[];
  /** When the task falls due that waits for its next try. Of several that fall due at once any may come first. */
  dueMs: number;
};

/** What is done on a stage: the same on each. */
type Does = (stage: Stage, told: Told) => Promise<unknown>;
type Step = { readonly name: string; readonly does: Does };

/** A history that is the same for the same chance. What was told last comes up more often than what was told first. */
export function historyOf(random: Random, length: number): readonly Step[] {
  const late = () => -1 - Math.floor(random.next() ** 2 * 12);
  const jump = () => JUMPS_MS[random.below(JUMPS_MS.length)] ?? 0;
  const makers: Readonly<Record<string, readonly [weight: number, make: () => Does]>> = {
    create: [10, () => create(random)],
    claim: [10, () => claim(random)],
    beat: [2, () => beat(random.below(2), late())],
    finish: [5, () => finish(random.below(2), late(), random.chance(0.6))],
    giveBack: [3, () => giveBack(random.below(2), late(), random.below(2) * jump())],
    cancel: [2, () => change("cancel", late())],
    retry: [2, () => change("retry", late())],
    progress: [1, () => progress(late())],
    pass: [4, () => pass(jump())],
    expire: [1, () => (stage) => nodeOf(stage, 0).queue.expireLeases()],
    lose: [1, () => lose(`w${random.below(4)}`)],
    look: [2, () => look(random.below(4))],
  };
  const weights = Object.fromEntries(
    Object.entries(makers).map(([name, [weight]]) => [name, weight]),
  );
  return Array.from({ length }, () => {
    const name = random.weighted(weights);
    return { name, does: makers[name]?.[1]() ?? pass(0) };
  });
}

/** @returns what each step gave and what became of each task, with the numbers of tasks in the place of their ids */
export async function play(stage: Stage, history: readonly Step[]): Promise<readonly string[]> {
  const told: Told = { tasks: [], claims: [], dueMs: 0 };
  const lines: string[] = [];
  for (const { name, does } of history) {
    const given = await does(stage, told).catch((error: unknown) => {
      if (error instanceof TaskError && error.code !== "internal") return error.code;
      throw error;
    });
    lines.push(`${name}: ${JSON.stringify(given)}`);
  }
  for (const [number, { clientCode, id }] of told.tasks.entries()) {
    const { id: _, ...task } = await nodeOf(stage, 0).tasks.get(clientCode, id);
    lines.push(`${number}: ${JSON.stringify(task, sorted)}`.replaceAll(id, "it"));
  }
  return lines;
}

/** Objects with their fields in order. */
const sorted = (_: string, value: unknown): unknown =>
  value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;

function nodeOf({ nodes }: Stage, at: number): HistoryNode {
  const node = nodes[at];
  if (!node) throw new RangeError(`Cannot use node ${at}: there are ${nodes.length}`);
  return node;
}

const claimOf = ({ claims }: Told, at: number): Claim =>
  claims.at(at) ?? { taskId: "019a0000-0000-7000-8000-000000000000", attempt: 1 };

function create(random: Random): Does {
  const clientCode = random.pick(CLIENTS) ?? "ada";
  const name = `file:///media/${random.below(TARGETS)}.mp4`;
  const isLive = random.chance(0.15);
  const given = aNewTask({
    clientCode,
    priority: random.below(3) - 1,
    targets: [{ url: name, key: name }],
    metadata: { needs: NEEDS[random.below(NEEDS.length)] ?? "" },
    ...(isLive && { isLive, sourceUrl: "srt://:9000?mode=listener" }),
  });
  return async (stage, { tasks }) => {
    const id = await nodeOf(stage, tasks.length % 2).tasks.create(given, anAdmission());
    tasks.push({ clientCode, id });
    return tasks.length;
  };
}

function claim(random: Random): Does {
  const at = random.below(2);
  const max = 1 + random.below(3);
  const worker = random.below(4);
  const abilities = ABILITIES[worker];
  const self = { id: `w${worker}`, engine: "native", ...(abilities && { abilities }) } as const;
  return async (stage, { tasks, claims }) => {
    const works = (await nodeOf(stage, at).queue.claimMany?.(self, max)) ?? [];
    const numberOf = ({ claim: { taskId } }: Work) => tasks.findIndex(({ id }) => id === taskId);
    // Those that are claimed at one time have no order among them.
    const all = works.toSorted((one, other) => numberOf(one) - numberOf(other));
    claims.push(...all.map((work) => work.claim));
    return all.map((work) => ({
      task: numberOf(work),
      attempt: work.claim.attempt,
      failures: work.failures,
    }));
  };
}

const beat =
  (at: number, which: number): Does =>
  (stage, told) =>
    nodeOf(stage, at).queue.heartbeat(claimOf(told, which));

const finish =
  (at: number, which: number, isGood: boolean): Does =>
  async (stage, told) => {
    const { tasks } = nodeOf(stage, at);
    const held = claimOf(told, which);
    if (isGood) await tasks.saveTarget(held, 0, { status: "SUCCESS", output: anOutput });
    await tasks.finish(
      held,
      isGood ? { status: "SUCCESS" } : { status: "FAILED", failure: aFailure },
    );
  };

const giveBack =
  (at: number, which: number, waitMs: number): Does =>
  async (stage, told) => {
    const { nowMs } = stage.clock;
    const notBeforeMs = told.dueMs < nowMs ? nowMs + waitMs : nowMs;
    const counts = which % 2 === 0;
    const reason = { failure: aFailure, notBeforeMs, counts };
    await nodeOf(stage, at).queue.giveBack(claimOf(told, which), reason);
    told.dueMs = Math.max(told.dueMs, notBeforeMs);
  };

const change =
  (verb: "cancel" | "retry", which: number): Does =>
  async (stage, { tasks }) => {
    const { clientCode, id } = tasks.at(which) ?? { clientCode: "ada", id: "none" };
    return (await nodeOf(stage, 0).tasks[verb](clientCode, id)).status;
  };

const progress =
  (which: number): Does =>
  (stage, told) =>
    nodeOf(stage, 0).tasks.saveProgress(claimOf(told, which), {
      ...{ phase: "TRANSCODING", outTimeSeconds: 2, speed: 1, fps: 25 },
    });

const pass =
  (ms: number): Does =>
  async ({ clock }) => {
    clock.nowMs += ms;
  };

const lose =
  (workerId: string): Does =>
  (stage) =>
    nodeOf(stage, 1).queue.takeOver(workerId);

/** What a node is told of what is due, and of how much there is. */
const look =
  (worker: number): Does =>
  async (stage) => {
    const { queue } = nodeOf(stage, worker % 2);
    const abilities = ABILITIES[worker];
    const dueMs = await queue.nextDueMs({ id: `w${worker}`, ...(abilities && { abilities }) });
    return { dueMs, ...(await queue.depth()) };
  };
