import { rm } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { HardwareState } from "../engine/engine.ts";
import { sleep } from "../lib/sleep.ts";
import { isAnyLive } from "../plan/live/places.ts";
import type { Work } from "../queue/queue.ts";
import { TaskError, toTaskError } from "../task/errors.ts";
import type { Failure, Outcome } from "../task/task.ts";
import { tellFailure } from "../task/tell-failure.ts";
import { insist } from "./insist.ts";
import { recordingsOf } from "./live/sweep-recordings.ts";
import { retryDelayMs } from "./retry.ts";
import { Run } from "./run.ts";
import type { RunPorts } from "./run-ports.ts";
import { limitMsOf, runTask } from "./run-task.ts";
import type { WorkerDeps, WorkerOptions } from "./worker-parts.ts";

const log = getLogger(["pontus", "worker"]);

/** How often dead neighbours are looked for. */
const RECOVERY_MS = 5_000;
/** How often what ended tasks have left is cleared up. */
const SWEEP_MS = 2_000;
/** The longest sleep of an idle worker: a lost wake-up delays a task by this much at most. */
const IDLE_MS_MAX = 5_000;
/** How many tasks are claimed at once: others wait for their turns meanwhile. */
const CLAIMS_MAX = 16;

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
  #wake = Promise.withResolvers<void>();
  #claiming = Promise.resolve();
  #isClaiming = false;
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
    return this.#running.size === 0 && !this.#isClaiming;
  }

  /** Begins to claim, and to look after what dies or expires. */
  start(): void {
    this.#unlisten = this.#deps.queue.listen({
      // Whoever frees the last slot wakes it, too: while none is free, creates by the thousand would do so for nothing.
      onWork: () => {
        if (this.#running.size < this.#options.slots) this.#wake.resolve();
      },
      onCancel: (taskId) => this.#cancel(taskId),
    });
    this.#claiming = this.#claimLoop();
    this.#upkeep = [
      this.#every(this.#options.leaseMs / 3, () => this.#keepLeases()),
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
    const runs = [...this.#running].map(({ run }) => run);
    const last = runs.findLast(({ places, signal }) => !signal.aborted && !isAnyLive(places));
    last?.abort(new TaskError("scratch_full", "Cannot go on: the disk is full"));
  }

  /** Ends the running encoders and gives their tasks back, as `stop` does, and goes on. @returns how many */
  handBack(): number {
    const runs = [...this.#running].map(({ run }) => run).filter(({ signal }) => !signal.aborted);
    for (const run of runs)
      run.abort(new TaskError("shutdown", "Cannot finish this run: the service is being drained"));
    return runs.length;
  }

  /** Claims nothing more, ends the running encoders and gives their tasks back; these runs do not count as failures. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.resolve();
    for (const { run } of this.#running)
      run.abort(new TaskError("shutdown", "Cannot finish this run: the service is stopping"));
    // A claim that is under way may still begin a run; `#begin` aborts it.
    await this.#claiming;
    await Promise.all([...this.#running].map(({ done }) => done));
    this.#isDrained = true;
    this.#drained.resolve();
    await Promise.all(this.#upkeep);
    this.#unlisten();
  }

  async #claimLoop(): Promise<void> {
    const { queue, now } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      this.#wake = Promise.withResolvers();
      let sleepMs = IDLE_MS_MAX;
      try {
        let isMore = true;
        while (isMore && this.#hasFreeSlot()) isMore = await this.#claimSome();
        const dueMs = this.#hasFreeSlot() ? await queue.nextDueMs(this.#options) : undefined;
        if (dueMs !== undefined) sleepMs = Math.min(sleepMs, Math.max(1, dueMs - now()));
      } catch (error) {
        log.error("Cannot claim a task: {error}", { error });
        sleepMs = 1_000;
      }
      await sleep(sleepMs, this.#wake.promise);
    }
  }

  /** @returns whether there was a task to claim */
  async #claimSome(): Promise<boolean> {
    this.#isClaiming = true;
    try {
      const { queue, engine } = this.#deps;
      const { id, abilities } = this.#options;
      const self = { id, engine: engine.name, ...(abilities && { abilities }) };
      const max = Math.min(CLAIMS_MAX, this.#freeSlots);
      const works = (await queue.claimMany?.(self, max)) ?? [await queue.claim(self)];
      for (const work of works) if (work) this.#begin(work);
      return works.some((work) => work !== undefined);
    } finally {
      this.#isClaiming = false;
    }
  }

  get #freeSlots(): number {
    return this.#options.slots - this.#running.size;
  }

  #hasFreeSlot(): boolean {
    return this.#freeSlots > 0 && !this.#stopping.signal.aborted && this.#deps.mayClaim();
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
      this.#wake.resolve();
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
      const { kept } = this.#deps;
      const { targetTimeoutMs } = live;
      const { fonts } = this.#options;
      const host = { scratch, kept, recordings, fonts, live: { targetTimeoutMs, retries } };
      await runTask(run, host);
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
    const codes = failures.map(({ code }) => code);
    if (codes.includes("lease_lost")) return;
    const [failure] = failures;
    if (!failure) return this.#finish(run, { status: "SUCCESS" });
    if (codes.includes("cancelled")) return this.#finish(run, { status: "CANCELLED" });
    if (failure.code === "shutdown")
      return queue.giveBack(claim, { failure, notBeforeMs: now(), counts: false });
    const failed = { task, failures: failedRuns, nowMs: now() };
    const delays = codes.flatMap((code) => retryDelayMs(code, failed, this.#options.retries) ?? []);
    if (delays.length === 0) return this.#finish(run, { status: "FAILED", failure });
    const notBeforeMs = now() + Math.max(...delays);
    return queue.giveBack(claim, { failure, notBeforeMs, counts: true });
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
    await Promise.all([...this.#running].map((running) => this.#keepLease(running)));
    // After the heartbeats, so that a process that was suspended does not expire its own leases.
    if ((await this.#deps.queue.expireLeases()) > 0) this.#wake.resolve();
  }

  async #recover(): Promise<void> {
    if ((await this.#deps.recover()) > 0) this.#wake.resolve();
  }

  async #keepLease({ run }: Running): Promise<void> {
    const pulse = await this.#deps.queue.heartbeat(run.claim);
    if (pulse === "cancel_requested") run.abort(cancelled());
    if (pulse === "lost") run.abort(new TaskError("lease_lost", "Cannot go on: the lease ran out"));
  }

  #cancel(taskId: string): void {
    for (const { run } of this.#running) if (run.task.id === taskId) run.abort(cancelled());
  }

  async #every(intervalMs: number, work: () => Promise<void>): Promise<void> {
    while (!this.#isDrained) {
      await sleep(intervalMs, this.#drained.promise);
      if (this.#isDrained) return;
      await work().catch((error) => log.error("Cannot do periodic upkeep: {error}", { error }));
    }
  }
}

const cancelled = () => new TaskError("cancelled", "The task was cancelled by its client");
