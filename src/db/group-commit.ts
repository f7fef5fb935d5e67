import { TaskError } from "../task/errors.ts";
import { BUSY_MS_MAX, pauseMs } from "./busy.ts";
import type { Connection } from "./connection.ts";
import type { LogSync } from "./log/log-sync.ts";
import { isBusy, isFull, translateSqliteError, unwritten } from "./sqlite-errors.ts";

/** Settles a caller's promise, after the commit. */
type Settle = () => void;

/** The writes of one caller: all or nothing, independent of the others in the batch. */
type Unit = {
  readonly run: () => Settle;
  readonly refuse: (error: unknown) => void;
  /** When it is refused, on the clock of `performance`; set once another process is found to hold the file. */
  untilMs?: number;
};

/** How many units wait at most while another process holds the file; further ones are refused at once. */
const HELD_UP_MAX = 10_000;

/** How often a batch is tried again where room could be made: by what the log already has, and by the reserve. */
const FULL_TRIES_MAX = 2;

/** The limits of a group commit, and what it can do about a full disk. */
export type GroupCommitOptions = {
  /** How many units one transaction holds at most, so that other work also gets its turn. */
  readonly unitsMax?: number;
  /** How long a unit waits for another process that holds the file. */
  readonly busyMs?: number;
  /** Called after each commit, before its writers hear of it. */
  readonly onCommit?: () => void;
  /** Syncs what was committed, in a thread if that takes long; without it COMMIT does. */
  readonly log?: Pick<LogSync, "sync" | "syncNow" | "isInDoubt"> | undefined;
  /** Makes room on a full disk, after so many tries. @returns whether there is some more now, so that another try may help */
  readonly makeRoom?: (tries: number) => boolean;
};

/**
 * One transaction for everything written in one turn of the event loop: many writers share one fsync, and none
 * hears of success before it. While a thread syncs, the next writes gather, and none of them begins.
 */
export class GroupCommit {
  readonly #unitsMax: number;
  readonly #busyMs: number;
  readonly #onCommit: () => void;
  readonly #makeRoom: (tries: number) => boolean;
  readonly #log: GroupCommitOptions["log"];
  #syncing: Promise<void> | undefined;
  readonly #statements: Record<
    "begin" | "commit" | "rollback" | "open" | "keep" | "undo",
    () => void
  >;
  #waiting: Unit[] = [];
  #isArmed = false;
  #isClosed = false;
  /** How often in a row another process held the file, and the last error that said so. */
  #busyTries = 0;
  #busyCause: unknown;
  #undone = 0;
  /** What the units of this transaction want done once it is on disk. */
  #afterwards: (() => void)[] = [];

