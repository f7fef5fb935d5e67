import type { QueueListener, Work, Worker } from "../../../src/queue/queue.ts";
import type { TurnLimits } from "../../../src/queue/turns.ts";
import type { NewTask } from "../../../src/store/store.ts";
import type { GivenBack } from "../../../src/task/end-run.ts";
import type { Transition } from "../../../src/task/move.ts";
import { taskOf } from "../../../src/task/row.ts";
import type { Claim, Outcome, Progress, Pulse, TargetResult } from "../../../src/task/task.ts";
import {
  cancelTask,
  claimTask,
  createTask,
  finishTask,
  giveBackTask,
  leaseEnd,
  leaseLost,
  loseWorker,
  pulseOf,
  reportTarget,
  retryTask,
} from "../../../src/task/transitions.ts";
import type { MemoryRow } from "./ready.ts";
import { type OnChange, Rows, type TableSizes } from "./rows.ts";
import { MemoryTurns } from "./turns.ts";

/** The clock and the limits of a fleet. */
export type MemoryFleetOptions = {
  readonly now: () => number;
  readonly leaseMs: number;
  readonly attemptsMax: number;
  readonly onChange?: OnChange;
  /** Whether tasks that have ended are kept. */
  readonly keepsEnded?: boolean;
} & Partial<TurnLimits>;

/** How many rows the tables have that grow with the work. */
export type MemorySizes = TableSizes & { readonly turns: number };

/** What one node remembers. */
export type MemoryNode = {
  lookedUpTo: string;
  isBusy: boolean;
  readonly listeners: Set<QueueListener>;
};

export const memoryNode = (): MemoryNode => ({
  lookedUpTo: "",
  isBusy: false,
  listeners: new Set(),
});

/**
 * Store and queue of a fleet in memory: the transitions of `src/task`, and turns and entries as those of PostgreSQL are. Each method is one
 * transaction, and none waits for anything.
 */
export class MemoryFleet {
  readonly rows: Rows;
  readonly turns: MemoryTurns;
  readonly #options: MemoryFleetOptions;
  readonly #abilities = new WeakMap<readonly string[], ReadonlySet<string>>();
  /** No lease runs out before. */
  #leasesMs = 0;

  constructor(options: MemoryFleetOptions) {
    const { runningMax = 0, liveWaitingMax = 0, keepsEnded = false, onChange } = options;
    this.#options = options;
    this.rows = new Rows(keepsEnded, onChange);
    const limits = { runningMax, liveWaitingMax };
    this.turns = new MemoryTurns(this.rows.ready, limits, (code) => this.rows.runningOf(code));
  }

  get sizes(): MemorySizes {
    return { ...this.rows.sizes, turns: this.turns.rows };
  }

