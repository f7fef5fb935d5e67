import { and, asc, count, desc, eq, lte, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { tasks } from "../db/schema.ts";
import { reopenTargets } from "../db/targets.ts";
import { closeAttempt, isHeld, TaskChanges } from "../db/task-changes.ts";
import { TASK_COLUMNS, type TaskRow, taskOf } from "../db/task-row.ts";
import type { Claim, Failure } from "../task/task.ts";
import type { Pulse, Queue, QueueListener, Work, Worker } from "./queue.ts";

/** Limits of a queue and its clock. */
export type SqliteQueueOptions = {
  /** ms since the epoch */
  readonly now: () => number;
  /** How long a claim lasts without a heartbeat. */
  readonly leaseMs: number;
  /** Runs that may fail by the loss of their worker before the task is given up. */
  readonly attemptsMax: number;
};

/** Why and how a run ended without an end of its task. */
type Return = {
  readonly failure: Failure;
  readonly notBeforeMs: number;
  readonly failures: number;
};

/** The queue of one machine: the table of tasks itself. Workers of other processes on the same file are welcome. */
export class SqliteQueue implements Queue {
  readonly #database: Database;
  readonly #options: SqliteQueueOptions;
  readonly #changes: TaskChanges;
  readonly #queries;
  readonly #counts;
  readonly #listeners = new Set<QueueListener>();

  constructor(database: Database, options: SqliteQueueOptions) {
    this.#database = database;
    this.#options = options;
    this.#changes = new TaskChanges(database, options.now);
    this.#queries = prepareQueries(database);
    this.#counts = prepareCounts(database);
  }

  async claim(worker: Worker): Promise<Work | undefined> {
    // An idle worker asks often: it must not take the lock of all writers to learn that there is nothing.
    const dueMs = await this.nextDueMs();
    if (dueMs === undefined || dueMs > this.#options.now()) return undefined;
    return this.#database.write(() => {
      const nowMs = this.#options.now();
      this.#queries.makeReady.run({ nowMs });
      const row = this.#queries.head.get();
      return row && this.#start(row, worker, nowMs);
    });
  }

  async heartbeat({ taskId, attempt }: Claim): Promise<Pulse> {
    return this.#database.write(() => {
      const leaseUntilMs = this.#options.now() + this.#options.leaseMs;
      const held = this.#queries.heartbeat.get({ taskId, attempt, leaseUntilMs });
      if (!held) return "lost";
      return held.cancelRequested ? "cancel_requested" : "held";
    });
  }

  async giveBack(
    claim: Claim,
    reason: { readonly failure: Failure; readonly notBeforeMs: number; readonly counts: boolean },
  ): Promise<void> {
    await this.#database.write(() => {
      const row = this.#changes.held(claim);
      this.#putBack(row, { ...reason, failures: row.failures + (reason.counts ? 1 : 0) });
    });
  }

  async takeOver(workerId: string): Promise<number> {
    return this.#recover(() => this.#queries.ofWorker.all({ workerId }));
  }

  async expireLeases(): Promise<number> {
    return this.#recover(() => this.#queries.expired.all({ nowMs: this.#options.now() }));
  }

  async nextDueMs(): Promise<number | undefined> {
    return this.#database.read(() => {
      if (this.#queries.anyReady.get()) return this.#options.now();
      return this.#queries.nextWaiting.get()?.dueMs ?? undefined;
    });
  }

  async depth(): Promise<{ readonly pending: number; readonly running: number }> {
    return this.#database.read(() => ({
      pending: (this.#counts.ready.get()?.tasks ?? 0) + (this.#counts.waiting.get()?.tasks ?? 0),
      running: this.#counts.running.get()?.tasks ?? 0,
    }));
  }

  announceWork(): void {
    for (const listener of this.#listeners) listener.onWork();
  }

  announceCancel(taskId: string): void {
    for (const listener of this.#listeners) listener.onCancel(taskId);
  }

  listen(listener: QueueListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #start(row: typeof tasks.$inferSelect, worker: Worker, nowMs: number): Work {
    const attempt = row.attempt + 1;
    const change = {
      status: "RUNNING",
      startMs: row.startMs ?? nowMs,
      attempt,
      workerId: worker.id,
      leaseUntilMs: nowMs + this.#options.leaseMs,
      engine: worker.engine,
      attempts: [...row.attempts, { attempt, startMs: nowMs, engine: worker.engine }],
    } as const;
    const started = this.#changes.save(row, change, { type: "started" });
    return {
      claim: { taskId: row.id, attempt },
      task: taskOf(started),
      assignments: row.assignments,
      failures: row.failures,
    };
  }

  #putBack(row: TaskRow, { failure, notBeforeMs, failures }: Return): void {
    if (row.cancelRequested) {
      this.#changes.end(row, { status: "CANCELLED", runFailure: failure });
      return;
    }
    const nowMs = this.#options.now();
    const change = {
      status: "PENDING",
      notBeforeMs: notBeforeMs > nowMs ? notBeforeMs : null,
      failures,
      workerId: null,
      leaseUntilMs: null,
      progress: null,
      attempts: closeAttempt(row.attempts, nowMs, failure),
      targets: reopenTargets(row.targets),
    } as const;
    // The next run begins anew: how far this one came is told by its event alone.
    const progress = row.progress ?? undefined;
    this.#changes.save(row, change, { type: "given_back", failure, ...(progress && { progress }) });
  }

  /** Puts back the tasks of workers that are gone, or ends them. */
  async #recover(find: () => readonly TaskRow[]): Promise<number> {
    const isNone = await this.#database.read(() => find().length === 0);
    if (isNone) return 0;
    return this.#database.write(() => {
      const rows = find();
      for (const row of rows) this.#recoverOne(row);
      return rows.length;
    });
  }

  #recoverOne(row: TaskRow): void {
    const detail = `Cannot go on with attempt ${row.attempt}: its worker was lost`;
    const failure = { code: "worker_lost", detail } as const;
    const failures = row.failures + 1;
    if (failures < this.#options.attemptsMax || row.cancelRequested)
      this.#putBack(row, { failure, failures, notBeforeMs: 0 });
    else this.#changes.end(row, { status: "FAILED", failure });
  }
}

