import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * The files of watched folders that have had their task, which may be deleted by now. A row is written with the task, and never
 * changed but for `goneMs`. WITHOUT ROWID (which only the migration can say), so that one tree is written instead of two.
 */
export const watchedFiles = sqliteTable(
  "watched_files",
  {
    watch: text().notNull(),
    path: text().notNull(),
    version: text().notNull(),
    /** The key of the target of its task. */
    targetKey: text("target_key").notNull(),
    taskId: text("task_id").notNull(),
    /** Since when the file was not found any more, or was another; null while it is there. */
    goneMs: integer("gone_ms"),
  },
  (table) => [
    primaryKey({ columns: [table.watch, table.path, table.version] }),
    index("watched_files_by_target").on(table.targetKey),
  ],
);
