import { and, asc, eq, gt, type SQL, sql } from "drizzle-orm";
import type { PostgresDatabase } from "../../../db/postgres/postgres.ts";
import { events, tasks } from "../../../db/postgres/tables/tasks.ts";
import { deliveries, notifications } from "../../../db/postgres/tables/upkeep.ts";
import { TASK_COLUMNS } from "../../../db/postgres/task-row.ts";

const taskSeq = sql.placeholder("taskSeq");
const sequence = sql.placeholder("sequence");
const nowMs = sql.placeholder("nowMs");
const limit = sql.placeholder("limit");

/** The statements of `PostgresNotificationStore`, each prepared on first use. */
export function prepareNotificationQueries(database: PostgresDatabase) {
  return {
    cursor: prepareCursor(database),
    tasks: prepareTasks(database),
    log: prepareLog(database),
    deliveries: prepareDeliveries(database),
  };
}

/** Those about the row that a task with a receiver has. */
function prepareCursor({ orm, prepared }: PostgresDatabase) {
  const isOf = eq(notifications.taskSeq, taskSeq);
  const change = (set: Record<string, SQL | null>, name: string) =>
    orm.update(notifications).set(set).where(isOf).prepare(name);
  // Steps along the index from client to client, and a look into it for each: without the offset that were a join with all that is due.
  const codes = sql`with recursive codes (client_code) as (
      select min(client_code) from notifications where due_ms is not null
      union all
      select (select min(client_code) from notifications
        where due_ms is not null and notifications.client_code > codes.client_code)
      from codes where client_code is not null)
    select client_code from codes where exists (select from notifications
      where notifications.client_code = codes.client_code and due_ms is not null and due_ms <= ${nowMs} offset 0)`;
  return prepared({
    dueClients: () =>
      orm
        .select({ clientCode: sql<string>`client_code` })
        .from(sql`(${codes}) as due`)
        .orderBy(sql`client_code`)
        .prepare("notifications_due_clients"),
    // What another node is taking or settling just now is left to it.
    due: () =>
      orm
        .select()
        .from(notifications)
        .where(
          and(
            eq(notifications.clientCode, sql.placeholder("clientCode")),
            sql`due_ms is not null and due_ms <= ${nowMs}`,
          ),
        )
        .orderBy(asc(notifications.dueMs))
        .limit(limit)
        .for("update", { skipLocked: true })
        .prepare("notifications_due"),
    find: () =>
      orm.select().from(notifications).where(isOf).for("update").prepare("notifications_find"),
    lease: () =>
      change(
        {
          sequence: sql`${sequence}`,
          dueMs: sql`${sql.placeholder("untilMs")}`,
          hold: sql`'lease'`,
          fence: sql`fence + 1`,
        },
        "notifications_lease",
      ),
    wait: () =>
      change(
        {
          sequence: sql`${sequence}`,
          dueMs: sql`${sql.placeholder("dueMs")}`,
          hold: sql`${sql.placeholder("hold")}`,
        },
        "notifications_wait",
      ),
    // Whatever holds it, so that it waits for who is settling it: the condition is of the row as it is after that.
    stir: () =>
      change(
        {
          dueMs: sql`case when hold is distinct from 'lease' then ${nowMs}::bigint else due_ms end`,
          hold: sql`case when hold = 'lease' then hold end`,
        },
        "notifications_stir",
      ),
  });
}

/** Those about the tasks themselves. */
const prepareTasks = ({ orm, prepared }: PostgresDatabase) =>
  prepared({
    bySeq: () =>
      orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(eq(tasks.seq, taskSeq))
        .prepare("notifications_task"),
    byId: () =>
      orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(eq(tasks.id, sql.placeholder("id")))
        .prepare("notifications_task_by_id"),
  });

/** Those about what is delivered. */
function prepareDeliveries({ orm, prepared }: PostgresDatabase) {
  const isOf = and(eq(deliveries.taskSeq, taskSeq), eq(deliveries.sequence, sequence));
  return prepared({
    head: () =>
      orm
        .select()
        .from(deliveries)
        .where(and(eq(deliveries.taskSeq, taskSeq), sql`state = 'PENDING'`))
        .orderBy(asc(deliveries.sequence))
        .limit(1)
        .prepare("deliveries_head"),
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
        .prepare("deliveries_add"),
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
        .prepare("deliveries_tried"),
    again: () =>
      orm
        .update(deliveries)
        .set({ state: "PENDING", sinceMs: sql`${nowMs}`, tries: 0 })
        .where(isOf)
        .prepare("deliveries_again"),
  });
}

/** Those about the events that a receiver is told of, and what became of them. */
function prepareLog({ orm, prepared }: PostgresDatabase) {
  const isWanted = sql`${events.type} = any(${sql.placeholder("types")}::text[])`;
  const isAfter = and(eq(events.taskSeq, taskSeq), gt(events.sequence, sequence), isWanted);
  return prepared({
    nextWanted: () =>
      orm
        .select({ sequence: events.sequence, timeMs: events.timeMs })
        .from(events)
        .where(isAfter)
        .orderBy(asc(events.sequence))
        .limit(1)
        .prepare("notifications_next"),
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
        .prepare("notifications_list"),
  });
}
