import type { Reach } from "../lib/reach.ts";
import type { Assignment } from "../profile/profile.ts";
import type { GivenBack } from "../task/end-run.ts";
import type { Claim, EngineName, Pulse, Task } from "../task/task.ts";

/** A claimed task with everything that is needed to run it. */
export type Work = {
  readonly claim: Claim;
  readonly task: Task;
  readonly assignments: readonly Assignment[];
  /** How many runs have failed (or took their worker down) since the task was created or retried by its caller. */
  readonly failures: number;
  /** What the task's client may read and write now; null is everything. */
  readonly reach: Reach | null;
};

/** Who claims: an instance of the service, which lives until its process ends. */
export type Worker = {
  readonly id: string;
  readonly engine: EngineName;
  /** What it can do: it is given only tasks that need nothing else. Absent is everything, as on one machine, where calls are judged by the same engine. */
  readonly abilities?: readonly string[];
};

/** Called in this process when something may have changed; only a hint. */
export type QueueListener = {
  readonly onWork: () => void;
  readonly onCancel: (taskId: string) => void;
};

/** Port: who works on which task. Every adapter passes the suite `test/contract/queue.ts`. */
export interface Queue {
  /**
   * Takes a task that is due. Clients take turns by their weights (deficit round robin); among the tasks of the client whose turn it
   * is, the one of the highest priority is taken, then the oldest. A client that has as many tasks running as it may is left out, and
   * live tasks are while as many of this worker wait for their sources as may.
   *
   * The task is RUNNING, with a new attempt and a lease, when this resolves.
   */
  claim(worker: Worker): Promise<Work | undefined>;

  /**
   * Takes several tasks as `claim` does, one after the other, for the price of little more than one. Absent where that saves nothing.
   *
   * @param max - at least 1
   * @returns none if there is none; fewer than `max` does not say that there are no more
   */
  claimMany?(worker: Worker, max: number): Promise<readonly Work[]>;

  /** Does ahead what the first claim would wait for. Takes nothing. Absent where there is nothing of the kind. */
  rehearse?(worker: Worker): Promise<void>;

  /** Extends the lease of a claim. */
  heartbeat(claim: Claim): Promise<Pulse>;

  /**
   * Puts a claimed task back: RUNNING → PENDING, claimable from `notBeforeMs` (since the epoch, within an hour) on; at once if the
   * clock is set back so far that this is further away. If a cancel was requested meanwhile, it ends as CANCELLED instead.
   *
   * @throws {TaskError} `lease_lost`
   */
  giveBack(claim: Claim, reason: GivenBack): Promise<void>;

  /**
   * Puts back all tasks that a dead instance held, due at once. A task that has lost its worker as often as permitted is
   * FAILED (`worker_lost`); one that was to be cancelled is CANCELLED.
   *
   * @returns how many tasks it held
   */
  takeOver(workerId: string): Promise<number>;

  /** The same for every claim whose lease has run out. @returns how many */
  expireLeases(): Promise<number>;

  /** When the next pending task that this worker may take falls due (ms since the epoch); undefined if there is none. */
  nextDueMs(worker: Pick<Worker, "id" | "abilities">): Promise<number | undefined>;

  /** How long an idle worker may sleep before it looks again, in ms, if it hears of nothing; absent is that the worker knows. */
  idleMs?(): number;

  /** How many tasks are pending and running, for `/readyz` and `/metrics`. */
  depth(): Promise<{ readonly pending: number; readonly running: number }>;

  /**
   * Since when the oldest of the tasks that are due has waited (ms since the epoch): since it was created, or since its last run has
   * ended; undefined if none is due.
   */
  oldestDueMs(): Promise<number | undefined>;

  /** Announces new work. */
  announceWork(): void;

  /** Announces that a running task is to stop. */
  announceCancel(taskId: string): void;

  /** @returns a function that ends the subscription */
  listen(listener: QueueListener): () => void;
}
