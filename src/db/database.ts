import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { openSqlite } from "#sqlite";
import { onceFree, type Patience } from "./busy.ts";
import { allowVacuum, type Connection, type Orm, vacuumStep } from "./connection.ts";
import { GroupCommit, type GroupCommitOptions } from "./group-commit.ts";
import { LogSync } from "./log/log-sync.ts";
import { reading } from "./log/reading.ts";
import { migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations.gen.ts";
import { prepared, type Question, questionOf, type Statement, statementOf } from "./prepared.ts";
import { isBusy, isDamaged, isFull, translateSqliteError } from "./sqlite-errors.ts";

/** An open database. Prepare queries on `orm` by `prepared`, run them inside `read` and `write`. */
export type Database = {
  readonly orm: Orm;

  /** Queries by name, each prepared when it is first asked for. */
  readonly prepared: typeof prepared;

  /** A statement of a hot path that returns no rows, from what Drizzle builds. */
  readonly statement: (built: Parameters<typeof statementOf>[1]) => Statement;

  /** A query of a hot path that is asked only whether it finds a row. */
  readonly question: (built: Parameters<typeof questionOf>[1]) => Question;

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

  /** Has something done once what is written now is on disk; not at all if it is rolled back. To be called by statements of `write`. It must not throw. */
  readonly afterCommit: (work: () => void) => void;

  /** Has a listener called after each commit of this process; it must be quick and throw nothing. @returns what ends this */
  onCommit(listener: () => void): () => void;

  /** How often statements of `write` were rolled back: what was counted in memory meanwhile counts them, too. */
  readonly undone: () => number;

  /** As `write`; nothing of what the statements delete or replace stays in the files, once no other process reads them. */
  erase<T>(statements: () => T): Promise<T>;

  /** Checks whether writes succeed, by a small commit that changes nothing. @throws {TaskError} `service_unavailable` */
  checkWritable(): Promise<void>;

  /** Gives a few free pages of the file back to the disk, if it has many. @returns how many */
  giveSpaceBack(): Promise<number>;

  /** Commits what is waiting and closes the file; later writes are refused. */
  close(): void;
};

/**
 * `busy_timeout`: SQLite does not wait for another process by itself, as it would stop all calls meanwhile: `busy.ts` does.
 * `synchronous`: FULL syncs every commit, as an acknowledged task must survive a power cut. Once the database is open, `LogSync` does, on Bun.
 * `wal_autocheckpoint`: the log is moved into the file every 8000 pages (32 MiB), so that a page written often is moved once.
 * `cache_size`: 32 MiB at most, so that an idle service stays small; the system caches the rest of the file.
 * `mmap_size`: that rest is read without a system call. At 1M tasks a GET takes 1.65 x the time at 1k, without it 2 x (bench rows). The
 * pages count as resident, but belong to the system, which takes them back when it needs them.
 */
const PRAGMAS = [
  "PRAGMA busy_timeout = 0",
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
  "PRAGMA wal_autocheckpoint = 8000",
  "PRAGMA temp_store = MEMORY",
  "PRAGMA cache_size = -32768",
  "PRAGMA mmap_size = 1073741824",
];

/** How an open database deals with trouble. */
export type DatabaseOptions = Pick<GroupCommitOptions, "busyMs"> & {
  /** Gives the disk back what was kept for the database. @returns whether that was anything */
  readonly makeRoom?: () => boolean;
};

/**
 * Opens a database and brings it to the newest schema; makes the file and its folder if they are missing. Several
 * processes may have the same file open.
 *
 * @param path - of a file, or `:memory:`
 * @throws {Error} if it cannot be opened, another process holds it, or a newer version of this program made it
 */
export function openDatabase(path: string, options: DatabaseOptions = {}): Database {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
  const connection = openSqlite(path);
  try {
    allowVacuum(connection);
    for (const pragma of PRAGMAS) connection.execute(pragma);
    migrate(connection, MIGRATIONS);
    const log = connection.syncsApart ? LogSync.open(connection, path) : undefined;
    return serveDatabase(connection, log, options);
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The same, as soon as no other process holds the file. @throws {TaskError} `service_unavailable` at the end of the patience */
export async function openWhenFree(
  path: string,
  patience: Patience,
  options: DatabaseOptions = {},
): Promise<Database> {
  const open = () => openDatabase(path, options);
  try {
    return await onceFree(() => {
      try {
        return open();
      } catch (error) {
        if (isFull(error) && options.makeRoom?.()) return open();
        throw error;
      }
    }, patience);
  } catch (error) {
    throw translateSqliteError(error);
  }
}

/** How the file of a database stands. */
export type DatabaseStanding = {
  /** `current` and whole, of an `older` or a `newer` schema, `damaged`, or `held` by another process. */
  readonly state: "current" | "older" | "newer" | "damaged" | "held";
  readonly detail: string;
};

/** A larger file is not read whole: that takes minutes. */
const CHECKED_PAGES_MAX = 65_536;

/**
 * Looks at the file of a database, which must be there, without changing anything in it.
 *
 * @throws {Error} if it cannot be opened
 */
export function inspectDatabase(path: string): DatabaseStanding {
  const connection = openSqlite(path);
  try {
    connection.execute("PRAGMA busy_timeout = 1000");
    const applied = Number(connection.value("PRAGMA user_version"));
    if (applied > MIGRATIONS.length) return { state: "newer", detail: "" };
    const isSmall = Number(connection.value("PRAGMA page_count")) <= CHECKED_PAGES_MAX;
    const found = isSmall ? String(connection.value("PRAGMA quick_check(1)")) : "ok";
    if (found !== "ok") return { state: "damaged", detail: found };
    connection.execute("BEGIN IMMEDIATE");
    connection.execute("ROLLBACK");
    return { state: applied < MIGRATIONS.length ? "older" : "current", detail: "" };
  } catch (error) {
    const detail = (error as Error).message;
    if (isBusy(error)) return { state: "held", detail };
    if (isDamaged(error)) return { state: "damaged", detail };
    throw translateSqliteError(error);
  } finally {
    connection.close();
  }
}

function serveDatabase(
  connection: Connection,
  log: LogSync | undefined,
  options: DatabaseOptions,
): Database {
  const { makeRoom } = options;
  // What that gives back first serves to empty the log, whose space can then be used again.
  const release = () => {
    const hasRoom = makeRoom?.() ?? false;
    if (hasRoom) reuseLog(connection);
    return hasRoom;
  };
  const listeners = new Set<() => void>();
  const commits = new GroupCommit(connection, {
    ...options,
    log,
    onCommit: () => {
      for (const listener of listeners) listener();
    },
    makeRoom: (tries) => (tries === 0 && reuseLog(connection)) || release(),
  });
  // Writes the version that is there already, which still writes a page of the file.
  const touch = connection.prepare(`PRAGMA user_version = ${MIGRATIONS.length}`);
  return {
    orm: connection.orm,
    prepared,
    statement: (built) => statementOf(connection, built),
    question: (built) => questionOf(connection, built),
    read: reading(commits, log, options.busyMs),
    write: (statements) => commits.write(statements),
    afterCommit: (work) => commits.afterwards(work),
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    undone: () => commits.undone,
    erase: async (statements) => {
      connection.execute("PRAGMA secure_delete = ON");
      try {
        const value = await commits.write(statements);
        // The log still has the pages as they were. Where the write was refused, nothing of the log may come into the file.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        return value;
      } finally {
        connection.execute("PRAGMA secure_delete = OFF");
      }
    },
    checkWritable: () => commits.write(touch),
    giveSpaceBack: () => commits.write(() => vacuumStep(connection)),
    close: () => {
      commits.close();
      connection.close();
      log?.close();
    },
  };
}

/** Moves the log into the file, so that the next writes use its space again. @returns whether they can */
function reuseLog(connection: Connection): boolean {
  try {
    const isBusy = connection.value("PRAGMA wal_checkpoint(RESTART)");
    return isBusy === 0;
  } catch {
    return false;
  }
}