// Conditions of partial indexes are literal text: SQLite does not use such an index for a parameter.
const isReady = sql`status = 'PENDING' and not_before_ms is null`;
const isWaiting = sql`status = 'PENDING' and not_before_ms is not null`;
const isRunning = sql`status = 'RUNNING'`;

function prepareQueries({ orm, prepared }: Database) {
  const nowMs = sql.placeholder("nowMs");
  const byUrgency = [desc(tasks.priority), asc(tasks.seq)] as const;
  return prepared({
    makeReady: () =>
      orm
        .update(tasks)
        .set({ notBeforeMs: null })
        .where(and(isWaiting, lte(tasks.notBeforeMs, nowMs)))
        .prepare(),
    head: () =>
      orm
        .select()
        .from(tasks)
        .where(isReady)
        .orderBy(...byUrgency)
        .limit(1)
        .prepare(),
    anyReady: () => orm.select({ seq: tasks.seq }).from(tasks).where(isReady).limit(1).prepare(),
    nextWaiting: () =>
      orm
        .select({ dueMs: tasks.notBeforeMs })
        .from(tasks)
        .where(isWaiting)
        .orderBy(asc(tasks.notBeforeMs))
        .limit(1)
        .prepare(),
    heartbeat: () =>
      orm
        .update(tasks)
        .set({ leaseUntilMs: sql.placeholder("leaseUntilMs") })
        .where(isHeld)
        .returning({ cancelRequested: tasks.cancelRequested })
        .prepare(),
    ofWorker: () =>
      orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(and(isRunning, eq(tasks.workerId, sql.placeholder("workerId"))))
        .prepare(),
    expired: () =>
      orm
        .select(TASK_COLUMNS)
        .from(tasks)
        .where(and(isRunning, lte(tasks.leaseUntilMs, nowMs)))
        .prepare(),
  });
}

function prepareCounts({ orm, prepared }: Database) {
  const counted = (table: SQL, isMeant: SQL | undefined) => () =>
    orm.select({ tasks: count() }).from(table).where(isMeant).prepare();
  return prepared({
    ready: counted(sql`tasks indexed by tasks_ready`, isReady),
    waiting: counted(sql`tasks indexed by tasks_waiting`, isWaiting),
    running: counted(sql`tasks indexed by tasks_leases`, isRunning),
  });
}