  constructor(
    connection: Connection,
    {
      unitsMax = 512,
      busyMs = BUSY_MS_MAX,
      onCommit = () => {},
      makeRoom = () => false,
      log,
    }: GroupCommitOptions = {},
  ) {
    this.#unitsMax = unitsMax;
    this.#busyMs = busyMs;
    this.#onCommit = onCommit;
    this.#makeRoom = makeRoom;
    this.#log = log;
    this.#statements = {
      // IMMEDIATE: a unit reads before it writes, and a lock taken at the write could no longer wait for another process.
      begin: connection.prepare("BEGIN IMMEDIATE"),
      commit: connection.prepare("COMMIT"),
      rollback: connection.prepare("ROLLBACK"),
      open: connection.prepare("SAVEPOINT unit"),
      keep: connection.prepare("RELEASE unit"),
      undo: connection.prepare("ROLLBACK TO unit"),
    };
  }

  /**
   * Runs synchronous statements in the transaction of this turn. They may run twice, with the first run rolled back.
   *
   * @returns what they return, after the commit
   * @throws what they throw; then nothing that they wrote is kept
   * @throws {TaskError} `service_unavailable` if the transaction cannot begin or commit
   */
  write<T>(statements: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isClosed) {
        reject(new TaskError("service_unavailable", "Cannot write: the database is closed"));
        return;
      }
      if (this.#busyTries > 0 && this.#waiting.length >= HELD_UP_MAX) {
        reject(
          new TaskError("service_unavailable", "Cannot write: too many wait for the database"),
        );
        return;
      }
      const run = (): Settle => {
        const value = statements();
        if (value instanceof Promise)
          throw new TypeError("Cannot write: the statements go on after their transaction");
        return () => resolve(value);
      };
      this.#waiting.push({ run, refuse: reject });
      this.#arm();
    });
  }

  /** Has something done once what is written now is on disk, before its writers hear of that; not at all if it is rolled back. To be called by statements. It must not throw. */
  afterwards(work: () => void): void {
    this.#afterwards.push(work);
  }

  /** How often statements were rolled back that had run, or may have. */
  get undone(): number {
    return this.#undone;
  }

  /** While what was committed last is being synced, so that nobody may be told of it yet; settles after that. */
  get syncing(): Promise<void> | undefined {
    return this.#syncing;
  }

  /** Commits what is waiting and refuses later writes. */
  close(): void {
    this.#isClosed = true;
    // What is being synced ends beside that.
    this.#syncing = undefined;
    while (this.#waiting.length > 0) this.#flush();
  }

  #arm(): void {
    // Whatever is waiting when a sync ends is armed then.
    if (this.#isArmed || this.#syncing) return;
    this.#isArmed = true;
    const flush = () => {
      this.#isArmed = false;
      this.#flush();
    };
    if (this.#busyTries === 0) setImmediate(flush);
    else setTimeout(flush, pauseMs(this.#busyTries));
  }

  #flush(): void {
    if (this.#syncing) return;
    const batch = this.#waiting.splice(0, this.#unitsMax);
    if (batch.length === 0) return;
    // Nothing is written upon what may not be on disk.
    if (this.#log?.isInDoubt) this.#onDisk(batch, () => this.#again(batch));
    else this.#begin(batch);
  }

  #begin(batch: readonly Unit[]): void {
    const settled = this.#commit(batch);
    if (!settled) {
      this.#putOff(batch);
      return;
    }
    this.#busyTries = 0;
    const afterwards = this.#afterwards.splice(0);
    this.#onDisk(batch, () => {
      this.#onCommit();
      for (const settle of settled) settle();
      // Still before those who wait for the promises.
      for (const work of afterwards) work();
    });
  }

  /** Goes on once all that was committed is on disk; refuses the units of a batch if it does not get there. */
  #onDisk(batch: readonly Unit[], goOn: () => void): void {
    const refuse = (cause: unknown): void => this.#end(() => refuseAll(batch, cause));
    if (this.#log && !this.#isClosed) {
      this.#syncing = this.#log.sync().then(() => this.#end(goOn), refuse);
      return;
    }
    try {
      this.#log?.syncNow();
    } catch (cause) {
      refuse(cause);
      return;
    }
    this.#end(goOn);
  }

  #again(batch: readonly Unit[]): void {
    this.#waiting.unshift(...batch);
    this.#arm();
  }

  /** Ends a batch, after which the next may begin. */
  #end(tell: () => void): void {
    this.#syncing = undefined;
    if (this.#waiting.length > 0) this.#arm();
    tell();
  }

  /** What settles the units; undefined if another process holds the file, so that nothing has happened. */
  #commit(batch: readonly Unit[], tries = 0): readonly Settle[] | undefined {
    try {
      return this.#runTogether(batch) ?? this.#runApart(batch);
    } catch (cause) {
      this.#rollBack();
      if (isBusy(cause) && !this.#isClosed) {
        this.#busyCause = cause;
        return undefined;
      }
      if (isFull(cause) && tries < FULL_TRIES_MAX && this.#makeRoom(tries))
        return this.#commit(batch, tries + 1);
      const error = unwritten(cause);
      return batch.map((unit) => () => unit.refuse(error));
    }
  }

  /** Has units wait until the file is free, in their order, and refuses those that have waited for too long. */
  #putOff(batch: readonly Unit[]): void {
    const nowMs = performance.now();
    const waiting = [...batch, ...this.#waiting];
    for (const unit of waiting) unit.untilMs ??= nowMs + this.#busyMs;
    const isLate = ({ untilMs = nowMs }: Unit) => untilMs <= nowMs;
    this.#waiting = waiting.filter((unit) => !isLate(unit));
    this.#busyTries += 1;
    if (this.#waiting.length > 0) this.#arm();
    else this.#busyTries = 0;
    const error = unwritten(this.#busyCause);
    for (const unit of waiting.filter(isLate)) unit.refuse(error);
  }

  /** The fast path, which nearly always works. Returns undefined if a unit threw; then nothing is written. */
  #runTogether(batch: readonly Unit[]): readonly Settle[] | undefined {
    this.#statements.begin();
    let settled: readonly Settle[];
    try {
      settled = batch.map((unit) => unit.run());
    } catch {
      this.#rollBack();
      return undefined;
    }
    this.#statements.commit();
    return settled;
  }

  /** Runs the batch again, each unit in a savepoint, so that one that throws undoes only itself. A savepoint costs as much as its writes. */
  #runApart(batch: readonly Unit[]): readonly Settle[] {
    this.#statements.begin();
    const settled = batch.map((unit) => this.#runOne(unit));
    this.#statements.commit();
    return settled;
  }

  #runOne(unit: Unit): Settle {
    this.#statements.open();
    const before = this.#afterwards.length;
    try {
      const settle = unit.run();
      this.#statements.keep();
      return settle;
    } catch (error) {
      this.#undo(error, before);
      return () => unit.refuse(translateSqliteError(error));
    }
  }

  /** @param before - how much was to be done afterwards when the unit began */
  #undo(reason: unknown, before: number): void {
    this.#undone += 1;
    this.#afterwards.length = before;
    try {
      this.#statements.undo();
      this.#statements.keep();
    } catch {
      // SQLite has rolled back the whole transaction, as it may on a full disk: the whole batch fails for this unit's reason.
      throw reason;
    }
  }

  #rollBack(): void {
    this.#undone += 1;
    this.#afterwards.length = 0;
    try {
      this.#statements.rollback();
    } catch {
      // There is no transaction: BEGIN failed, or SQLite has rolled it back itself.
    }
  }
}

function refuseAll(batch: readonly Unit[], cause: unknown): void {
  const error = unwritten(cause);
  for (const unit of batch) unit.refuse(error);
}
