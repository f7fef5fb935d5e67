import { and, eq, isNull, ne, or, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../db/postgres/postgres.ts";
import { clients } from "../db/postgres/tables/clients.ts";
import { slicedSteps, sliceRuns } from "../db/postgres/tables/slices.ts";
import { tasks } from "../db/postgres/tables/tasks.ts";
import { OF_LEAD_ALONE } from "./slices.ts";

/** The schema of pg-boss's tables of parts, beside those of tasks. */
export const SLICES_SCHEMA = "pontus_slices";

/** How many steps a worker that looks for a part tries. */
const WAITING_STEPS = 16;
/** How many steps of ended tasks are cleared up at once. */
const LEFT_MAX = 20;
/** What offers a step that was withdrawn: attempts are counted from 1 on. */
const NO_ATTEMPT = 0;

const taskId = sql.placeholder("taskId");
const digest = sql.placeholder("digest");
const isStep = and(eq(slicedSteps.taskId, taskId), eq(slicedSteps.digest, digest));
const stepColumns = { taskId: slicedSteps.taskId, digest: slicedSteps.digest };

/** The statements about sliced steps. */
export function prepareSteps({ orm, prepared }: PostgresDatabase) {
  return prepared({
    held: () =>
      orm
        .select({ id: tasks.id })
        .from(tasks)
        .where(
          and(
            eq(tasks.id, taskId),
            eq(tasks.attempt, sql.placeholder("attempt")),
            eq(tasks.status, "RUNNING"),
          ),
        )
        .for("share")
        .prepare("slices_held"),
    waiting: () => waitingSteps(orm),
    // A task that waits for its next attempt keeps what is under way: that one may want the same parts. What it wants is told by its
    // slices, which it offers behind the first pass that they need.
    wanted: () =>
      orm
        .select({ taskId: slicedSteps.taskId })
        .from(slicedSteps)
        .innerJoin(tasks, eq(tasks.id, slicedSteps.taskId))
        .where(
          and(
            isStep,
            sql`${tasks.status} in ('PENDING', 'RUNNING')`,
            eq(tasks.cancelRequested, false),
            ne(slicedSteps.attempt, NO_ATTEMPT),
            sql`not exists (select 1 from sliced_steps as newer
              where newer.task_id = ${slicedSteps.taskId} and newer.attempt > ${slicedSteps.attempt}
              and newer.engine_version <> ${OF_LEAD_ALONE})`,
          ),
        )
        .prepare("slices_wanted"),
    withdraw: () =>
      orm.update(slicedSteps).set({ attempt: NO_ATTEMPT }).where(isStep).prepare("slices_withdraw"),
    left: () =>
      orm
        .select(stepColumns)
        .from(slicedSteps)
        .leftJoin(tasks, eq(tasks.id, slicedSteps.taskId))
        .where(or(isNull(tasks.id), sql`${tasks.status} in ('SUCCESS', 'FAILED', 'CANCELLED')`))
        .limit(LEFT_MAX)
        .prepare("slices_left"),
    forgetStep: () => orm.delete(slicedSteps).where(isStep).prepare("slices_forget_step"),
  });
}

/** Steps of which parts wait: of the client first for whom fewest parts are made by now, then the oldest. */
const waitingSteps = (orm: PostgresDatabase["orm"]) =>
  orm
    .select({
      ...stepColumns,
      source: slicedSteps.source,
      sourceUrl: tasks.sourceUrl,
      reach: clients.reach,
    })
    .from(slicedSteps)
    .innerJoin(tasks, eq(tasks.id, slicedSteps.taskId))
    .leftJoin(clients, eq(clients.clientCode, tasks.clientCode))
    .where(
      and(
        eq(tasks.status, "RUNNING"),
        eq(tasks.cancelRequested, false),
        eq(tasks.attempt, slicedSteps.attempt),
        eq(slicedSteps.engine, sql.placeholder("engine")),
        eq(slicedSteps.engineVersion, sql.placeholder("engineVersion")),
        sql`exists (select 1 from ${sql.raw(SLICES_SCHEMA)}.job_common as entry
              where entry.name = ${slicedSteps.taskId} || '_' || ${slicedSteps.digest} and entry.state < 'active')`,
      ),
    )
    .orderBy(
      sql`(select count(*) from slice_runs as r join tasks as t on t.id = r.task_id
            where t.client_code = ${tasks.clientCode})`,
      slicedSteps.offeredMs,
    )
    .limit(WAITING_STEPS)
    .prepare("slices_waiting");

/** The statements about parts that are being made. */
export function prepareRuns({ orm, prepared }: PostgresDatabase) {
  const isOfStep = and(eq(sliceRuns.taskId, taskId), eq(sliceRuns.digest, digest));
  // One that was given to another is that one's.
  const isRun = and(
    isOfStep,
    eq(sliceRuns.part, sql.placeholder("part")),
    eq(sliceRuns.workerId, sql.placeholder("workerId")),
  );
  return prepared({
    progress: () =>
      orm
        .update(sliceRuns)
        .set({ progress: sql`${sql.placeholder("progress")}` })
        .where(isRun)
        .prepare("slices_progress"),
    forgetRun: () => orm.delete(sliceRuns).where(isRun).prepare("slices_forget_run"),
    forgetRuns: () => orm.delete(sliceRuns).where(isOfStep).prepare("slices_forget_runs"),
  });
}
