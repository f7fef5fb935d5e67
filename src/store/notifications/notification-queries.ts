import { and, asc, eq, gt, lte, type SQL, sql } from "drizzle-orm";
import type { Database } from "../../db/database.ts";
import { deliveries, events, notifications, tasks } from "../../db/schema.ts";
import { TASK_COLUMNS } from "../../db/task-row.ts";

const taskSeq = sql.placeholder("taskSeq");
const sequence = sql.placeholder("sequence");
const nowMs = sql.placeholder("nowMs");
const limit = sql.placeholder("limit");

/** The statements of `SqliteNotificationStore`, each prepared on first use. */
export function prepareNotificationQueries(database: Database) {
  return {
    cursor: prepareCursor(database),
    log: prepareLog(database),
    deliveries: prepareDeliveries(database),
  };
}

/** Those about the row that a task with a receiver has. */
function prepareCursor({ orm, prepared }: Database) {
  const isOf = eq(notifications.taskSeq, taskSeq);
  const isDue = and(sql`due_ms is not null`, lte(notifications.dueMs, nowMs));
  const change = (set: Record<string, SQL | null>, where: SQL | undefined) =>
    orm.update(notifications).set(set).where(where).prepare();
  return prepared({
    anyDue: () =>
      orm
        .select({ taskSeq: notifications.taskSeq })
        .from(notifications)
        .where(isDue)
        .limit(1)
        .prepare(),
    // By the index alone, one step a client.
    nextClient: () =>
      orm
        .select({ clientCode: sql<string | null>`min(client_code)` })
        .from(notifications)
        .where(
          and(sql`due_ms is not null`, gt(notifications.clientCode, sql.placeholder("clientCode"))),
        )
        .prepare(),
    due: () =>
      orm
        .select()
        .from(notifications)
        .where(and(eq(notifications.clientCode, sql.placeholder("clientCode")), isDue))
        .orderBy(asc(notifications.dueMs))
        .limit(limit)
        .prepare(),
    find: () => orm.select().from(notifications).where(isOf).prepare(),
    task: () => orm.select(TASK_COLUMNS).from(tasks).where(eq(tasks.seq, taskSeq)).prepare(),
    taskById: () =>
      orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(eq(tasks.id, sql.placeholder("id")))
        .prepare(),
    lease: () =>
      change(
        {
          sequence: sql`${sequence}`,
          dueMs: sql`${sql.placeholder("untilMs")}`,
          hold: sql`'lease'`,
          fence: sql`fence + 1`,
        },
        isOf,
      ),
    wait: () =>
      change(
        {
          sequence: sql`${sequence}`,
          dueMs: sql`${sql.placeholder("dueMs")}`,
          hold: sql`${sql.placeholder("hold")}`,
        },
        isOf,
      ),
    stir: () => change({ dueMs: sql`${nowMs}`, hold: null }, and(isOf, sql`hold is not 'lease'`)),
  });
}

/** Those about what is delivered. */
function prepareDeliveries({ orm, prepared }: Database) {
  const isOf = and(eq(deliveries.taskSeq, taskSeq), eq(deliveries.sequence, sequence));
  return prepared({
    head: () =>
      orm
        .select()
        .from(deliveries)
        .where(and(eq(deliveries.taskSeq, taskSeq), sql`state = 'PENDING'`))
        .orderBy(asc(deliveries.sequence))
        .limit(1)
        .prepare(),
    add: () =>
      orm
        .insert(deliveries)
        .values({
          taskSeq,
          sequence,
          state: "PENDING",
          sinceMs: sql.placeholder("sinceMs"),
          tries: 0,
        })
        .prepare(),
    tried: () =>
      orm
        .update(deliveries)
        .set({
          state: sql`${sql.placeholder("state")}`,
          tries: sql`tries + 1`,
          lastMs: sql`${nowMs}`,
          httpStatus: sql`${sql.placeholder("httpStatus")}`,
          detail: sql`${sql.placeholder("detail")}`,
        })
        .where(isOf)
        .prepare(),
    again: () =>
      orm
        .update(deliveries)
        .set({ state: "PENDING", sinceMs: sql`${nowMs}`, tries: 0 })
        .where(isOf)
        .prepare(),
  });
}

/** Those about the events that a receiver is told of, and what became of them. */
function prepareLog({ orm, prepared }: Database) {
  const isWanted = sql`${events.type} in (select value from json_each(${sql.placeholder("types")}))`;
  const isAfter = and(eq(events.taskSeq, taskSeq), gt(events.sequence, sequence), isWanted);
  return prepared({
    nextWanted: () =>
      orm
        .select({ sequence: events.sequence, timeMs: events.timeMs })
        .from(events)
        .where(isAfter)
        .orderBy(asc(events.sequence))
        .limit(1)
        .prepare(),
    list: () =>
      orm
        .select({
          sequence: events.sequence,
          type: events.type,
          timeMs: events.timeMs,
          state: deliveries.state,
          tries: deliveries.tries,
          lastMs: deliveries.lastMs,
          httpStatus: deliveries.httpStatus,
          detail: deliveries.detail,
        })
        .from(events)
        .leftJoin(
          deliveries,
          and(eq(deliveries.taskSeq, events.taskSeq), eq(deliveries.sequence, events.sequence)),
        )
        .where(isAfter)
        .orderBy(asc(events.sequence))
        .limit(limit)
        .prepare(),
  });
}
