import type { Config } from "../config/config.ts";
import type { ChosenEngine } from "../engine/choose.ts";
import type { Check, Readiness } from "../http/health.ts";
import type { Queue } from "../queue/queue.ts";
import type { Intake, Standings } from "../service/intake.ts";
import { TaskError } from "../task/errors.ts";
import type { Working } from "./work.ts";

/** The parts of the service that are asked how they stand. */
export type ReadinessParts = {
  readonly queue: Pick<Queue, "depth" | "oldestDueMs">;
  readonly checkWritable: () => Promise<void>;
  readonly intake: Pick<Intake, "look">;
  readonly now: () => number;
};

/** Refuses what needs the parts that run tasks, before they are there. @throws {TaskError} `service_unavailable` */
export function refuseWhileStarting(): never {
  throw new TaskError("service_unavailable", "Cannot answer: the service is starting");
}

/** How the service stands, for `/readyz`. @param working - undefined until it takes tasks up */
export async function readinessOf(
  opening: Promise<ChosenEngine>,
  { queue, checkWritable, intake, now }: ReadinessParts,
  working: Working | undefined,
  config: Config,
): Promise<Readiness> {
  const engine = await opening.then(
    (chosen) => ({ ok: true, detail: describeEngine(chosen) }),
    (error: Error) => ({ ok: false, detail: error.message }),
  );
  const standings = await intake.look();
  const store = await storeCheck({ queue, checkWritable, now }, config);
  const worker = working ? workerCheck(working.worker) : { ok: false, detail: "has not started" };
  const checks = { engine, store, worker, ...checksOf(standings) };
  return { ready: Object.values(checks).every(({ ok }) => ok), checks };
}

/** How the database stands, and the queue in it. */
export async function storeCheck(
  { queue, checkWritable, now }: Omit<ReadinessParts, "intake">,
  { disk, databaseUrl }: Config,
): Promise<Check> {
  const isInMemory = disk === "no" && databaseUrl === undefined;
  const where = isInMemory ? "; in memory, as there is no disk" : "";
  try {
    await checkWritable();
    const { pending, running } = await queue.depth();
    const oldestMs = await queue.oldestDueMs();
    return {
      ok: true,
      detail: `${pending} tasks pending, ${running} running${where}`,
      ...{ pending, running },
      ...(oldestMs !== undefined && { oldest_pending_seconds: secondsSince(oldestMs, now()) }),
    };
  } catch (error) {
    return { ok: false, detail: (error as Error).message };
  }
}

function describeEngine({ engine, why, lacks, leakedThreads }: ChosenEngine): string {
  const { name, capabilities } = engine;
  const leaked = leakedThreads();
  const { detail, used, sessions, isUsable } = engine.hardware?.state ?? {};
  const inUse = isUsable ? `, ${used} of ${sessions} sessions in use` : "";
  const hardware = detail === undefined ? [] : [`${detail}${inUse}`];
  const leaks = leaked === 0 ? [] : [`${leaked} threads that could not be ended still run`];
  return [
    `${name}: ffmpeg ${capabilities.version}, as ${why}`,
    ...hardware,
    ...lacks,
    ...leaks,
  ].join("; ");
}

const workerCheck = ({ running, slots }: Working["worker"]): Check => ({
  ok: true,
  detail: `${running} of ${slots} slots in use`,
  ...{ running, slots },
});

/** Those of the parts that new tasks depend on. What is free of a disk is no whole number of bytes where a share of it is needed. */
export const checksOf = (standings: Standings): Readonly<Record<string, Check>> =>
  Object.fromEntries(
    Object.entries(standings).map(([name, { ok, detail, space }]) => [
      name,
      {
        ...{ ok, detail },
        ...(space && { free_bytes: space.freeBytes, needed_bytes: Math.ceil(space.neededBytes) }),
      },
    ]),
  );

const secondsSince = (ms: number, nowMs: number): number => Math.max(0, nowMs - ms) / 1000;
