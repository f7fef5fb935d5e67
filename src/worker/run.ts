import { getLogger } from "@logtape/logtape";
import type { Engine } from "../engine/engine.ts";
import { maskSecrets } from "../lib/mask.ts";
import type { Reach } from "../lib/reach.ts";
import { publishedName } from "../manifest/write/published-names.ts";
import { type Forecast, forecast } from "../plan/forecast.ts";
import { type FurtherFile, type FurtherInput, furtherInputsOf } from "../plan/further.ts";
import type { LivePlan } from "../plan/live/live.ts";
import { type Kind, type Places, placesOf } from "../plan/live/places.ts";
import type { Plan } from "../plan/plan.ts";
import { askedOf, type PlanRequest } from "../plan/plan-task.ts";
import { tell } from "../plan/tell.ts";
import type { MediaInfo } from "../probe/media.ts";
import type { Assignment } from "../profile/profile.ts";
import type { Work } from "../queue/queue.ts";
import type { DeliveryOptions, Side, Storage } from "../storage/storage.ts";
import { type TaskError, toTaskError } from "../task/errors.ts";
import { tagStemOf } from "../task/leftovers.ts";
import {
  type Claim,
  failureOf,
  type Progress,
  type TargetResult,
  type Task,
} from "../task/task.ts";
import type { Warning, WarningCode } from "../task/warnings.ts";
import { type RunWatch, UNWATCHED } from "../telemetry/telemetry.ts";
import { traceIdOf } from "../telemetry/trace-context.ts";
import { RunLog, savingLog } from "./run-log.ts";
import type { RunPorts, WorkDisk } from "./run-ports.ts";
import { type SegmentKeysFor, segmentKeys } from "./segment-keys.ts";

const log = getLogger(["pontus", "worker"]);

/** How often progress is written for a task, at most. */
const PROGRESS_INTERVAL_MS = 1_000;

/** What opening a source needs of a run. */
export type SourceRun = Pick<
  Run,
  "engine" | "storageOf" | "sourceTimeoutMs" | "signal" | "onProgress" | "onLog" | "atEnd"
> &
  Partial<Pick<Run, "disk">>;

/** What judging outputs needs of a run. */
export type JudgingRun = Pick<Run, "engine" | "signal" | "warn" | "keysFor">;

/**
 * One run of one claimed task: what is to be done, the ports it works with, and what is recorded of it. What others
 * need of it are fields, so that it can be passed on and spread.
 */
export class Run {
  readonly claim: Claim;
  readonly task: Task;
  readonly assignments: readonly Assignment[];
  /** What is at the addresses of the source and of the targets. */
  readonly places: Places;
  /** What it reads beside its source. */
  readonly further: readonly FurtherInput[];
  /** The addresses of all targets, in their order. */
  readonly targetUrls: readonly string[];
  /** How many runs of the task have failed before this one. */
  readonly failedRuns: number;
  /** What the task's client may reach; undefined if that is everything. */
  readonly reach: Reach | undefined;
  readonly engine: Engine;
  /** The storage of an address, within what the task's client may reach now. */
  readonly storageOf: (url: string, side: Side) => Storage;
  readonly sourceTimeoutMs: number;
  readonly now: RunPorts["now"];
  readonly disk: WorkDisk;
  /** The keys of the task's encrypted segments. */
  readonly keysFor: SegmentKeysFor;
  readonly #ports: RunPorts;
  readonly #log: RunLog;
  readonly #abort = new AbortController();
  /** Aborted when the run must stop; its reason says why. */
  readonly signal: AbortSignal = this.#abort.signal;
  /** Part of the names of temporary files and segments: different for every attempt of every task. */
  readonly tag: string;
  /** Does a part of the run, and tells how long it took. @throws what it throws */
  readonly timed: RunWatch["timed"];
  /** To be called once, when the run has ended. */
  readonly ended: RunWatch["end"];
  readonly #failures = new Map<number, TaskError>();
  readonly #atEnd: (() => Promise<void>)[] = [];
  #savedMs = 0;
  #phase: Progress["phase"] | undefined;

