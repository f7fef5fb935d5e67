import type { Queue, Work, Worker } from "../../src/queue/queue.ts";
import type { ErrorCode } from "../../src/task/errors.ts";
import { TaskError, toTaskError } from "../../src/task/errors.ts";
import type { Claim, Failure } from "../../src/task/task.ts";
import { afterRun } from "../../src/worker/loop/after-run.ts";
import { ClaimLoop } from "../../src/worker/loop/claim-loop.ts";
import { every } from "../../src/worker/loop/every.ts";
import { HEARTBEATS, type HeldRun, keepLeases } from "../../src/worker/loop/leases.ts";
import type { RetryLimits } from "../../src/worker/retry.ts";
import type { DatabaseModel } from "./database-model.ts";
import type { MemoryFleet } from "./memory/memory-fleet.ts";
import { type Living, NEVER, type VirtualTime } from "./virtual-time.ts";

/** What all workers of a simulation share. */
export type WorkerParts = {
  readonly time: VirtualTime;
  readonly database: DatabaseModel;
  readonly fleet: MemoryFleet;
  readonly leaseMs: number;
  readonly retries: RetryLimits;
  /** How long this run takes, and why it fails; no code is that it goes well. */
  readonly runOf: (claim: Claim) => { readonly runMs: number; readonly fails?: ErrorCode };
  /** Told of what a run has cost, whatever became of it. */
  readonly onRun: (clientCode: string, ms: number) => void;
};

const OUTPUT = { sizeBytes: 1_000, durationSeconds: 1, container: "mp4", bitrateBps: 8_000 };
/** How often a run writes its progress, and the lines of its encoder. */
const PROGRESS_MS = 1_000;
const LOG_MS = 2_000;

/** A run that has begun. */
type Run = HeldRun & { readonly stopped: Promise<void>; reason: unknown };

/**
 * A worker: the product's own loops of claims and leases, and its judgement of what becomes of a task, on virtual time. Only its runs are made up: each
 * takes a time, then goes well or fails.
 */
export class SimWorker implements Living {
  isDead = false;
  readonly self: Worker;
  readonly slots: number;
  /** Among all, by chance; the first few are keepers. */
  readonly place: number;
  readonly #parts: WorkerParts;
  readonly #queue: Queue;
  readonly #runs = new Set<Run>();
  readonly #loop: ClaimLoop;
  readonly #stopping = new AbortController();
  #isBeating = false;
  #keepsFromMs = Number.POSITIVE_INFINITY;

  constructor(
    self: Worker,
    { slots, place }: { readonly slots: number; readonly place: number },
    queue: (who: SimWorker) => Queue,
    parts: WorkerParts,
  ) {
    this.self = self;
    this.slots = slots;
    this.place = place;
    this.#parts = parts;
    this.#queue = queue(this);
    this.#loop = new ClaimLoop({
      queue: this.#queue,
      self,
      freeSlots: () => slots - this.#runs.size,
      begin: (work) => void this.#carryOut(work),
      stopping: this.#stopping.signal,
      now: parts.time.now,
      pause: parts.time.pauseOf(this),
    });
  }

  get running(): number {
    return this.#runs.size;
  }

  /** Whether it looks after what is of nobody; one that begins to do so spares all leases for a while, as it knows nothing of the time before. */
  get isKeeper(): boolean {
    return this.#parts.time.now() >= this.#keepsFromMs;
  }

  /** Says whether it is one of those that do. */
  keeps(isKeeper: boolean): void {
    const { time, leaseMs } = this.#parts;
    if (!isKeeper) this.#keepsFromMs = Number.POSITIVE_INFINITY;
    else if (this.#keepsFromMs === Number.POSITIVE_INFINITY)
      this.#keepsFromMs = time.now() + leaseMs;
  }

  start(): void {
    this.#queue.listen({
      onWork: () => {
        if (this.#runs.size < this.slots) this.#loop.wake();
      },
      onCancel: () => {},
    });
    void this.#loop.run();
  }

  /** As `kill -9` does. */
  die(): void {
    this.isDead = true;
    this.#stopping.abort();
  }

  /** While something runs. What idle workers ask meanwhile, whether leases have run out, is charged for all of them together. */
  async #beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    const { time, leaseMs } = this.#parts;
    const isOver = () => this.isDead || this.#runs.size === 0;
    const until = { isOver, wake: NEVER, pause: time.pauseOf(this) };
    await every(leaseMs / HEARTBEATS, () => this.#keepLeases(), until);
    this.#isBeating = false;
  }

  async #keepLeases(): Promise<void> {
    if ((await keepLeases([...this.#runs], this.#queue)) > 0) this.#loop.wake();
  }

  async #carryOut(work: Work): Promise<void> {
    const { time, onRun } = this.#parts;
    const stop = Promise.withResolvers<void>();
    const run: Run = {
      claim: work.claim,
      stopped: stop.promise,
      reason: undefined,
      abort: (reason) => {
        run.reason ??= reason;
        stop.resolve();
      },
    };
    this.#runs.add(run);
    void this.#beat();
    const beganMs = time.now();
    const failures = await this.#run(run).then(
      () => [],
      (error: unknown) =>
        [toTaskError(error)].map(({ code, message }) => ({ code, detail: message })),
    );
    onRun(work.task.clientCode, time.now() - beganMs);
    await this.#record(work, failures).catch(() => {});
    this.#runs.delete(run);
    this.#loop.wake();
  }

  /** @throws {TaskError} why it failed */
  async #run(run: Run): Promise<void> {
    const { time, database, fleet, runOf } = this.#parts;
    const { claim } = run;
    const { runMs, fails } = runOf(claim);
    await database.call("target", this);
    fleet.saveTarget(claim, 0, { status: "RUNNING" });
    const beganMs = time.now();
    await time.pauseOf(this)(runMs, run.stopped);
    const ranMs = time.now() - beganMs;
    // Each phase is told of, too.
    database.charge("progress", 2 + Math.floor(ranMs / PROGRESS_MS));
    database.charge("log", 1 + Math.floor(ranMs / LOG_MS));
    if (run.reason) throw run.reason;
    if (fails) throw new TaskError(fails, "Cannot go on: it is to fail");
    await database.call("publish", this);
    await database.call("target", this);
    fleet.saveTarget(claim, 0, { status: "SUCCESS", output: OUTPUT });
  }

  async #record(
    { claim, task, failures: before }: Work,
    failures: readonly Failure[],
  ): Promise<void> {
    const { time, database, fleet, retries } = this.#parts;
    const after = afterRun(failures, { task, failures: before, nowMs: time.now() }, retries);
    if (after.does === "end") {
      await database.call("finish", this);
      fleet.finish(claim, after.outcome);
    }
    if (after.does === "giveBack") await this.#queue.giveBack(claim, after.reason);
  }
}
