import { TaskError } from "../task/errors.ts";
import type { Connection } from "./connection.ts";
import { translateSqliteError } from "./sqlite-errors.ts";

/** Settles a caller's promise, after the commit. */
type Settle = () => void;

/** The writes of one caller: all or nothing, independent of the others in the batch. */
type Unit = { readonly run: () => Settle; readonly refuse: (error: unknown) => void };

/**
 * One transaction for everything written in one turn of the event loop: many writers share one fsync, and none
 * hears of success before it.
 */
export class GroupCommit {
  readonly #unitsMax: number;
  readonly #statements: Record<
    "begin" | "commit" | "rollback" | "open" | "keep" | "undo",
    () => void
  >;
  #waiting: Unit[] = [];
  #isArmed = false;
  #isClosed = false;

  /** @param unitsMax - how many units one transaction holds at most, so that other work also gets its turn */
  constructor(connection: Connection, unitsMax = 512) {
    this.#unitsMax = unitsMax;
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

  /** Commits what is waiting and refuses later writes. */
  close(): void {
    this.#isClosed = true;
    while (this.#waiting.length > 0) this.#flush();
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    setImmediate(() => {
      this.#isArmed = false;
      this.#flush();
    });
  }

  #flush(): void {
    const batch = this.#waiting.splice(0, this.#unitsMax);
    if (this.#waiting.length > 0) this.#arm();
    if (batch.length === 0) return;
    for (const settle of this.#commit(batch)) settle();
  }

  #commit(batch: readonly Unit[]): readonly Settle[] {
    try {
      return this.#runTogether(batch) ?? this.#runApart(batch);
    } catch (cause) {
      this.#rollBack();
      const known = translateSqliteError(cause);
      const error =
        known instanceof TaskError
          ? known
          : new TaskError("service_unavailable", "Cannot write: the commit failed", { cause });
      return batch.map((unit) => () => unit.refuse(error));
    }
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
    try {
      const settle = unit.run();
      this.#statements.keep();
      return settle;
    } catch (error) {
      this.#undo(error);
      return () => unit.refuse(translateSqliteError(error));
    }
  }

  #undo(reason: unknown): void {
    try {
      this.#statements.undo();
      this.#statements.keep();
    } catch {
      // SQLite has rolled back the whole transaction, as it may on a full disk: the whole batch fails for this unit's reason.
      throw reason;
    }
  }

  #rollBack(): void {
    try {
      this.#statements.rollback();
    } catch {
      // There is no transaction: BEGIN failed, or SQLite has rolled it back itself.
    }
  }
}
