import type { SQLiteAsyncDatabase } from "drizzle-orm/sqlite-core/async/db";

/** What a statement that returns no rows tells, on every driver. */
type Changes = { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };

/** Drizzle over a synchronous SQLite driver. Queries of a hot path are prepared once: the others cost several times more. */
export type Orm = SQLiteAsyncDatabase<"sync", Changes>;

/** An open SQLite file, as each runtime's driver file (`#sqlite`) makes it. */
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
