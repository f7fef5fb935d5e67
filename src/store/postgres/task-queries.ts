import { and, eq, inArray, sql } from "drizzle-orm";
import { appending } from "../../db/postgres/event-log.ts";
import { holding, using } from "../../db/postgres/holdings.ts";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { tasks } from "../../db/postgres/tables/tasks.ts";
import { isHeld } from "../../db/postgres/task-changes.ts";
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
        .where(isHeld)
        .prepare("save_progress"),
    saveWarnings: () =>
      orm
        .update(tasks)
        .set({ warnings: sql.placeholder("warnings") })
        .where(isHeld)
        .prepare("save_warnings"),
  });
}

/**
 * The statement that writes a new task with all that is written with it, so that a create is one round trip beside those of its
 * transaction. It says which of the keys of its targets it could hold, and whether its nonce is new: where they are not, roll back.
 */
export function prepareCreate({ orm, prepared }: PostgresDatabase) {
  const nonce = sql.placeholder("nonce");
  // The columns that are left out are null in every new task.
  const insert = () =>
    orm
      .insert(tasks)
      .values({
        id: sql.placeholder("id"),
        clientCode: sql.placeholder("clientCode"),
        profileName: sql.placeholder("profileName"),
        status: sql.placeholder("status"),
        priority: sql.placeholder("priority"),
        createMs: sql.placeholder("createMs"),
        attempt: sql.placeholder("attempt"),
        failures: sql.placeholder("failures"),
        cancelRequested: sql.placeholder("cancelRequested"),
        eventSequence: sql.placeholder("eventSequence"),
        attempts: sql.placeholder("attempts"),
        targets: sql.placeholder("targets"),
        sourceUrl: sql.placeholder("sourceUrl"),
        isLive: sql.placeholder("isLive"),
        needs: sql.placeholder("needs"),
        timeoutSeconds: sql.placeholder("timeoutSeconds"),
        metadata: sql.placeholder("metadata"),
        clip: sql.placeholder("clip"),
        extras: sql.placeholder("extras"),
        notification: sql.placeholder("notification"),
        customProfiles: sql.placeholder("customProfiles"),
        // As JSON already.
        assignments: sql`${sql.placeholder("assignments")}::json`,
        requestId: sql.placeholder("requestId"),
        traceParent: sql.placeholder("traceParent"),
      })
      .returning({ seq: tasks.seq });
  const parts = {
    used_nonce: sql`insert into nonces (client_code, nonce, expires_ms)
      select ${sql.placeholder("nonceClient")}::text, ${nonce}::text,
        ${sql.placeholder("expiresMs")}::bigint
      where ${nonce}::text is not null on conflict do nothing returning 1`,
    got: holding(sql`task`),
    used: using(sql`task`),
    appended: appending(sql`task`),
    told: sql`insert into notifications (task_seq, client_code, sequence, due_ms, fence)
      select task.seq, ${sql.placeholder("clientCode")}::text, 0,
        ${sql.placeholder("toldMs")}::bigint, 0
      from task where ${sql.placeholder("isNotified")}::boolean`,
  };
  return prepared({
    create: () => {
      const task = orm.$with("task").as(insert());
      const others = Object.entries(parts).map(([name, part]) => orm.$with(name, {}).as(part));
      return orm
        .with(task, ...others)
        .select({
          seq: task.seq,
          isNonceNew: sql<boolean>`exists (select from used_nonce)`,
          got: sql<string[]>`array(select key from got)`,
        })
        .from(task)
        .prepare("create_task");
    },
  });
}
