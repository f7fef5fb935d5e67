import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { openSqlite } from "#sqlite";
import type { Orm } from "./connection.ts";
import { GroupCommit } from "./group-commit.ts";
import { migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations.gen.ts";
import { prepared } from "./prepared.ts";
import { isBusy, translateSqliteError } from "./sqlite-errors.ts";

/** An open database. Prepare queries on `orm` by `prepared`, run them inside `read` and `write`. */
export type Database = {
  readonly orm: Orm;

  /** Queries by name, each prepared when it is first asked for. */
  readonly prepared: typeof prepared;

  /** Runs synchronous queries that change nothing. @throws {TaskError} `service_unavailable` */
  read<T>(queries: () => T): Promise<T>;

  /**
   * Runs synchronous statements, all or nothing, in the transaction of this turn of the event loop. They may run
   * twice, with the first run rolled back, so they must change nothing but the database.
   *
   * @returns what they return, once it is on disk
   * @throws what they throw, or {TaskError} `service_unavailable`
   */
  write<T>(statements: () => T): Promise<T>;

  /** Checks whether writes succeed, by a small commit that changes nothing. @throws {TaskError} `service_unavailable` */
  checkWritable(): Promise<void>;

  /** Commits what is waiting and closes the file; later writes are refused. */
  close(): void;
};

/** How long a process waits for another that holds the file, and how long between two tries if SQLite itself does not wait. */
const BUSY_MS_MAX = 5000;
const BUSY_AGAIN_MS = 10;

/**
 * `busy_timeout`: how long a writer waits for another process (ms); a commit takes a few.
 * `synchronous`: FULL syncs every commit, as an acknowledged task must survive a power cut.
 * `wal_autocheckpoint`: the log is moved into the file every 8000 pages (32 MiB), so that a page written often is moved once.
 * `cache_size`: 32 MiB at most, so that an idle service stays small; the system caches the rest of the file.
 * `mmap_size`: that rest is read without a system call. At 1M tasks a GET takes 1.65 x the time at 1k, without it 2 x (bench rows). The
 * pages count as resident, but belong to the system, which takes them back when it needs them.
 */
const PRAGMAS = [
  `PRAGMA busy_timeout = ${BUSY_MS_MAX}`,
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
  "PRAGMA wal_autocheckpoint = 8000",
  "PRAGMA temp_store = MEMORY",
  "PRAGMA cache_size = -32768",
  "PRAGMA mmap_size = 1073741824",
];

/**
 * Opens a database and brings it to the newest schema; makes the file and its folder if they are missing. Several
 * processes may have the same file open.
 *
 * @param path - of a file, or `:memory:`
 * @throws {Error} if it cannot be opened, or a newer version of this program made it
 */
export function openDatabase(path: string): Database {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
  const connection = openSqlite(path);
  for (const pragma of PRAGMAS) onceFree(() => connection.execute(pragma));
  migrate(connection, MIGRATIONS);
  const commits = new GroupCommit(connection);
  // Writes the version that is there already, which still writes a page of the file.
  const touch = connection.prepare(`PRAGMA user_version = ${MIGRATIONS.length}`);
  return {
    orm: connection.orm,
    prepared,
    read: async (queries) => {
      try {
        return queries();
      } catch (error) {
        throw translateSqliteError(error);
      }
    },
    write: (statements) => commits.write(statements),
    checkWritable: () => commits.write(touch),
    close: () => {
      commits.close();
      connection.close();
    },
  };
}

/**
 * Repeats a statement while another process holds the file. SQLite does not wait by itself when two processes turn a new file to
 * WAL together: that takes a read lock to an exclusive one, for which SQLite does not call its busy handler.
 *
 * @see https://sqlite.org/c3ref/busy_handler.html
 */
function onceFree(run: () => void): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const endMs = performance.now() + BUSY_MS_MAX;
  for (;;) {
    try {
      run();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= endMs) throw error;
      Atomics.wait(cell, 0, 0, BUSY_AGAIN_MS);
    }
  }
}
