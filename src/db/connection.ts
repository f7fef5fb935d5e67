import type { SQLiteAsyncDatabase } from "drizzle-orm/sqlite-core/async/db";

/** What every driver answers for a statement that returns no rows. */
type Changes = { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };

/** Drizzle over a synchronous SQLite driver. Queries of a hot path are prepared once: unprepared ones cost several times more. */
export type Orm = SQLiteAsyncDatabase<"sync", Changes>;

/** An open SQLite file. Each runtime has a driver file (`#sqlite`) that opens one. */
export type Connection = {
  readonly orm: Orm;
  /** Runs SQL without parameters. */
  execute(sql: string): void;
  /** The first column of the first row. */
  value(sql: string): unknown;
  /** Prepares a statement without parameters, to be run again and again. */
  prepare(sql: string): () => void;
  close(): void;
};
