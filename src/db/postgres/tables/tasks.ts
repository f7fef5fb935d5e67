import { sql } from "drizzle-orm";
import {
  boolean,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { Assignment } from "../../../profile/profile.ts";
import type { Notification } from "../../../task/notification.ts";
import type { StoredTarget, TaskRow } from "../../../task/row.ts";
import type {
  Attempt,
  Clip,
  EngineName,
  Failure,
  Progress,
  TargetStatus,
  TaskEvent,
  TaskStatus,
} from "../../../task/task.ts";
import type { Warning } from "../../../task/warnings.ts";
import { big, place, word } from "../columns.ts";

/**
 * Tasks, as `../schema.ts` has them for SQLite. JSON columns are `json`, not `jsonb`, which would forget the order of a client's fields.
 *
 * The partial indexes are used only by queries that contain the same condition as literal text, not as a parameter.
 */
export const tasks = pgTable(
  "tasks",
  {
    /** The order of creation; never leaves the service. */
    seq: place(),
    id: word().notNull(),
    clientCode: word("client_code").notNull(),
    profileName: word("profile_name").notNull(),
    status: word().$type<TaskStatus>().notNull(),
    priority: integer().notNull(),
    createMs: big("create_ms").notNull(),
    startMs: big("start_ms"),
    endMs: big("end_ms"),
    /** Set while a pending task waits for its next try; null as soon as it is due. */
    notBeforeMs: big("not_before_ms"),
    attempt: integer().notNull(),
    failures: integer().notNull(),
    cancelRequested: boolean("cancel_requested").notNull(),
    workerId: word("worker_id"),
    leaseUntilMs: big("lease_until_ms"),
    engine: word().$type<EngineName>(),
    /** The sequence number of its newest event. */
    eventSequence: integer("event_sequence").notNull(),
    failure: json().$type<Failure>(),
    progress: json().$type<Progress>(),
    warnings: json().$type<readonly Warning[]>(),
    attempts: json().$type<readonly Attempt[]>().notNull(),
    targets: json().$type<readonly StoredTarget[]>().notNull(),
    sourceUrl: word("source_url").notNull(),
    isLive: boolean("is_live").notNull().default(false),
    /** What a worker must be able to do to run it, as `plan/feasible/needs.ts` writes it; an empty text is nothing. */
    needs: word().notNull().default(sql`''`),
    timeoutSeconds: integer("timeout_seconds"),
    metadata: json().$type<Readonly<Record<string, string>>>(),
    clip: json().$type<Clip>(),
    extras: json().$type<TaskRow["extras"]>(),
    /** Such a task has a row in `notifications`. */
    notification: json().$type<Notification>(),
    customProfiles: json("custom_profiles").$type<readonly string[]>().notNull(),
    assignments: json().$type<readonly Assignment[]>().notNull(),
    /** Of the call that created it, for logs and traces. */
    requestId: word("request_id"),
    traceParent: word("trace_parent"),
  },
  (table) => [
    uniqueIndex("tasks_id").on(table.id),
    // Claims read the head of each client in `ready`; tasks that wait for a later try have an index of their own, so that claims never skip over them.
    index("tasks_ready")
      .on(table.clientCode, table.needs, table.isLive, sql`${table.priority} desc`, table.seq)
      .where(sql`status = 'PENDING' and not_before_ms is null`),
    index("tasks_waiting")
      .on(table.notBeforeMs)
      .where(sql`status = 'PENDING' and not_before_ms is not null`),
    // No index has what a heartbeat or progress changes: most of these updates then write no index at all (`bench/fleet-updates.ts`).
    // Leases that have run out are looked for among what runs.
    index("tasks_workers").on(table.workerId, table.isLive).where(sql`status = 'RUNNING'`),
    index("tasks_running").on(table.clientCode).where(sql`status = 'RUNNING'`),
    // Only tasks that have ended are in it, so it slows no create.
    index("tasks_ended").on(table.endMs).where(sql`end_ms is not null`),
    // So are only those that went wrong in this one, which lists them for all clients. Written as queries can imply it: `in` they cannot.
    index("tasks_unsuccessful")
      .on(table.status, table.id)
      .where(sql`status = 'FAILED' or status = 'CANCELLED'`),
    // Lists read these from their ends, one state at a time. Only two, as each index slows every create. Ids grow with every create of a
    // node; places do not, where several are written together.
    index("tasks_by_status").on(table.clientCode, table.status, table.createMs, table.id),
    index("tasks_by_profile").on(
      table.clientCode,
      table.profileName,
      table.status,
      table.createMs,
      table.id,
    ),
  ],
);

/**
 * The log of all tasks: `seq` is the order of writing over all of them, `sequence` counts within one. Transactions commit in another order
 * than they write: readers go as far as all that wrote before them have ended (`events/settled.ts`).
 */
export const events = pgTable(
  "events",
  {
    seq: place(),
    taskSeq: big("task_seq")
      .notNull()
      .references(() => tasks.seq),
    sequence: integer().notNull(),
    timeMs: big("time_ms").notNull(),
    type: word().$type<TaskEvent["type"]>().notNull(),
    status: word().$type<TaskStatus>().notNull(),
    attempt: integer().notNull(),
    failure: json().$type<Failure>(),
    target: integer(),
    targetStatus: word("target_status").$type<TargetStatus>(),
    progress: json().$type<Progress>(),
  },
  (table) => [uniqueIndex("events_of_task").on(table.taskSeq, table.sequence)],
);

/** What the runs of tasks said, one row an attempt; apart from the tasks, as lists of tasks read none of it. */
export const taskLogs = pgTable(
  "task_logs",
  {
    seq: place(),
    taskSeq: big("task_seq")
      .notNull()
      .references(() => tasks.seq),
    attempt: integer().notNull(),
    lines: json().$type<readonly string[]>().notNull(),
    decisions: json().$type<readonly string[]>().notNull(),
  },
  (table) => [uniqueIndex("task_logs_of_task").on(table.taskSeq, table.attempt)],
);

/** The targets of unfinished tasks. No foreign key, which would cost each create a lock. */
export const activeTargets = pgTable("active_targets", {
  key: word().primaryKey(),
  taskSeq: big("task_seq").notNull(),
});

/** The custom profiles that unfinished tasks use. */
export const profileUses = pgTable(
  "profile_uses",
  {
    clientCode: word("client_code").notNull(),
    profileName: word("profile_name").notNull(),
    taskSeq: big("task_seq").notNull(),
  },
  (table) => [primaryKey({ columns: [table.clientCode, table.profileName, table.taskSeq] })],
);
