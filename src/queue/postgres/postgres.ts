import { CHANNEL, WORK } from "../../db/postgres/notices/notices.ts";
import type { PostgresDatabase } from "../../db/postgres/postgres.ts";
import { TaskChanges } from "../../db/postgres/task-changes.ts";
import type { PostgresTaskRow } from "../../db/postgres/task-row.ts";
import type { GivenBack } from "../../task/end-run.ts";
import type { ChangeListener } from "../../task/move.ts";
import type { Claim, Pulse } from "../../task/task.ts";
import { giveBackTask, leaseEnd, loseWorker, pulseOf } from "../../task/transitions.ts";
import type { Queue, QueueListener, Work, Worker } from "../queue.ts";
import type { TurnLimits } from "../turns.ts";
import { Claims, WAIT_MS_MAX } from "./claims.ts";
import type { BossEntries } from "./entries.ts";
import { Mending } from "./mending.ts";
import { Outages } from "./outages.ts";
import { LOST_MAX, prepareClaims, prepareCounts, prepareLost } from "./queries.ts";
import { Turns } from "./turns.ts";
import { WakeUps } from "./wake-ups.ts";

/** The limits and the clock of a queue. */
export type PostgresQueueOptions = {
  /** ms since the epoch, by the database's clock, so that all nodes agree. */
  readonly now: () => number;
  /** How long a claim lasts without a heartbeat. */
  readonly leaseMs: number;
  /** After so many failed runs, a task that loses its worker is FAILED. */
  readonly attemptsMax: number;
  /** Told of each change that is on disk. */
  readonly onChange?: ChangeListener;
  /** How many nodes have a free slot, as far as is known; by default this one alone. */
  readonly idleNodes?: () => number;
  /** Whether this node is one of those that look for leases that are over; by default it is. */
  readonly isKeeper?: () => boolean;
} & Partial<TurnLimits>;

/**
 * The queue of a fleet. Rows of tasks say what a task's state is, `Turns` whose turn it is, and pg-boss which of a client's tasks comes next: the entry
 * is taken in the transaction that makes the row RUNNING.
 */
export class PostgresQueue implements Queue {
  readonly #database: PostgresDatabase;
  readonly #options: PostgresQueueOptions;
  readonly #changes: TaskChanges;
  readonly #turns: Turns;
  readonly #mending: Mending;
  readonly #claims: Claims;
  readonly #outages: Outages;
  readonly #queries;
  readonly #counts;
  readonly #lost;
  readonly #listeners = new Set<QueueListener>();
  readonly #wakeUps: WakeUps;
  #unlisten: (() => void) | undefined;
  /** Whether the last claim found a task: then the next is likely to, too. */
  #isBusy = false;

