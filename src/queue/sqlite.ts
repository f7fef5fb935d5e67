import { and, asc, count, desc, eq, gt, lte, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { clients, tasks } from "../db/schema.ts";
import { isHeld, TaskChanges } from "../db/task-changes.ts";
import { type SqliteTaskRow, TASK_COLUMNS } from "../db/task-row.ts";
import type { GivenBack } from "../task/end-run.ts";
import type { ChangeListener } from "../task/move.ts";
import { taskOf } from "../task/row.ts";
import type { Claim, Pulse } from "../task/task.ts";
import { claimTask, giveBackTask, leaseEnd, loseWorker, pulseOf } from "../task/transitions.ts";
import type { Queue, QueueListener, Work, Worker } from "./queue.ts";
import { isReady, type Turn, type TurnLimits, Turns } from "./turns.ts";

/** No task waits so long for its next run: what is due later than this has its time from a clock that was set back since. */
const WAIT_MS_MAX = 3_600_000;

/** The limits and the clock of a queue. */
export type SqliteQueueOptions = {
  /** ms since the epoch */
  readonly now: () => number;
  /** How long a claim lasts without a heartbeat. */
  readonly leaseMs: number;
  /** After so many failed runs, a task that loses its worker is FAILED. */
  readonly attemptsMax: number;
  /** Told of each change that is on disk. */
  readonly onChange?: ChangeListener;
} & Partial<TurnLimits>;

/** The queue of one machine: the table of tasks itself. Workers of several processes may share one file. */
export class SqliteQueue implements Queue {
  readonly #database: Database;
  readonly #options: SqliteQueueOptions;
  readonly #changes: TaskChanges;
  readonly #turns: Turns;
  readonly #queries;
  readonly #counts;
  readonly #lost;
  readonly #listeners = new Set<QueueListener>();

  constructor(database: Database, options: SqliteQueueOptions) {
    this.#database = database;
    this.#options = options;
    this.#changes = new TaskChanges(database, options.onChange);
    const { runningMax = 0, liveWaitingMax = 0 } = options;
    this.#turns = new Turns(database, { runningMax, liveWaitingMax });
    this.#queries = prepareQueries(database);
    this.#counts = prepareCounts(database);
    this.#lost = prepareLost(database);
  }

  async claim(worker: Worker): Promise<Work | undefined> {
    // An idle worker asks often, and must not take the write lock only to learn that there is no task.
    const dueMs = await this.nextDueMs(worker);
    if (dueMs === undefined || dueMs > this.#options.now()) return undefined;
    return this.#database.write(() => {
      const nowMs = this.#options.now();
      this.#queries.makeReady.run({ nowMs });
      this.#queries.makeFarReady.run({ farMs: nowMs + WAIT_MS_MAX });
      const turn = this.#turns.next(worker.id);
      const row = turn && this.#headOf(turn);
      if (!turn || !row) return undefined;
      this.#turns.take(turn);
      const { leaseMs } = this.#options;
      const started = this.#changes.save(claimTask(row, worker, leaseMs, nowMs));
      return {
        claim: { taskId: started.id, attempt: started.attempt },
        task: taskOf(started),
        assignments: started.assignments,
        failures: started.failures,
        reach: this.#queries.reachOf.get({ clientCode: started.clientCode })?.reach ?? null,
      };
    });
  }

  async heartbeat({ taskId, attempt }: Claim): Promise<Pulse> {
    return this.#database.write(() => {
      const leaseUntilMs = leaseEnd(this.#options.now(), this.#options.leaseMs);
      return pulseOf(this.#queries.heartbeat.get({ taskId, attempt, leaseUntilMs }));
    });
  }

  async giveBack(claim: Claim, reason: GivenBack): Promise<void> {
    await this.#database.write(() => {
      const row = this.#changes.held(claim);
      this.#changes.save(giveBackTask(row, claim, reason, this.#options.now()));
    });
  }

  async takeOver(workerId: string): Promise<number> {
    return this.#recover(() => this.#lost.ofWorker.all({ workerId }));
  }

  async expireLeases(): Promise<number> {
    return this.#recover(() => this.#lost.expired.all({ nowMs: this.#options.now() }));
  }

  async nextDueMs({ id }: Pick<Worker, "id">): Promise<number | undefined> {
    return this.#database.read(() => {
      const nowMs = this.#options.now();
      if (this.#turns.isAny(id)) return nowMs;
      const { nextMs, lastMs } = this.#queries.waiting.get() ?? {};
      return lastMs && lastMs > nowMs + WAIT_MS_MAX ? nowMs : (nextMs ?? undefined);
    });
  }

  async depth(): Promise<{ readonly pending: number; readonly running: number }> {
    return this.#database.read(() => ({
      pending: (this.#counts.ready.get()?.tasks ?? 0) + (this.#counts.waiting.get()?.tasks ?? 0),
      running: this.#counts.running.get()?.tasks ?? 0,
    }));
  }

  async oldestDueMs(): Promise<number | undefined> {
    return this.#database.read(() => {
      const { seq } = this.#counts.oldest.get() ?? {};
      const oldest = seq ? this.#counts.waitedSince.get({ seq }) : undefined;
      return oldest && (oldest.attempts.at(-1)?.endMs ?? oldest.createMs);
    });
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

  /** The most urgent task of a client whose turn it is. */
  #headOf({ clientCode, mayBeLive }: Turn) {
    // As numbers: `node:sqlite` binds no booleans.
    const file = this.#queries.head.get({ clientCode, isLive: 0 });
    const live = mayBeLive ? this.#queries.head.get({ clientCode, isLive: 1 }) : undefined;
    if (!file || !live) return file ?? live;
    const isLiveFirst =
      live.priority > file.priority || (live.priority === file.priority && live.seq < file.seq);
    return isLiveFirst ? live : file;
  }

  /** Puts back or ends the tasks of workers that are gone. */
  async #recover(find: () => readonly SqliteTaskRow[]): Promise<number> {
    const isNone = await this.#database.read(() => find().length === 0);
    if (isNone) return 0;
    return this.#database.write(() => {
      const rows = find();
      const { attemptsMax, now } = this.#options;
      for (const row of rows) this.#changes.save(loseWorker(row, attemptsMax, now()));
      return rows.length;
    });
  }
}

