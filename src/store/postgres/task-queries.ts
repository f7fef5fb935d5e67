import { and, eq, inArray, sql } from "drizzle-orm";
import { appending } from "../../db/postgres/event-log.ts";
import { holding, using } from "../../db/postgres/holdings.ts";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { tasks } from "../../db/postgres/tables/tasks.ts";
import { isHeld, isLazy } from "../../db/postgres/task-changes.ts";
import { listOf, nameOf, type TaskColumn } from "../../db/postgres/task-columns.ts";
import { TASK_COLUMNS } from "../../db/postgres/task-row.ts";

/** The statements of `PostgresTaskStore`, each prepared on first use. */
export function prepareTaskQueries({ orm, prepared }: PostgresDatabase) {
  const isId = eq(tasks.id, sql.placeholder("id"));
  return prepared({
    byId: () => orm.select(TASK_COLUMNS).from(tasks).where(isId).prepare("task_by_id"),
    toChange: () =>
      orm.select(TASK_COLUMNS).from(tasks).where(isId).for("update").prepare("task_to_change"),
    ended: () =>
      orm
        .select({ id: tasks.id, status: tasks.status })
        .from(tasks)
        .where(
          and(
            inArray(tasks.id, sql`(select unnest(${sql.placeholder("ids")}::text[]))`),
            sql`status in ('SUCCESS', 'FAILED', 'CANCELLED')`,
          ),
        )
        .prepare("ended_tasks"),
    cancelRequested: () =>
      orm
        .select({ cancelRequested: tasks.cancelRequested })
        .from(tasks)
        .where(isHeld)
        .prepare("cancel_requested"),
    saveProgress: () =>
      orm
        .update(tasks)
        .set({ progress: sql.placeholder("progress") })
        .where(and(isHeld, isLazy))
        .prepare("save_progress"),
    saveWarnings: () =>
      orm
        .update(tasks)
        .set({ warnings: sql.placeholder("warnings") })
        .where(isHeld)
        .prepare("save_warnings"),
  });
}

/** The columns that a new task may have a value in. */
export const CREATED = [
  "id",
  "clientCode",
  "profileName",
  "status",
  "priority",
  "createMs",
  "attempt",
  "failures",
  "cancelRequested",
  "eventSequence",
  "attempts",
  "targets",
  "sourceUrl",
  "isLive",
  "needs",
  "timeoutSeconds",
  "metadata",
  "clip",
  "extras",
  "notification",
  "customProfiles",
  "assignments",
  "requestId",
  "traceParent",
] as const satisfies readonly TaskColumn[];

/**
 * The statement that writes new tasks with all that is written with them. It says which of the keys of their targets it could hold, and how
 * many of their nonces are new: where not all are, roll back.
 */
export function prepareCreate({ orm, prepared }: PostgresDatabase) {
  const columns = sql.join(CREATED.map(nameOf), sql`, `);
  const parts = {
    // Places are given in the order of ids.
    task: sql`insert into tasks (${columns}) select ${columns} from ${listOf(sql`new`, CREATED)}
      order by id collate "C" returning seq, id`,
    used_nonce: sql`insert into nonces (client_code, nonce, expires_ms)
      select client_code, nonce, expires_ms
      from unnest(${sql.placeholder("nonceClients")}::text[], ${sql.placeholder("nonces")}::text[],
        ${sql.placeholder("nonceExpires")}::bigint[]) as used (client_code, nonce, expires_ms)
      order by nonce collate "C", client_code collate "C" on conflict do nothing returning 1`,
    got: holding(sql`task`),
    used: using(sql`task`),
    appended: appending(sql`task`),
    told: sql`insert into notifications (task_seq, client_code, sequence, due_ms, fence)
      select task.seq, told.client_code, 0, told.due_ms, 0
      from unnest(${sql.placeholder("toldTasks")}::text[], ${sql.placeholder("toldClients")}::text[],
        ${sql.placeholder("toldMs")}::bigint[]) as told (task_id, client_code, due_ms)
      join task on task.id = told.task_id`,
  };
  return prepared({
    create: () =>
      orm
        .with(...Object.entries(parts).map(([name, part]) => orm.$with(name, {}).as(part)))
        .select({
          newNonces: sql<number>`(select count(*)::integer from used_nonce)`,
          got: sql<string[]>`array(select key from got)`,
        })
        .from(sql`(select) as once`)
        .prepare("create_tasks"),
  });
}
