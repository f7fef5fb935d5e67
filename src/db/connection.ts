import type { SQLiteAsyncDatabase } from "drizzle-orm/sqlite-core/async/db";

/** What every driver answers for a statement that returns no rows. */
export type Changes = {
  readonly changes: number | bigint;
  readonly lastInsertRowid: number | bigint;
};

/** Drizzle over a synchronous SQLite driver. Queries of a hot path are prepared once: unprepared ones cost several times more. */
export type Orm = SQLiteAsyncDatabase<"sync", Changes>;

/** An open SQLite file. Each runtime has a driver file (`#sqlite`) that opens one. */
export type Connection = {
  readonly orm: Orm;
  /** Whether a sync in a thread of this runtime costs less than one that everything waits for. */
  readonly syncsApart: boolean;
  /** Runs SQL without parameters. */
  execute(sql: string): void;
  /** The first column of the first row. */
  value(sql: string): unknown;
  /** The first row. */
  row(sql: string): readonly unknown[];
  /** Prepares a query without parameters, to be asked again and again for the first column of its first row. */
  ask(sql: string): () => unknown;
  /** Prepares a statement without parameters, to be run again and again. */
  prepare(sql: string): () => void;
  /** Prepares a statement that returns no rows, to be run with its parameters in order. */
  statement(sql: string): (params: readonly unknown[]) => Changes;
  /** Prepares a query, to be asked with its parameters in order whether it finds a row. */
  question(sql: string): (params: readonly unknown[]) => boolean;
  close(): void;
};

/** `auto_vacuum`: pages that became free are given back to the disk when asked for. */
const INCREMENTAL = 2;
/** Free pages that are kept, for what is written next: an eighth of the file, and at least 16 MiB. */
const KEPT_SHARE = 1 / 8;
const KEPT_PAGES_MIN = 4096;
/** How many pages one transaction gives back: each may have to be filled with one from the end of the file. */
const STEP_PAGES_MAX = 128;

/**
 * Lets a new file give space back later; does nothing to one that has its first page. SQLite can change that only by writing the
 * whole file anew (VACUUM), which `docs/operations.md` leaves to the operator.
 */
export function allowVacuum(connection: Connection): void {
  if (Number(connection.value("PRAGMA page_count")) === 0)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL");
}

/** Gives back a few of the free pages at the end of the file, where there are many. Call it in a transaction. @returns how many */
export function vacuumStep(connection: Connection): number {
  const numberOf = (pragma: string) => Number(connection.value(`PRAGMA ${pragma}`));
  if (numberOf("auto_vacuum") !== INCREMENTAL) return 0;
  const kept = Math.max(KEPT_PAGES_MIN, Math.ceil(numberOf("page_count") * KEPT_SHARE));
  const pages = Math.min(STEP_PAGES_MAX, numberOf("freelist_count") - kept);
  if (pages <= 0) return 0;
  connection.execute(`PRAGMA incremental_vacuum(${pages})`);
  return pages;
}
