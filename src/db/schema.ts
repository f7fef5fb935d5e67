import { sql } from "drizzle-orm";
import {
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import type { Reach } from "../lib/reach.ts";
import type { Assignment, Profile } from "../profile/profile.ts";
import type { DeliveryState, Hold, Notification } from "../task/notification.ts";
import type { StoredTarget, TaskRow } from "../task/row.ts";
import type {
  Attempt,
  Clip,
  EngineName,
  Failure,
  Progress,
  TargetStatus,
  TaskEvent,
  TaskStatus,
} from "../task/task.ts";
import type { Warning } from "../task/warnings.ts";

/**
 * Tasks. What is always read and written together with its task (targets, attempts) is a JSON column, so that one insert
 * creates a task and one select reads it.
 *
 * The partial indexes are used only by queries that contain the same condition as literal text, not as a parameter.
 */
export const tasks = sqliteTable(
  "tasks",
  {
    /** The order of creation; never leaves the service. */
    seq: integer().primaryKey(),
    id: text().notNull(),
    clientCode: text("client_code").notNull(),
    profileName: text("profile_name").notNull(),
    status: text().$type<TaskStatus>().notNull(),
    priority: integer().notNull(),
    createMs: integer("create_ms").notNull(),
    startMs: integer("start_ms"),
    endMs: integer("end_ms"),
    /** Set while a pending task waits for its next try; null as soon as it is due. */
    notBeforeMs: integer("not_before_ms"),
    attempt: integer().notNull(),
    failures: integer().notNull(),
    cancelRequested: integer("cancel_requested", { mode: "boolean" }).notNull(),
    workerId: text("worker_id"),
    leaseUntilMs: integer("lease_until_ms"),
    engine: text().$type<EngineName>(),
    /** The sequence number of its newest event. */
    eventSequence: integer("event_sequence").notNull(),
    failure: text({ mode: "json" }).$type<Failure>(),
    progress: text({ mode: "json" }).$type<Progress>(),
    warnings: text({ mode: "json" }).$type<readonly Warning[]>(),
    attempts: text({ mode: "json" }).$type<readonly Attempt[]>().notNull(),
    targets: text({ mode: "json" }).$type<readonly StoredTarget[]>().notNull(),
    sourceUrl: text("source_url").notNull(),
    isLive: integer("is_live", { mode: "boolean" }).notNull().default(false),
    timeoutSeconds: integer("timeout_seconds"),
    metadata: text({ mode: "json" }).$type<Readonly<Record<string, string>>>(),
    clip: text({ mode: "json" }).$type<Clip>(),
    extras: text({ mode: "json" }).$type<TaskRow["extras"]>(),
    /** Such a task has a row in `notifications`. */
    notification: text({ mode: "json" }).$type<Notification>(),
    customProfiles: text("custom_profiles", { mode: "json" }).$type<readonly string[]>().notNull(),
    assignments: text({ mode: "json" }).$type<readonly Assignment[]>().notNull(),
    /** Of the call that created it, for logs and traces. */
    requestId: text("request_id"),
    traceParent: text("trace_parent"),
  },
  (table) => [
    uniqueIndex("tasks_id").on(table.id),
    // Claims read the head of each client in `ready`; tasks that wait for a later try have an index of their own, so that claims never skip over them.
    index("tasks_ready")
      // The last column is always null here; it lets a count use the index alone.
      .on(table.clientCode, table.isLive, sql`${table.priority} desc`, table.seq, table.notBeforeMs)
      .where(sql`status = 'PENDING' and not_before_ms is null`),
    index("tasks_waiting")
      .on(table.notBeforeMs)
      .where(sql`status = 'PENDING' and not_before_ms is not null`),
    index("tasks_leases").on(table.leaseUntilMs).where(sql`status = 'RUNNING'`),
    index("tasks_workers").on(table.workerId, table.isLive).where(sql`status = 'RUNNING'`),
    index("tasks_running").on(table.clientCode).where(sql`status = 'RUNNING'`),
    // Only tasks that have ended are in it, so it slows no create.
    index("tasks_ended").on(table.endMs).where(sql`end_ms is not null`),
    // So are only those that went wrong in this one, which lists them for all clients. Written as queries can imply it: `in` they cannot.
    index("tasks_unsuccessful")
      .on(table.status, table.id)
      .where(sql`status = 'FAILED' or status = 'CANCELLED'`),
    // Lists read these from their ends, one state at a time. Only two, as each index slows every create. SQLite appends seq.
    index("tasks_by_status").on(table.clientCode, table.status, table.createMs),
    index("tasks_by_profile").on(table.clientCode, table.profileName, table.status, table.createMs),
  ],
);

/** The log of all tasks: `seq` is the order of writing over all of them, `sequence` counts within one. */
export const events = sqliteTable(
  "events",
  {
    seq: integer().primaryKey(),
    taskSeq: integer("task_seq")
      .notNull()
      .references(() => tasks.seq),
    sequence: integer().notNull(),
    timeMs: integer("time_ms").notNull(),
    type: text().$type<TaskEvent["type"]>().notNull(),
    status: text().$type<TaskStatus>().notNull(),
    attempt: integer().notNull(),
    failure: text({ mode: "json" }).$type<Failure>(),
    target: integer(),
    targetStatus: text("target_status").$type<TargetStatus>(),
    progress: text({ mode: "json" }).$type<Progress>(),
  },
  (table) => [uniqueIndex("events_of_task").on(table.taskSeq, table.sequence)],
);

/** What the runs of tasks said, one row an attempt; apart from the tasks, as lists of tasks read none of it. */
export const taskLogs = sqliteTable(
  "task_logs",
  {
    seq: integer().primaryKey(),
    taskSeq: integer("task_seq")
      .notNull()
      .references(() => tasks.seq),
    attempt: integer().notNull(),
    lines: text({ mode: "json" }).$type<readonly string[]>().notNull(),
    decisions: text({ mode: "json" }).$type<readonly string[]>().notNull(),
  },
  (table) => [uniqueIndex("task_logs_of_task").on(table.taskSeq, table.attempt)],
);

/**
 * The targets of unfinished tasks. WITHOUT ROWID (which only the migration can say), so that one tree is written instead of two. No
 * foreign key: without an index of its own, which would slow every create, SQLite would read the table for each task that is deleted.
 */
export const activeTargets = sqliteTable("active_targets", {
  key: text().primaryKey(),
  taskSeq: integer("task_seq").notNull(),
});

/** Targets of ended tasks that are still to be cleared up. A row outlives its task, which may be deleted meanwhile. */
export const leftovers = sqliteTable(
  "leftovers",
  {
    seq: integer().primaryKey(),
    taskId: text("task_id").notNull(),
    /** The last that the task had: what newer ones make is not touched. */
    attempt: integer().notNull(),
    url: text().notNull(),
    /** As in `active_targets`. */
    key: text().notNull(),
    tries: integer().notNull(),
    notBeforeMs: integer("not_before_ms").notNull(),
  },
  (table) => [
    index("leftovers_of_task").on(table.taskId),
    index("leftovers_due").on(table.notBeforeMs),
  ],
);

/** How far the receivers of tasks have been told of them, by the log; one row for each task that has a receiver. No foreign key, as above. */
export const notifications = sqliteTable(
  "notifications",
  {
    taskSeq: integer("task_seq").primaryKey(),
    clientCode: text("client_code").notNull(),
    /** The cursor: all events up to this one have a row in `deliveries`, or are not wanted. */
    sequence: integer().notNull(),
    /** When there is something to do next; null is nothing. */
    dueMs: integer("due_ms"),
    /** Why a new event does not change `dueMs`; null is that it does. */
    hold: text().$type<Hold>(),
    /** The fencing token: grows whenever a service takes it. */
    fence: integer().notNull(),
  },
  (table) => [
    index("notifications_due").on(table.clientCode, table.dueMs).where(sql`due_ms is not null`),
  ],
);

/** What became of each event that a receiver is told of. WITHOUT ROWID, like the targets. */
export const deliveries = sqliteTable(
  "deliveries",
  {
    taskSeq: integer("task_seq").notNull(),
    /** That of the event. */
    sequence: integer().notNull(),
    state: text().$type<DeliveryState>().notNull(),
    /** From when on it is tried for so long. */
    sinceMs: integer("since_ms").notNull(),
    /** How often it was tried since then, and when last. */
    tries: integer().notNull(),
    lastMs: integer("last_ms"),
    /** What the last try ended with. */
    httpStatus: integer("http_status"),
    detail: text(),
  },
  (table) => [
    primaryKey({ columns: [table.taskSeq, table.sequence] }),
    index("deliveries_pending").on(table.taskSeq, table.sequence).where(sql`state = 'PENDING'`),
  ],
);

/** The custom profiles that unfinished tasks use. WITHOUT ROWID, like the targets. */
export const profileUses = sqliteTable(
  "profile_uses",
  {
    clientCode: text("client_code").notNull(),
    profileName: text("profile_name").notNull(),
    taskSeq: integer("task_seq").notNull(),
  },
  (table) => [primaryKey({ columns: [table.clientCode, table.profileName, table.taskSeq] })],
);

/** Nonces of authenticated calls. `seq` is their order of arrival, so that the oldest are purged first without another index. */
export const nonces = sqliteTable(
  "nonces",
  {
    seq: integer().primaryKey(),
    clientCode: text("client_code").notNull(),
    nonce: text().notNull(),
    expiresMs: integer("expires_ms").notNull(),
  },
  // The nonce comes first, as it is what tells two rows apart.
  (table) => [uniqueIndex("nonces_once").on(table.nonce, table.clientCode)],
);

/** Idempotency keys of creates and the tasks that they made; purged like nonces. */
export const idempotencyKeys = sqliteTable(
  "idempotency_keys",
  {
    seq: integer().primaryKey(),
    clientCode: text("client_code").notNull(),
    key: text().notNull(),
    bodyDigest: text("body_digest").notNull(),
    taskId: text("task_id").notNull(),
    expiresMs: integer("expires_ms").notNull(),
  },
  (table) => [uniqueIndex("idempotency_keys_once").on(table.clientCode, table.key)],
);

/** The profiles that clients registered. */
export const profiles = sqliteTable(
  "profiles",
  {
    clientCode: text("client_code").notNull(),
    name: text().notNull(),
    profile: text({ mode: "json" }).$type<Profile>().notNull(),
    createMs: integer("create_ms").notNull(),
  },
  (table) => [primaryKey({ columns: [table.clientCode, table.name] })],
);

/**
 * What clients owe for the slots that they were given; who owes nothing has no row. Of each debt as much is forgiven as the row of the
 * empty code says, which is one of no client. WITHOUT ROWID, like the targets. Shared by all services on this file, like the queue.
 */
export const turns = sqliteTable(
  "turns",
  { clientCode: text("client_code").primaryKey(), debt: integer().notNull() },
  (table) => [index("turns_debt").on(table.debt)],
);

/** Clients of the API. Private keys are stored encrypted, not as digests: checking an HMAC needs the key itself. */
export const clients = sqliteTable(
  "clients",
  {
    clientCode: text("client_code").primaryKey(),
    publicKey: text("public_key").notNull(),
    /** Encrypted if `isSealed`: databases of older builds have it in clear until the next start. */
    privateKey: text("private_key").notNull(),
    isSealed: integer("is_sealed", { mode: "boolean" }).notNull().default(false),
    strongOnly: integer("strong_only", { mode: "boolean" }).notNull(),
    disabled: integer({ mode: "boolean" }).notNull(),
    weight: integer().notNull().default(1),
    /** Null is what the config says. */
    pendingMax: integer("pending_max"),
    runningMax: integer("running_max"),
    requestsPerSecond: integer("requests_per_second"),
    /** Another pair of keys, both null or neither; the private one is encrypted. */
    secondPublicKey: text("second_public_key"),
    secondPrivateKey: text("second_private_key"),
    /** Of its tasks that name no receiver; null is none. */
    notification: text({ mode: "json" }).$type<Notification>(),
    /** What notifications are signed with: one or two, as an encrypted JSON array. */
    webhookSecrets: text("webhook_secrets"),
    /** Null is everything. */
    reach: text({ mode: "json" }).$type<Reach>(),
    admin: integer({ mode: "boolean" }).notNull().default(false),
    /** The record that the config had at the last start, encrypted; null if it had none. What the config changes since is applied. */
    seed: text(),
  },
  (table) => [
    uniqueIndex("clients_public_key").on(table.publicKey),
    index("clients_second_public_key").on(table.secondPublicKey),
  ],
);
