import { rm } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Engine } from "../engine/engine.ts";
import type { Queue, Work } from "../queue/queue.ts";
import type { Storage } from "../storage/storage.ts";
import type { Outcome, TaskStore } from "../store/store.ts";
import { TaskError, toTaskError } from "../task/errors.ts";
import type { Failure, Progress } from "../task/task.ts";
import type { KeptEncodes } from "./file/kept-encodes.ts";
import { insist } from "./insist.ts";
import type { LiveLimits } from "./live/live-session.ts";
import { retryDelayMs } from "./retry.ts";
import type { Line } from "./run.ts";
import { limitMsOf, runTask } from "./run-task.ts";
import { sleep } from "./sleep.ts";

const log = getLogger(["pontus", "worker"]);

/** How often progress is written for a task, at most. */
const PROGRESS_INTERVAL_MS = 1_000;
/** Longest sleep of an idle worker: a wake-up that got lost costs no more than this. */
const IDLE_MS_MAX = 5_000;

/** The parts a worker works with. */
export type WorkerDeps = {
  readonly queue: Queue;
  readonly store: TaskStore;
  readonly engine: Engine;
  readonly storageOf: (url: string, side: "source" | "target") => Storage;
  readonly kept: KeptEncodes;
  readonly now: () => number;
  /** Removes what has expired; called once a minute. */
  readonly purge: () => Promise<void>;
};

/** The limits a worker keeps. */
export type WorkerOptions = {
  /** This instance, as its claims name it. */
  readonly id: string;
  /** Absolute path of this instance's scratch folder; nothing where there is no disk, and all goes through streams. */
  readonly scratch: string | undefined;
  /** Absolute path of the folder of recordings: each task has one in it, until it has ended. */
  readonly recordings: string;
  /** How many tasks run at once. */
  readonly slots: number;
  readonly leaseMs: number;
  readonly attemptsMax: number;
  /** For one run of a task that names no limit of its own; a live one ends with its source. */
  readonly taskTimeoutMs: number;
  readonly live: LiveLimits;
};

type Running = { readonly work: Work; readonly abort: AbortController; done: Promise<void> };