// Literal text, as `isReady` is.
const isWaiting = sql`status = 'PENDING' and not_before_ms is not null`;
const isRunning = sql`status = 'RUNNING'`;

function prepareQueries({ orm, prepared }: Database) {
  const nowMs = sql.placeholder("nowMs");
  const makeReady = (isDue: SQL) => () =>
    orm.update(tasks).set({ notBeforeMs: null }).where(and(isWaiting, isDue)).prepare();
  const byUrgency = [desc(tasks.priority), asc(tasks.seq)] as const;
  return prepared({
    reachOf: () =>
      orm
        .select({ reach: clients.reach })
        .from(clients)
        .where(eq(clients.clientCode, sql.placeholder("clientCode")))
        .prepare(),
    // Each looks at one end of the index; together they would walk it, at each claim.
    makeReady: makeReady(lte(tasks.notBeforeMs, nowMs)),
    makeFarReady: makeReady(gt(tasks.notBeforeMs, sql.placeholder("farMs"))),
    head: () =>
      orm
        .select()
        .from(tasks)
        .where(
          and(
            isReady,
            eq(tasks.clientCode, sql.placeholder("clientCode")),
            eq(tasks.isLive, sql.placeholder("isLive")),
          ),
        )
        .orderBy(...byUrgency)
        .limit(1)
        .prepare(),
    waiting: () =>
      orm
        .select({ nextMs: sql<number | null>`next_ms`, lastMs: sql<number | null>`last_ms` })
        // As above: one end of the index each.
        .from(
          sql`(select (select min(not_before_ms) from tasks where ${isWaiting}) as next_ms,
            (select max(not_before_ms) from tasks where ${isWaiting}) as last_ms)`,
        )
        .prepare(),
    heartbeat: () =>
      orm
        .update(tasks)
        .set({ leaseUntilMs: sql.placeholder("leaseUntilMs") })
        .where(isHeld)
        .returning({ cancelRequested: tasks.cancelRequested })
        .prepare(),
  });
}

function prepareCounts({ orm, prepared }: Database) {
  const counted = (table: SQL, isMeant: SQL | undefined) => () =>
    orm.select({ tasks: count() }).from(table).where(isMeant).prepare();
  return prepared({
    ready: counted(sql`tasks indexed by tasks_ready`, isReady),
    // The index has the order of creation in it.
    oldest: () =>
      orm
        .select({ seq: sql<number | null>`min(seq)` })
        .from(sql`tasks indexed by tasks_ready`)
        .where(isReady)
        .prepare(),
    waitedSince: () =>
      orm
        .select({ createMs: tasks.createMs, attempts: tasks.attempts })
        .from(tasks)
        .where(eq(tasks.seq, sql.placeholder("seq")))
        .prepare(),
    waiting: counted(sql`tasks indexed by tasks_waiting`, isWaiting),
    running: counted(sql`tasks indexed by tasks_leases`, isRunning),
  });
}

/** The tasks of workers that are gone. */
function prepareLost({ orm, prepared }: Database) {
  return prepared({
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
        .where(and(isRunning, lte(tasks.leaseUntilMs, sql.placeholder("nowMs"))))
        .prepare(),
  });
}
