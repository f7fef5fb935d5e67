import { closeSync, fdatasyncSync, fstatSync, openSync } from "node:fs";
import { getLogger } from "@logtape/logtape";
import { TaskError } from "../../task/errors.ts";
import { BUSY_MS_MAX, onceFree } from "../busy.ts";
import type { Connection } from "../connection.ts";
import { writeAgain } from "../wal.ts";
import { type DataSync, shortOrApart } from "./data-sync.ts";

const log = getLogger(["pontus", "db"]);

/** How long after a log could not be mended that is tried again. */
const AGAIN_MS = 1_000;

/**
 * Syncs the write-ahead log of a database, in a thread of the runtime while its disk is slow, so that the event loop goes on meanwhile
 * (`data-sync.ts`): by itself, SQLite syncs within COMMIT. It is left to sync what keeps the file whole: with `synchronous=NORMAL` the
 * log before a checkpoint, the file after that, and the header of a log that begins anew.
 *
 * A committed transaction can be read before it is synced, by every process. So nobody may be told of one, or of what was read,
 * before `sync` or `covering` says so.
 *
 * A sync that fails leaves pages that the system takes for written: the next one succeeds without them. So the pages of the log are
 * then written again, as they were, before anything else is; until that succeeds, the database is in doubt, and nothing is read or
 * written.
 *
 * The descriptor is its own: SQLite locks the file and the index of the log, but never the log, so closing it loses no lock. The log
 * is unlinked by the last connection that closes, or emptied by a checkpoint: it stays the same file while this one is open.
 *
 * @see https://sqlite.org/wal.html#performance_considerations
 * @see https://lwn.net/Articles/752063/ for what a failed sync leaves
 */
export class LogSync {
  readonly #connection: Connection;
  readonly #path: string;
  readonly #file: number;
  readonly #dataSyncOf: DataSync;
  readonly #version: () => unknown;
  #coveredVersion: unknown;
  #doubt: unknown;
  #mending: Promise<void> | undefined;
  #againMs = 0;
  #last = Promise.resolve();
  #next: Promise<void> | undefined;
  /** How many syncs are under way, or are to begin after that. */
  #underWay = 0;
  #isClosed = false;

  private constructor(connection: Connection, path: string, file: number, dataSync: DataSync) {
    this.#connection = connection;
    this.#path = path;
    this.#file = file;
    this.#dataSyncOf = dataSync;
    // Another one whenever another connection has committed.
    this.#version = connection.ask("PRAGMA data_version");
    this.#coveredVersion = this.#version();
  }

  /** For an open connection; undefined where it has no log, or its log cannot be opened: then SQLite goes on to sync it. */
  static open(
    connection: Connection,
    path: string,
    dataSync: DataSync = shortOrApart(),
  ): LogSync | undefined {
    if (connection.value("PRAGMA journal_mode") !== "wal") return undefined;
    // The first read opens the log.
    connection.value("PRAGMA user_version");
    let file: number | undefined;
    try {
      file = openSync(`${path}-wal`, "r+");
      const opened = new LogSync(connection, path, file, dataSync);
      // Of a process that was killed, or still runs: it may not have come to sync.
      if (fstatSync(file).size > 0) fdatasyncSync(file);
      connection.execute("PRAGMA synchronous = NORMAL");
      return opened;
    } catch {
      if (file !== undefined) closeSync(file);
      return undefined;
    }
  }

  /** Whether a sync has failed and the log is not mended yet: `sync` tries that. */
  get isInDoubt(): boolean {
    return this.#doubt !== undefined;
  }

  /** Has everything on disk that was committed so far. @throws {TaskError} `service_unavailable` if that is not sure */
  async sync(): Promise<void> {
    if (!this.isInDoubt) await this.#syncInTurn();
    // Also where this one succeeded, but one before it had not.
    if (!this.isInDoubt) return;
    this.#mending ??= this.#mend().finally(() => {
      this.#mending = undefined;
    });
    await this.#mending;
  }

  /** What has all on disk that can be read now, where another connection may not have come to that; undefined if it is. */
  readonly covering = (): Promise<void> | undefined => {
    const version = this.#version();
    if (version === this.#coveredVersion) return undefined;
    return this.sync().then(() => {
      this.#coveredVersion = version;
    });
  };

  /** The same while everything waits. @throws {TaskError} `service_unavailable`, also where `sync` could still mend it */
  syncNow(): void {
    if (this.#doubt === undefined)
      try {
        fdatasyncSync(this.#file);
        return;
      } catch (error) {
        this.#doubt = error;
      }
    throw this.#refusal(this.#doubt);
  }

  /** Lets go of the log. What is under way ends. */
  close(): void {
    this.#isClosed = true;
    this.#closeFile();
  }

  #closeFile(): void {
    if (this.#isClosed && this.#underWay === 0) closeSync(this.#file);
  }

  /**
   * A sync that begins after those before it, one for all who ask meanwhile. Two at a time would not do: the system tells a file's
   * failure once, so that one could succeed without the pages that the other one is about to tell of.
   */
  #syncInTurn(): Promise<void> {
    if (!this.#next) {
      this.#underWay += 1;
      this.#next = this.#last.then(() => {
        this.#next = undefined;
        return this.#syncApart();
      });
      this.#last = this.#next;
    }
    return this.#next;
  }

  #syncApart(): Promise<void> {
    return new Promise((resolve) =>
      this.#dataSyncOf(this.#file, (error) => {
        this.#underWay -= 1;
        this.#closeFile();
        if (error) this.#fail(error);
        resolve();
      }),
    );
  }

  #fail(error: Error): void {
    this.#doubt = error;
    log.error("Cannot sync the log of the database {path}: {error}", { path: this.#path, error });
  }

  #refusal(cause: unknown): TaskError {
    const message = "Cannot use the database: the disk fails to take its log";
    return new TaskError("service_unavailable", message, { cause });
  }

  /** Sees to it that no other process begins the log anew. @returns how many frames it has */
  #hold(): number {
    const [, frames] = this.#connection.row("PRAGMA wal_checkpoint(NOOP)");
    this.#connection.execute("BEGIN IMMEDIATE");
    return Number(frames);
  }

  async #mend(): Promise<void> {
    const path = this.#path;
    if (this.#isClosed || performance.now() < this.#againMs) throw this.#refusal(this.#doubt);
    try {
      const frames = await onceFree(() => this.#hold(), { limitMs: BUSY_MS_MAX });
      try {
        await writeAgain(path, frames);
      } finally {
        this.#connection.execute("ROLLBACK");
      }
    } catch (error) {
      this.#againMs = performance.now() + AGAIN_MS;
      log.error("Cannot write the log of the database {path} again: {error}", { path, error });
      throw this.#refusal(error);
    }
    this.#doubt = undefined;
    log.warn("The log of the database {path} is on disk after all", { path });
  }
}