/** Claims tasks, runs as many as it has slots, and keeps their leases. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #options: WorkerOptions;
  readonly #running = new Map<string, Running>();
  /** Aborted when no more is to be claimed. */
  readonly #stopping = new AbortController();
  /** Resolved when all has ended: leases are kept until then. */
  readonly #drained = Promise.withResolvers<void>();
  #isDrained = false;
  #wake = Promise.withResolvers<void>();
  #claiming = Promise.resolve();
  #upkeep: readonly Promise<void>[] = [];
  #unlisten = () => {};

  constructor(deps: WorkerDeps, options: WorkerOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** How many tasks run now. */
  get running(): number {
    return this.#running.size;
  }

  /** How many may run at once. */
  get slots(): number {
    return this.#options.slots;
  }

  /** Begins to claim. What a dead instance left behind must have been recovered before. */
  start(): void {
    this.#unlisten = this.#deps.queue.listen({
      onWork: () => this.#wake.resolve(),
      onCancel: (taskId) => this.#cancel(taskId),
    });
    this.#claiming = this.#claimLoop();
    this.#upkeep = [
      this.#every(this.#options.leaseMs / 3, () => this.#keepLeases()),
      this.#every(60_000, () => this.#deps.purge()),
    ];
  }

  /** Claims nothing more, ends the running encoders and gives their tasks back, undiminished. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.resolve();
    for (const { abort } of this.#running.values())
      abort.abort(new TaskError("shutdown", "Cannot finish this run: the service is stopping"));
    // A claim that was under way may still begin a run; it is aborted as it begins.
    await this.#claiming;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
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
        while (this.#hasFreeSlot()) {
          const work = await queue.claim({ id: this.#options.id, engine: this.#deps.engine.name });
          if (!work) break;
          this.#begin(work);
        }
        const dueMs = this.#hasFreeSlot() ? await queue.nextDueMs() : undefined;
        if (dueMs !== undefined) sleepMs = Math.min(sleepMs, Math.max(1, dueMs - now()));
      } catch (error) {
        log.error("Cannot claim a task: {error}", { error });
        sleepMs = 1_000;
      }
      await sleep(sleepMs, this.#wake.promise);
    }
  }

  #hasFreeSlot(): boolean {
    return !this.#stopping.signal.aborted && this.#running.size < this.#options.slots;
  }

  #begin(work: Work): void {
    const abort = new AbortController();
    const running: Running = { work, abort, done: Promise.resolve() };
    this.#running.set(work.task.id, running);
    // A stop may have come between the claim and here.
    if (this.#stopping.signal.aborted)
      abort.abort(new TaskError("shutdown", "Cannot begin this run: the service is stopping"));
    running.done = this.#run(work, abort).finally(() => {
      this.#running.delete(work.task.id);
      this.#wake.resolve();
    });
  }

  /** One run of one task, from its claim to its end; never rejects. */
  async #run(work: Work, abort: AbortController): Promise<void> {
    const { task, claim } = work;
    const limitMs = limitMsOf(task, this.#options.taskTimeoutMs);
    const late = () =>
      new TaskError("deadline", `Cannot finish in time: the limit is ${(limitMs ?? 0) / 1000} s`);
    const deadline = limitMs && setTimeout(() => abort.abort(late()), limitMs);
    log.info("Task {taskId} begins, attempt {attempt}", {
      taskId: task.id,
      attempt: claim.attempt,
    });
    let errors: readonly unknown[];
    try {
      if (task.cancelRequested) throw cancelled();
      const { scratch, recordings, live, attemptsMax } = this.#options;
      const { kept, now } = this.#deps;
      const host = { scratch, kept, recordings, live: { ...live, now, attemptsMax } };
      errors = await runTask(work, this.#line(work, abort), host, abort.signal);
    } catch (error) {
      errors = [abort.signal.aborted ? abort.signal.reason : error];
    }
    if (deadline) clearTimeout(deadline);
    await this.#end(work, errors);
  }

  #line(work: Work, abort: AbortController): Line {
    const { engine, store, storageOf, now } = this.#deps;
    const taskId = work.task.id;
    let savedMs = 0;
    let phase: Progress["phase"] | undefined;
    return {
      engine,
      store,
      storageOf,
      sourceTimeoutMs: this.#options.live.sourceTimeoutMs,
      onProgress: (progress: Progress) => {
        if (progress.phase === phase && now() - savedMs < PROGRESS_INTERVAL_MS) return;
        savedMs = now();
        phase = progress.phase;
        store.saveProgress(work.claim, progress).catch((error) => this.#lost(abort, error));
      },
      warn: async (warnings) => {
        if (warnings.length === 0) return;
        for (const { code, message } of warnings)
          log.warn("Task {taskId}: {code}: {message}", { taskId, code, message });
        await this.#insist(() => store.saveWarnings(work.claim, warnings), abort.signal);
      },
      onPlan: (plan: object) => log.debug("Plan of task {taskId}: {plan}", { taskId, plan }),
      onLog: (line: string) => log.debug("Encoder of task {taskId}: {line}", { taskId, line }),
    };
  }

  /** Writes how a run ended. */
  async #end(work: Work, errors: readonly unknown[]): Promise<void> {
    const taskId = work.claim.taskId;
    const failures = errors.map((error) => this.#told(taskId, error));
    try {
      await this.#insist(() => this.#record(work, failures), this.#stopping.signal);
    } catch (error) {
      // The lease runs out, and the task is taken up again: nothing stays RUNNING for ever.
      log.error("Cannot record the end of task {taskId}: {error}", { taskId, error });
    }
  }

  #insist(write: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { now } = this.#deps;
    return insist(write, { now, wake: this.#drained.promise, isOver: () => signal.aborted });
  }

  /** Success, another run later, or an end. */
  async #record({ claim, failures: before }: Work, failures: readonly Failure[]): Promise<void> {
    const { queue, now } = this.#deps;
    const codes = failures.map(({ code }) => code);
    if (codes.includes("lease_lost")) return;
    const [failure] = failures;
    if (!failure) return this.#finish(claim, { status: "SUCCESS" });
    if (codes.includes("cancelled")) return this.#finish(claim, { status: "CANCELLED" });
    if (failure.code === "shutdown")
      return queue.giveBack(claim, { failure, notBeforeMs: now(), counts: false });
    const delays = codes.flatMap(
      (code) => retryDelayMs(code, before + 1, this.#options.attemptsMax) ?? [],
    );
    if (delays.length === 0) return this.#finish(claim, { status: "FAILED", failure });
    const notBeforeMs = now() + Math.max(...delays);
    return queue.giveBack(claim, { failure, notBeforeMs, counts: true });
  }

  /** Ends a task for good: its recordings are delivered, or not wanted. */
  async #finish(claim: Work["claim"], outcome: Outcome): Promise<void> {
    await this.#deps.store.finish(claim, outcome);
    if (this.#options.scratch === undefined) return;
    const kept = join(this.#options.recordings, claim.taskId);
    await rm(kept, { recursive: true, force: true });
  }

  #told(taskId: string, error: unknown): Failure {
    const { code, message, cause } = toTaskError(error);
    const level = code === "internal" ? "error" : "info";
    log[level]("Run of task {taskId} ended: {code}: {detail}", {
      taskId,
      code,
      detail: message,
      cause,
    });
    return { code, detail: message };
  }

  async #keepLeases(): Promise<void> {
    await Promise.all([...this.#running.values()].map((running) => this.#keepLease(running)));
    // After the heartbeats, so that a process that was held up for long does not take its own tasks away.
    if ((await this.#deps.queue.expireLeases()) > 0) this.#wake.resolve();
  }

  async #keepLease({ work, abort }: Running): Promise<void> {
    const pulse = await this.#deps.queue.heartbeat(work.claim);
    if (pulse === "cancel_requested") abort.abort(cancelled());
    if (pulse === "lost")
      abort.abort(new TaskError("lease_lost", "Cannot go on: the lease ran out"));
  }

  #lost(abort: AbortController, error: unknown): void {
    if (toTaskError(error).code === "lease_lost") abort.abort(error);
    else log.warn("Cannot write progress: {error}", { error });
  }

  #cancel(taskId: string): void {
    this.#running.get(taskId)?.abort.abort(cancelled());
  }

  async #every(intervalMs: number, work: () => Promise<void>): Promise<void> {
    while (!this.#isDrained) {
      await sleep(intervalMs, this.#drained.promise);
      if (this.#isDrained) return;
      await work().catch((error) => log.error("Cannot keep house: {error}", { error }));
    }
  }
}

const cancelled = () => new TaskError("cancelled", "The task was cancelled by its client");