  constructor(database: PostgresDatabase, entries: BossEntries, options: PostgresQueueOptions) {
    const { runningMax = 0, liveWaitingMax = 0, onChange } = options;
    this.#database = database;
    this.#options = options;
    this.#changes = new TaskChanges(database, { entries, ...(onChange && { onChange }) });
    this.#turns = new Turns(database, { runningMax, liveWaitingMax });
    this.#mending = new Mending(database, entries);
    this.#claims = new Claims(database, {
      entries,
      changes: this.#changes,
      turns: this.#turns,
      mending: this.#mending,
      leaseMs: options.leaseMs,
    });
    this.#outages = new Outages(options.leaseMs);
    this.#queries = prepareClaims(database);
    this.#counts = prepareCounts(database);
    this.#lost = prepareLost(database);
    this.#wakeUps = new WakeUps(() => this.announceWork(), options.idleNodes ?? (() => 1));
  }

  async claim(worker: Worker): Promise<Work | undefined> {
    const [work] = await this.claimMany(worker, 1);
    return work;
  }

  async claimMany(worker: Worker, max: number): Promise<readonly Work[]> {
    // An idle worker asks often, and must not hold up others only to learn that there is no task.
    if (!this.#isBusy) {
      const dueMs = await this.nextDueMs(worker);
      if (dueMs === undefined || dueMs > this.#options.now()) return [];
    }
    const works = await this.#database.write(() =>
      this.#claims.take(worker, max, this.#options.now()),
    );
    this.#isBusy = works.length > 0;
    return works;
  }

  async rehearse(worker: Worker): Promise<void> {
    await this.#database.write(() => this.#claims.rehearse(worker, this.#options.now()));
  }

  async heartbeat({ taskId, attempt }: Claim): Promise<Pulse> {
    return this.#database.alone(async () => {
      const leaseUntilMs = leaseEnd(this.#options.now(), this.#options.leaseMs);
      const [row] = await this.#queries.heartbeat.execute({ taskId, attempt, leaseUntilMs });
      return pulseOf(row);
    });
  }

  async giveBack(claim: Claim, reason: GivenBack): Promise<void> {
    await this.#changes.ofClaim(claim, (row) =>
      giveBackTask(row, claim, reason, this.#options.now()),
    );
  }

  async takeOver(workerId: string): Promise<number> {
    return this.#recover(() => this.#lost.ofWorker.execute({ workerId }));
  }

  async expireLeases(): Promise<number> {
    if (!(this.#options.isKeeper?.() ?? true)) {
      this.#outages.unknown();
      return 0;
    }
    const expired = await this.#expire().catch((error: unknown) => {
      this.#outages.unknown();
      throw error;
    });
    await this.#mending.mendInTime(this.#options.now());
    return expired;
  }

  /** Holds some of the entries and of the rows against each other, the next ones at each call. @returns how many entries were added or removed */
  async mend(): Promise<number> {
    return this.#mending.mend();
  }

  async nextDueMs(worker: Pick<Worker, "id" | "abilities">): Promise<number | undefined> {
    return this.#database.read(async () => {
      const nowMs = this.#options.now();
      const [{ isReady, nextMs, lastMs } = { isReady: false }] =
        await this.#queries.waiting.execute();
      // Whose turn it is takes longer to find out than that it is nobody's, as nearly always where a node is idle.
      if (!isReady) this.#turns.begin();
      else if (await this.#turns.isAny(worker)) return nowMs;
      if (lastMs && Number(lastMs) > nowMs + WAIT_MS_MAX) return nowMs;
      if (!nextMs) return undefined;
      // Idle nodes look for it one after the other, as for what they are told of.
      return Number(nextMs) > nowMs ? Number(nextMs) + this.#wakeUps.pauseMs() : Number(nextMs);
    });
  }

  idleMs(): number {
    return this.#wakeUps.idleMs();
  }

  async depth(): Promise<{ readonly pending: number; readonly running: number }> {
    return this.#database.read(async () => {
      const [ready] = await this.#counts.ready.execute();
      const [waiting] = await this.#counts.waiting.execute();
      const [running] = await this.#counts.running.execute();
      return {
        pending: (ready?.tasks ?? 0) + (waiting?.tasks ?? 0),
        running: running?.tasks ?? 0,
      };
    });
  }

  async oldestDueMs(): Promise<number | undefined> {
    return this.#database.read(async () => {
      const [oldest] = await this.#counts.oldest.execute();
      return oldest && (oldest.attempts.at(-1)?.endMs ?? Number(oldest.createMs));
    });
  }

  /** Only in this process: other nodes are told by the transaction that made the work. */
  announceWork(): void {
    for (const listener of this.#listeners) listener.onWork();
  }

  /** Only in this process, as above. */
  announceCancel(taskId: string): void {
    for (const listener of this.#listeners) listener.onCancel(taskId);
  }

  listen(listener: QueueListener): () => void {
    this.#unlisten ??= this.#database.listen(CHANNEL, (notice) => this.#hear(notice));
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#unlisten?.();
      this.#unlisten = undefined;
      this.#wakeUps.close();
    };
  }

  /** What a transaction of any node tells; an empty notice is that some may have been missed. Cancels that are, heartbeats tell of. */
  #hear(notice: string): void {
    if (notice === "" || notice === WORK) this.#wakeUps.hear();
    else if (notice.startsWith("c ")) this.announceCancel(notice.slice(2));
  }

  async #expire(): Promise<number> {
    const { now } = this.#options;
    let beganMs = performance.now();
    const isSpared = () => this.#outages.spares(performance.now() - beganMs, now());
    // Nearly always there is none: all workers ask, again and again, so that costs no transaction.
    const [first] = await this.#database.read(() => this.#lost.firstLease.execute());
    if (isSpared() || !first?.untilMs || Number(first.untilMs) > now()) return 0;
    beganMs = performance.now();
    return this.#recover(async () => {
      if (isSpared()) return [];
      const rows = await this.#lost.expired.execute({ nowMs: now() });
      beganMs = performance.now();
      return rows;
    });
  }

  /** Puts back or ends the tasks of workers that are gone. */
  async #recover(find: () => Promise<readonly PostgresTaskRow[]>): Promise<number> {
    let recovered = 0;
    for (;;) {
      const found = await this.#database.write(async () => {
        const rows = await find();
        const { attemptsMax, now } = this.#options;
        await this.#changes.saveAll(rows.map((row) => loseWorker(row, attemptsMax, now())));
        return rows.length;
      });
      recovered += found;
      if (found < LOST_MAX) return recovered;
    }
  }
}
