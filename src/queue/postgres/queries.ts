import { and, asc, count, desc, eq, getColumns, gt, lte, or, type SQL, sql } from "drizzle-orm";
import { LOCKS } from "../../db/postgres/locks.ts";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { clients } from "../../db/postgres/tables/clients.ts";
import { tasks } from "../../db/postgres/tables/tasks.ts";
import { isHeld, isLazy } from "../../db/postgres/task-changes.ts";
import { TASK_COLUMNS } from "../../db/postgres/task-row.ts";
import { isReady } from "./turn-query.ts";

/** How many tasks of lost workers are put back in one transaction. */
export const LOST_MAX = 100;
/** How many tasks become ready in one transaction. */
const READY_MAX = 1_000;

// Literal text, as `isReady` is.
const isWaiting = sql`status = 'PENDING' and not_before_ms is not null`;
const isRunning = sql`status = 'RUNNING'`;

/** What of a row its entry is made of. */
export const ENTRY_COLUMNS = {
  id: tasks.id,
  clientCode: tasks.clientCode,
  isLive: tasks.isLive,
  needs: tasks.needs,
  priority: tasks.priority,
  attempt: tasks.attempt,
};

/** The statements of a claim. */
export function prepareClaims({ orm, prepared }: PostgresDatabase) {
  const nowMs = sql.placeholder("nowMs");
  const isPast = lte(tasks.notBeforeMs, nowMs);
  const isFar = gt(tasks.notBeforeMs, sql.placeholder("farMs"));
  const due = orm
    .select({ seq: tasks.seq })
    .from(tasks)
    .where(and(isWaiting, or(isPast, isFar)))
    .limit(READY_MAX)
    // A task that is cancelled now is not due.
    .for("no key update", { skipLocked: true });
  return prepared({
    // What it tells is from before it had the lock; whoever had it may have made them ready meanwhile.
    lock: () =>
      orm
        .select({ isAnyDue: sql<boolean>`is_any_due` })
        .from(
          // Each a look at one end of the index: together they would look at all that wait.
          sql`(select exists (select 1 from tasks where ${isWaiting} and ${isPast})
              or exists (select 1 from tasks where ${isWaiting} and ${isFar}) as is_any_due,
            pg_advisory_xact_lock(${sql.raw(String(LOCKS.TURNS))})) as lock`,
        )
        .prepare("lock_turns"),
    makeReady: () =>
      orm
        .update(tasks)
        .set({ notBeforeMs: null })
        .where(sql`seq in (${due})`)
        .returning(ENTRY_COLUMNS)
        .prepare("make_ready"),
    // Whoever has locked one is cancelling it, or has it retried, and adds another entry then. Of a ready one it is asked afterwards: an index of
    // those that are ready would be read whole.
    toClaim: () =>
      orm
        .select({ ...getColumns(tasks), reach: clients.reach })
        .from(tasks)
        .leftJoin(clients, eq(clients.clientCode, tasks.clientCode))
        .where(sql`${tasks.id} = any(${sql.placeholder("ids")}::text[])`)
        .orderBy(desc(tasks.priority), tasks.seq)
        .for("no key update", { of: tasks, skipLocked: true })
        .prepare("tasks_to_claim"),
    waiting: () =>
      orm
        .select({
          isReady: sql<boolean>`is_ready`,
          nextMs: sql<string | null>`next_ms`,
          lastMs: sql<string | null>`last_ms`,
        })
        // One end of an index each.
        .from(
          sql`(select (select client_code from tasks where ${isReady} order by client_code limit 1) is not null as is_ready,
            (select min(not_before_ms) from tasks where ${isWaiting}) as next_ms,
            (select max(not_before_ms) from tasks where ${isWaiting}) as last_ms) as waiting`,
        )
        .prepare("waiting_tasks"),
    heartbeat: () =>
      orm
        .update(tasks)
        .set({ leaseUntilMs: sql.placeholder("leaseUntilMs") })
        .where(and(isHeld, isLazy))
        .returning({ cancelRequested: tasks.cancelRequested })
        .prepare("heartbeat"),
  });
}

/** What operators are told of the queue. */
export function prepareCounts({ orm, prepared }: PostgresDatabase) {
  const counted = (name: string, isMeant: SQL) => () =>
    orm.select({ tasks: count() }).from(tasks).where(isMeant).prepare(name);
  return prepared({
    ready: counted("count_ready", isReady),
    waiting: counted("count_waiting", isWaiting),
    running: counted("count_running", isRunning),
    // One step along an index for each client that has ready tasks: the oldest of each that does not wait for its next try.
    oldest: () =>
      orm
        .select({
          createMs: sql<string>`create_ms`,
          attempts: sql<(typeof tasks.$inferSelect)["attempts"]>`attempts`,
        })
        .from(
          sql`(with recursive ready (client_code) as (
              select (select min(client_code) from tasks where ${isReady})
              union all
              select (select min(client_code) from tasks where ${isReady} and client_code > ready.client_code)
                from ready where client_code is not null)
            select oldest.* from ready cross join lateral (
              select seq, create_ms, attempts from tasks where client_code = ready.client_code and ${isReady}
              order by create_ms, seq limit 1) as oldest
            order by oldest.seq limit 1) as oldest`,
        )
        .prepare("oldest_ready"),
  });
}

/** The tasks of workers that are gone, locked; those that someone else has locked are not lost. */
export function prepareLost({ orm, prepared }: PostgresDatabase) {
  const lost =
    (name: string, condition: SQL, ...order: readonly SQL[]) =>
    () =>
      orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(and(isRunning, condition))
        .orderBy(...order, tasks.seq)
        .limit(LOST_MAX)
        .for("update", { skipLocked: true })
        .prepare(name);
  return prepared({
    ofWorker: lost("lost_of_worker", eq(tasks.workerId, sql.placeholder("workerId"))),
    // Among what runs, by an index of that; in an order that is of no index, along which all tasks would be looked at.
    expired: lost(
      "expired_leases",
      lte(tasks.leaseUntilMs, sql.placeholder("nowMs")),
      asc(tasks.leaseUntilMs),
    ),
    // Likewise: an index of leases would be written by each heartbeat.
    firstLease: () =>
      orm
        .select({ untilMs: sql<string | null>`until_ms` })
        .from(sql`(select min(lease_until_ms) as until_ms from tasks where ${isRunning}) as first`)
        .prepare("first_lease"),
  });
}