  constructor({ claim, task, assignments, failures, reach }: Work, ports: RunPorts) {
    this.reach = reach ?? undefined;
    this.claim = claim;
    this.task = task;
    this.tag = `${tagStemOf(task.id)}-${claim.attempt}`;
    this.assignments = assignments;
    this.further = furtherInputsOf({ assignments, extras: task.extras });
    this.targetUrls = task.targets.map(({ url }) => url);
    this.places = placesOf(task.sourceUrl, this.targetUrls, assignments);
    this.failedRuns = failures;
    this.engine = ports.engine;
    this.storageOf = (url, side) => ports.storageOf(url, side, reach);
    this.sourceTimeoutMs = ports.sourceTimeoutMs;
    this.now = ports.now;
    this.disk = ports.disk;
    this.keysFor = segmentKeys(task, ports.mediaKeys);
    this.#ports = ports;
    const watch = (ports.telemetry ?? UNWATCHED).beginRun(task, claim.attempt);
    this.timed = watch.timed;
    this.ended = watch.end;
    this.#log = new RunLog(savingLog(ports.store, claim));
  }

  /** The ids by which logs have the run. */
  get ids(): Readonly<Record<"taskId" | "requestId" | "traceId", string | undefined>> {
    const { id: taskId, origin } = this.task;
    return { taskId, requestId: origin?.requestId, traceId: traceIdOf(origin?.traceParent) };
  }

  /** Stops the run; the first reason stands. */
  readonly abort = (reason: unknown): void => this.#abort.abort(reason);

  /** Has something given back when the run has ended. */
  readonly atEnd = (giveBack: () => Promise<void>): void => void this.#atEnd.push(giveBack);

  /** Judges all addresses again: the client may reach less by now. For those that no storage opens. @throws {TaskError} `access_denied` */
  async judgeAgain(): Promise<void> {
    const { reach } = this;
    if (!reach) return;
    await this.#ports.judge(this.task.sourceUrl, "source", reach);
    for (const url of this.targetUrls) await this.#ports.judge(url, "target", reach);
  }

