import { sql } from "drizzle-orm";
import { index, integer, json, pgTable, primaryKey } from "drizzle-orm/pg-core";
import type { DeliveryState, Hold } from "../../../task/notification.ts";
import { big, place, word } from "../columns.ts";

/** Targets of ended tasks that are still to be cleared up. A row outlives its task, which may be deleted meanwhile. */
export const leftovers = pgTable(
  "leftovers",
  {
    seq: place(),
    taskId: word("task_id").notNull(),
    /** The last that the task had: what newer ones make is not touched. */
    attempt: integer().notNull(),
    url: word().notNull(),
    /** As in `active_targets`. */
    key: word().notNull(),
    tries: integer().notNull(),
    notBeforeMs: big("not_before_ms").notNull(),
  },
  (table) => [
    index("leftovers_of_task").on(table.taskId),
    index("leftovers_due").on(table.notBeforeMs),
  ],
);

/** The files of watched folders that have had their task, which may be deleted by now. */
export const watchedFiles = pgTable(
  "watched_files",
  {
    watch: word().notNull(),
    path: word().notNull(),
    version: word().notNull(),
    /** The key of the target of its task. */
    targetKey: word("target_key").notNull(),
    taskId: word("task_id").notNull(),
    /** Since when the file was not found any more, or was another; null while it is there. */
    goneMs: big("gone_ms"),
  },
  (table) => [
    primaryKey({ columns: [table.watch, table.path, table.version] }),
    index("watched_files_by_target").on(table.targetKey),
  ],
);

/** How far the receivers of tasks have been told of them, by the log; one row for each task that has a receiver. No foreign key, as above. */
export const notifications = pgTable(
  "notifications",
  {
    taskSeq: big("task_seq").primaryKey(),
    clientCode: word("client_code").notNull(),
    /** The cursor: all events up to this one have a row in `deliveries`, or are not wanted. */
    sequence: integer().notNull(),
    /** When there is something to do next; null is nothing. */
    dueMs: big("due_ms"),
    /** Why a new event does not change `dueMs`; null is that it does. */
    hold: word().$type<Hold>(),
    /** The fencing token: grows whenever a service takes it. */
    fence: integer().notNull(),
  },
  (table) => [
    index("notifications_due").on(table.clientCode, table.dueMs).where(sql`due_ms is not null`),
  ],
);

/** What became of each event that a receiver is told of. */
export const deliveries = pgTable(
  "deliveries",
  {
    taskSeq: big("task_seq").notNull(),
    /** That of the event. */
    sequence: integer().notNull(),
    state: word().$type<DeliveryState>().notNull(),
    /** From when on it is tried for so long. */
    sinceMs: big("since_ms").notNull(),
    /** How often it was tried since then, and when last. */
    tries: integer().notNull(),
    lastMs: big("last_ms"),
    /** What the last try ended with. */
    httpStatus: integer("http_status"),
    detail: word(),
  },
  (table) => [
    primaryKey({ columns: [table.taskSeq, table.sequence] }),
    index("deliveries_pending").on(table.taskSeq, table.sequence).where(sql`state = 'PENDING'`),
  ],
);

/** Rounds of upkeep that all nodes make together, each a part of them. */
export const rounds = pgTable("rounds", {
  name: word().primaryKey(),
  /** When the last part began. */
  atMs: big("at_ms").notNull(),
  /** Where the next part begins; null is at the beginning. */
  place: json(),
});
