import { rm } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { HardwareState } from "../engine/engine.ts";
import { isAnyLive } from "../plan/live/places.ts";
import type { Work } from "../queue/queue.ts";
import { insist } from "../service/insist.ts";
import { TaskError, toTaskError } from "../task/errors.ts";
import type { Failure, Outcome } from "../task/task.ts";
import { tellFailure } from "../task/tell-failure.ts";
import { Rest } from "./fleet/rest.ts";
import { recordingsOf } from "./live/sweep-recordings.ts";
import { afterRun } from "./loop/after-run.ts";
import { ClaimLoop } from "./loop/claim-loop.ts";
import { every } from "./loop/every.ts";
import { cancelled, HEARTBEATS, keepLeases } from "./loop/leases.ts";
import { Run } from "./run.ts";
import type { RunPorts } from "./run-ports.ts";
import { limitMsOf, runTask } from "./run-task.ts";
import type { WorkerDeps, WorkerOptions } from "./worker-parts.ts";

const log = getLogger(["pontus", "worker"]);

/** How often dead neighbours are looked for. */
const RECOVERY_MS = 5_000;
/** How often what ended tasks have left is cleared up. */
const SWEEP_MS = 2_000;

type Running = { readonly run: Run; done: Promise<void> };

/** Claims tasks, runs as many as it has slots, and keeps their leases. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #options: WorkerOptions;
  readonly #ports: RunPorts;
  /** Two may be of one task: a run that lost its lease, until it has ended, and the one that took it up again. */
  readonly #running = new Set<Running>();
  /** Aborted when nothing more must be claimed. */
  readonly #stopping = new AbortController();
  /** Resolved when all runs have ended: leases are kept until then. */
  readonly #drained = Promise.withResolvers<void>();
  #isDrained = false;
  readonly #loop: ClaimLoop;
  /** On a single machine there is nobody to leave tasks to. */
  readonly #rest: Rest | undefined;
  #claiming = Promise.resolve();
  #upkeep: readonly Promise<void>[] = [];
  #unlisten = () => {};

  constructor(deps: WorkerDeps, options: WorkerOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#ports = {
      ...deps,
      sourceTimeoutMs: options.live.sourceTimeoutMs,
      insist: (write, signal) => this.#insist(write, signal),
    };
    const { queue, engine, now, helper } = deps;
    const { id, abilities } = options;
    this.#rest = options.abilities && new Rest(() => performance.now());
    this.#loop = new ClaimLoop({
      queue,
      self: { id, engine: engine.name, ...(abilities && { abilities }) },
      freeSlots: () => (deps.mayClaim() && !this.#rest?.isOn ? this.#freeSlots : 0),
      begin: (work) => this.#begin(work),
      ...(helper && { spare: (wake) => helper.take(wake) }),
      stopping: this.#stopping.signal,
      now,
    });
  }

  /** How many tasks run now. */
  get running(): number {
    return this.#running.size;
  }

  /** How many may run at once. */
  get slots(): number {
    return this.#options.slots;
  }

  /** How the device of hardware encoders stands; undefined if none is wanted here. */
  get hardware(): HardwareState | undefined {
    return this.#deps.engine.hardware?.state;
  }

  /** Whether nothing runs, and no task is being taken up. */
  get isIdle(): boolean {
    return this.#running.size + this.#helping === 0 && !this.#loop.isClaiming;
  }

  /** Begins to claim, and to look after what dies or expires. */
  start(): void {
    this.#unlisten = this.#deps.queue.listen({
      // Whoever frees the last slot wakes it, too: while none is free, creates by the thousand would do so for nothing.
      onWork: () => {
        if (this.#freeSlots > 0) this.#loop.wake();
      },
      onCancel: (taskId) => this.#cancel(taskId),
    });
    this.#claiming = this.#loop.run();
    this.#upkeep = [
      this.#every(this.#options.leaseMs / HEARTBEATS, () => this.#keepLeases()),
      this.#every(Math.min(this.#options.leaseMs, RECOVERY_MS), () => this.#recover()),
      this.#every(SWEEP_MS, () => this.#deps.sweep(this.#stopping.signal)),
      this.#every(60_000, () => this.#deps.purge()),
    ];
  }

  /**
   * Ends the run that was taken up last, as the disk is nearly full. Its task is tried again later. Live tasks go on: they cannot be
   * done again, and end their recordings by themselves.
   */
  makeRoom(): void {
    const isFull = new TaskError("scratch_full", "Cannot go on: the disk is full");
    if (this.#deps.helper?.handBack(isFull)) return;
    const runs = [...this.#running].map(({ run }) => run);
    const last = runs.findLast(({ places, signal }) => !signal.aborted && !isAnyLive(places));
    last?.abort(isFull);
  }

  /** Ends the running encoders and gives their tasks back, as `stop` does, and goes on. @returns how many */
  handBack(): number {
    const runs = [...this.#running].map(({ run }) => run).filter(({ signal }) => !signal.aborted);
    const drained = new TaskError(
      "shutdown",
      "Cannot finish this run: the service is being drained",
    );
    for (const run of runs) run.abort(drained);
    this.#deps.helper?.handBack(drained);
    return runs.length;
  }

  /** Claims nothing more, ends the running encoders and gives their tasks back; these runs do not count as failures. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#loop.wake();
    for (const { run } of this.#running)
      run.abort(new TaskError("shutdown", "Cannot finish this run: the service is stopping"));
    // A claim that is under way may still begin a run; `#begin` aborts it.
    await this.#claiming;
    await this.#deps.helper?.stop();
    await Promise.all([...this.#running].map(({ done }) => done));
    this.#isDrained = true;
    this.#drained.resolve();
    await Promise.all(this.#upkeep);
    this.#unlisten();
  }

  get #freeSlots(): number {
    return this.#options.slots - this.#running.size - this.#helping;
  }

  /** How many slots slices of other workers' tasks take. */
  get #helping(): number {
    return this.#deps.helper?.running ?? 0;
  }

  #begin(work: Work): void {
    const run = new Run(work, this.#ports);
    const running: Running = { run, done: Promise.resolve() };
    this.#running.add(running);
    // The worker may have been stopped since the claim.
    if (this.#stopping.signal.aborted)
      run.abort(new TaskError("shutdown", "Cannot begin this run: the service is stopping"));
    running.done = this.#carryOut(run).finally(() => {
      this.#running.delete(running);
      this.#loop.wake();
    });
  }

  /** One run of one task, from its claim to its end; never rejects. */
  async #carryOut(run: Run): Promise<void> {
    const { task, claim, signal } = run;
    const limitMs = limitMsOf(run, this.#options.taskTimeoutMs);
    const late = () =>
      new TaskError("deadline", `Cannot finish in time: the limit is ${(limitMs ?? 0) / 1000} s`);
    const deadline = limitMs && setTimeout(() => run.abort(late()), limitMs);
    log.info("Task {taskId} begins, attempt {attempt}", { ...run.ids, attempt: claim.attempt });
    let errors: readonly unknown[];
    try {
      if (task.cancelRequested) throw cancelled();
      const { scratch, recordings, live, retries } = this.#options;
      const { kept, slicing, results, resumed } = this.#deps;
      const { targetTimeoutMs } = live;
      const { fonts } = this.#options;
      const shared = slicing && { slicing, limitSeconds: (limitMs ?? 0) / 1000 };
      const keeps = { kept, recordings, fonts, shared, results, resumed };
      await runTask(run, { ...keeps, scratch, live: { targetTimeoutMs, retries } });
      errors = run.failuresInOrder;
    } catch (error) {
      errors = [signal.aborted ? signal.reason : error];
    }
    if (deadline) clearTimeout(deadline);
    await this.#end(run, errors);
  }

  /** Records how a run ended, in one commit with its log. */
  async #end(run: Run, errors: readonly unknown[]): Promise<void> {
    const failures = errors.map((error) => this.#told(run, error));
    run.ended(failures[0]);
    // Before its task is given back: it is for others.
    if (failures.some(({ code }) => code === "scratch_full")) this.#rest?.begin();
    if (failures.length === 0) this.#rest?.end();
    const saved = run.saveLog();
    try {
      await this.#insist(() => this.#record(run, failures), this.#stopping.signal);
    } catch (error) {
      // The lease runs out, then the task is claimed again: no task stays RUNNING for ever.
      log.error("Cannot record the end of task {taskId}: {error}", { ...run.claim, error });
    }
    await saved;
  }

  #insist(write: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { now } = this.#deps;
    return insist(write, { now, wake: this.#drained.promise, isOver: () => signal.aborted });
  }

  /** Ends the task, or gives it back for another run. */
  async #record(run: Run, failures: readonly Failure[]): Promise<void> {
    const { claim, task, failedRuns } = run;
    const { queue, now } = this.#deps;
    const failed = { task, failures: failedRuns, nowMs: now() };
    const after = afterRun(failures, failed, this.#options.retries);
    if (after.does === "end") await this.#finish(run, after.outcome);
    if (after.does === "giveBack") await queue.giveBack(claim, after.reason);
  }

  /** Ends a task for good and removes its recordings, which are delivered or not wanted any more. */
  async #finish({ claim, task }: Run, outcome: Outcome): Promise<void> {
    await this.#deps.store.finish(claim, outcome);
    if (this.#options.scratch === undefined) return;
    const kept = join(this.#options.recordings, recordingsOf(task));
    await rm(kept, { recursive: true, force: true });
  }

  #told({ claim: { taskId }, task, decide }: Run, error: unknown): Failure {
    const failure = toTaskError(error);
    const { code, cause } = failure;
    const detail = tellFailure(failure, task.sourceUrl);
    decide(`Ends (${code}): ${detail}`);
    const level = code === "internal" ? "error" : "info";
    log[level]("Run of task {taskId} ended: {code}: {detail}", {
      taskId,
      code,
      detail,
      cause,
    });
    return { code, detail };
  }

  async #keepLeases(): Promise<void> {
    const runs = [...this.#running].map(({ run }) => run);
    if ((await keepLeases(runs, this.#deps.queue)) > 0) this.#loop.wake();
  }

  async #recover(): Promise<void> {
    if ((await this.#deps.recover()) > 0) this.#loop.wake();
  }

  #cancel(taskId: string): void {
    for (const { run } of this.#running) if (run.task.id === taskId) run.abort(cancelled());
    this.#deps.helper?.cancel(taskId);
  }

  #every(intervalMs: number, work: () => Promise<void>): Promise<void> {
    return every(intervalMs, work, {
      isOver: () => this.#isDrained,
      wake: this.#drained.promise,
    });
  }
}