  /** Gives back what the run held, all of it. Never rejects: what fails on giving back is no failure of the run. */
  async end(): Promise<void> {
    for (const giveBack of this.#atEnd.splice(0))
      await giveBack().catch((error: unknown) =>
        log.info("Cannot close the source of task {taskId}: {error}", { ...this.claim, error }),
      );
  }

  /** The tag of the segments of the task's live sets: one for all attempts, as they write to the same set. */
  get setTag(): string {
    return `${tagStemOf(this.task.id)}-set`;
  }

  /** The conditions of what it writes, in an object that storages can copy. What was encoded is not lost for a store that is away: it is waited for. */
  get conditions(): DeliveryOptions {
    const { tag, signal } = this;
    const waited = (ask: () => Promise<void>) => () => this.#ports.insist(ask, signal);
    return { tag, mayPublish: waited(this.mayPublish), mayTidy: waited(this.mayTidy), signal };
  }

  /** The prefix of the names of the segments in one part of a recording. */
  segmentPrefix(part: number): string {
    return publishedName(`${this.claim.attempt}-${part}`, this.setTag);
  }

  /** The address of a target. */
  targetUrl(index: number): string {
    return this.targetUrls[index] ?? "";
  }

  /** What to plan for some of the assignments. @param further - what is read beside the source, opened */
  planRequest(
    assignments: readonly Assignment[],
    further: readonly FurtherFile[] = [],
  ): PlanRequest {
    const { tag, targetUrls, task } = this;
    return { assignments, tag, targetUrls, further, ...askedOf(task) };
  }

  /** The kind of a target. */
  kindOf(index: number): Kind {
    return this.places.targets[index]?.kind ?? "file";
  }

  /** The failures of single targets by their index: they are recorded, and do not stop the other targets. */
  get failures(): ReadonlyMap<number, TaskError> {
    return this.#failures;
  }

  /** The same, in the order of the targets. */
  get failuresInOrder(): readonly TaskError[] {
    return [...this.#failures].sort(([a], [b]) => a - b).map(([, failure]) => failure);
  }

  /** Records how one target stands. @throws {TaskError} `lease_lost` */
  saveTarget(index: number, result: TargetResult): Promise<void> {
    const { store, insist } = this.#ports;
    // A target that was delivered while the store is busy or full is not delivered again for that.
    return insist(() => store.saveTarget(this.claim, index, result), this.signal);
  }

  /**
   * Records that a target has failed.
   *
   * @throws {TaskError} what concerns the whole task instead: the reason of `signal`, `lease_lost` or `cancelled`
   */
  async failTarget(index: number, error: unknown): Promise<void> {
    this.signal.throwIfAborted();
    const failure = toTaskError(error);
    if (failure.code === "lease_lost" || failure.code === "cancelled") throw failure;
    this.#failures.set(index, failure);
    this.decide(`targets[${index}] fails: ${failure.message}`);
    await this.saveTarget(index, { status: "FAILED", failure: failureOf(failure) });
  }

  /** Records that the source of a live task went away, or is back. @throws {TaskError} `lease_lost` */
  saveSource(change: "source_lost" | "source_back"): Promise<void> {
    return this.#ports.store.saveSource(this.claim, change);
  }

  /**
   * Resolves while this run may publish: called right before each step that readers can see.
   *
   * @throws {TaskError} the reason of `signal`, `lease_lost` or `cancelled`
   */
  readonly mayPublish = async (): Promise<void> => {
    this.signal.throwIfAborted();
    await this.#ports.store.mayPublish(this.claim);
  };

  /**
   * Resolves while no newer attempt may have begun, also after this run was stopped or cancelled: called before what clears up, such
   * as removals and the last playlist of a live set.
   *
   * @throws {TaskError} `lease_lost`
   */
  readonly mayTidy = async (): Promise<void> => {
    try {
      await this.#ports.store.mayPublish(this.claim);
    } catch (error) {
      if (toTaskError(error).code !== "cancelled") throw error;
    }
  };

  /** Whether no newer attempt has begun, as far as the store can tell: else what outlives attempts is not this run's to change. */
  readonly isNewest = (): Promise<boolean> =>
    this.mayTidy().then(
      () => true,
      (error) => toTaskError(error).code !== "lease_lost",
    );

  /** Records how far the run is: once a second, and each new phase. */
  readonly onProgress = (progress: Progress): void => {
    if (progress.phase === this.#phase && this.now() - this.#savedMs < PROGRESS_INTERVAL_MS) return;
    this.#savedMs = this.now();
    this.#phase = progress.phase;
    this.#ports.store.saveProgress(this.claim, progress).catch((error) => {
      if (toTaskError(error).code === "lease_lost") this.abort(error);
      else log.warn("Cannot write progress: {error}", { error });
    });
  };

  /** Adds warnings to the task; resolves once they are stored. @throws {TaskError} `lease_lost` */
  readonly warn = async (warnings: readonly Warning[]): Promise<void> => {
    if (warnings.length === 0) return;
    for (const { code, message } of warnings) {
      log.warn("Task {taskId}: {code}: {message}", { taskId: this.task.id, code, message });
      this.decide(`Warns (${code}): ${message}`);
    }
    const { store, insist } = this.#ports;
    await insist(() => store.saveWarnings(this.claim, warnings), this.signal);
  };

  /** Takes warnings of a kind back, which hold no longer. @throws {TaskError} `lease_lost` */
  async unwarn(code: WarningCode): Promise<void> {
    await this.#ports.insist(
      () => this.#ports.store.saveWarnings(this.claim, [], code),
      this.signal,
    );
  }

  /** Notes a plan, and what is known of the source that it is made for. */
  readonly onPlan = (plan: Plan | LivePlan, media: MediaInfo): void => {
    log.debug("Plan of task {taskId}: {plan}", { taskId: this.task.id, plan });
    // How a live plan is run depends on what its run reads.
    if ("products" in plan) this.tell(forecast(plan, media, this.engine.capabilities), media);
  };

  /** Notes what will be done. */
  tell(forecast: Forecast, media: MediaInfo): void {
    for (const sentence of tell(forecast, media)) this.decide(sentence);
  }

  /** Notes what was found or decided: one English sentence without a final period. */
  readonly decide = (sentence: string): void => this.#log.decide(maskSecrets(sentence));

  /** Notes a line of an encoder. */
  readonly onLog = (line: string): void => {
    log.debug("Encoder of task {taskId}: {line}", { taskId: this.task.id, line });
    this.#log.line(line);
  };

  /** Writes what is noted to the store. Never rejects. */
  saveLog(): Promise<void> {
    return this.#log.save();
  }
}