  /** @param needs - what it needs of a worker */
  create(id: string, task: NewTask, needs = ""): void {
    const { row, events } = createTask(task, id, this.#options.now());
    this.rows.add({ ...row, needs }, task.assignments, events);
  }

  claim(node: MemoryNode, worker: Worker, max: number): readonly Work[] {
    if (!node.isBusy) {
      const dueMs = this.nextDueMs(node, worker);
      if (dueMs === undefined || dueMs > this.#options.now()) return [];
    }
    return this.claimUnderLock(node, worker, max);
  }

  /** What a claim does once it has the lock of turns. */
  claimUnderLock(node: MemoryNode, worker: Worker, max: number): readonly Work[] {
    const works: Work[] = [];
    this.rows.makeReady(this.#options.now());
    while (works.length < max) {
      const work = this.#claimOne(node, worker);
      if (!work) break;
      works.push(work);
    }
    node.isBusy = works.length > 0;
    return works;
  }

  nextDueMs(node: MemoryNode, worker: Pick<Worker, "id" | "abilities">): number | undefined {
    const nowMs = this.#options.now();
    if (this.#next(node, worker)) return nowMs;
    node.lookedUpTo = "";
    return this.rows.nextDueMs(nowMs);
  }

  heartbeat(claim: Claim): Pulse {
    const row = this.rows.held(claim);
    const { now, leaseMs } = this.#options;
    if (row) this.rows.put({ ...row, leaseUntilMs: leaseEnd(now(), leaseMs) });
    return pulseOf(row);
  }

  giveBack(claim: Claim, reason: GivenBack): void {
    this.#save(giveBackTask(this.rows.held(claim), claim, reason, this.#options.now()));
  }

  takeOver(workerId: string): number {
    const lost = this.rows.running.filter((row) => row.workerId === workerId);
    return this.#lose(lost.toSorted((a, b) => a.seq - b.seq));
  }

  expireLeases(): number {
    const nowMs = this.#options.now();
    if (nowMs < this.#leasesMs) return 0;
    const lost = this.#lose(
      this.rows.running
        .filter(({ leaseUntilMs }) => (leaseUntilMs ?? 0) <= nowMs)
        .toSorted((a, b) => (a.leaseUntilMs ?? 0) - (b.leaseUntilMs ?? 0) || a.seq - b.seq),
    );
    const leases = this.rows.running.map(({ leaseUntilMs }) => leaseUntilMs ?? 0);
    // Whoever claims later has a lease that is as long.
    this.#leasesMs = leases.reduce((a, b) => Math.min(a, b), nowMs + this.#options.leaseMs);
    return lost;
  }

  saveProgress(claim: Claim, progress: Progress): void {
    const row = this.rows.held(claim);
    if (!row) throw leaseLost(claim);
    this.rows.put({ ...row, progress });
  }

  saveTarget(claim: Claim, index: number, result: TargetResult): void {
    const row = this.rows.held(claim);
    this.#save(reportTarget(row, claim, index, result, this.#options.now()));
  }

  finish(claim: Claim, outcome: Outcome): void {
    this.#save(finishTask(this.rows.held(claim), claim, outcome, this.#options.now()));
  }

  cancel(id: string): MemoryRow {
    return this.#save(cancelTask(this.rows.get(id), this.#options.now()));
  }

  retry(id: string): MemoryRow {
    const change = retryTask(this.rows.get(id), this.#options.now());
    this.rows.hold(change.row);
    return this.#save(change);
  }

  #claimOne(node: MemoryNode, worker: Worker): Work | undefined {
    const turn = this.#next(node, worker);
    node.lookedUpTo = turn?.lookedUpTo ?? "";
    const row = turn && this.rows.ready.take(turn.queue);
    if (!row) return undefined;
    this.turns.take(turn);
    const { leaseMs, now } = this.#options;
    const started = this.#save(claimTask(row, worker, leaseMs, now()));
    return {
      claim: { taskId: started.id, attempt: started.attempt },
      task: taskOf(started),
      assignments: this.rows.assignmentsOf(started.id),
      failures: started.failures,
      reach: null,
    };
  }

  #next({ lookedUpTo: after }: MemoryNode, { id, abilities }: Pick<Worker, "id" | "abilities">) {
    const { liveWaitingMax = 0 } = this.#options;
    const waits = (row: MemoryRow) =>
      row.workerId === id && row.isLive && (row.progress?.outTimeSeconds ?? 0) === 0;
    const mayBeLive =
      liveWaitingMax === 0 || this.rows.running.filter(waits).length < liveWaitingMax;
    return this.turns.next({ abilities: this.#abilitiesOf(abilities), mayBeLive, after });
  }

  #abilitiesOf(abilities: readonly string[] | undefined): ReadonlySet<string> | null {
    if (!abilities) return null;
    const known = this.#abilities.get(abilities) ?? new Set(abilities);
    this.#abilities.set(abilities, known);
    return known;
  }

  #lose(rows: readonly MemoryRow[]): number {
    const { attemptsMax, now } = this.#options;
    for (const row of rows) this.#save(loseWorker(row, attemptsMax, now()));
    return rows.length;
  }

  #save({ row, isChanged, events }: Transition<MemoryRow>): MemoryRow {
    if (isChanged) this.rows.write(row, events);
    return row;
  }
}
