import type { Working } from "./app.work.ts";
import type { Config } from "./config/config.ts";
import type { Database } from "./db/database.ts";
import type { ChosenEngine } from "./engine/choose.ts";
import type { Readiness } from "./http/health.ts";
import type { Queue } from "./queue/queue.ts";
import type { Intake } from "./service/intake.ts";
import { TaskError } from "./task/errors.ts";

/** The parts of the service that are asked how they stand. */
export type ReadinessParts = {
  readonly queue: Pick<Queue, "depth">;
  readonly database: Pick<Database, "checkWritable">;
  readonly intake: Pick<Intake, "look">;
};

/** Refuses what needs the parts that run tasks, before they are there. @throws {TaskError} `service_unavailable` */
export function refuseWhileStarting(): never {
  throw new TaskError("service_unavailable", "Cannot answer: the service is starting");
}

/** How the service stands, for `/readyz`. @param working - undefined until it takes tasks up */
export async function readinessOf(
  opening: Promise<ChosenEngine>,
  { queue, database, intake }: ReadinessParts,
  working: Working | undefined,
  { disk }: Config,
): Promise<Readiness> {
  const engine = await opening.then(
    (chosen) => ({ ok: true, detail: describeEngine(chosen) }),
    (error: Error) => ({ ok: false, detail: error.message }),
  );
  const where = disk === "no" ? "; in memory, as there is no disk" : "";
  const standings = await intake.look();
  const checked = database.checkWritable().then(() => queue.depth());
  const store = await checked.then(
    ({ pending, running }) => ({
      ok: true,
      detail: `${pending} tasks pending, ${running} running${where}`,
    }),
    (error: Error) => ({ ok: false, detail: error.message }),
  );
  const worker = working
    ? { ok: true, detail: `${working.worker.running} of ${working.worker.slots} slots in use` }
    : { ok: false, detail: "has not started" };
  const checks = { engine, store, worker, ...standings };
  return { ready: Object.values(checks).every(({ ok }) => ok), checks };
}

function describeEngine({ engine, why, lacks, leakedThreads }: ChosenEngine): string {
  const { name, capabilities } = engine;
  const leaked = leakedThreads();
  const leaks = leaked === 0 ? [] : [`${leaked} threads that could not be ended still run`];
  return [`${name}: ffmpeg ${capabilities.version}, as ${why}`, ...lacks, ...leaks].join("; ");
}
