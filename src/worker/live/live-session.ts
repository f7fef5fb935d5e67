import { setTimeout as wait } from "node:timers/promises";
import { getLogger } from "@logtape/logtape";
import type { LivePlan } from "../../plan/live/live.ts";
import { planLive } from "../../plan/live/plan-live.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import type { Progress } from "../../task/task.ts";
import { addWarnings, type Warning } from "../../task/warnings.ts";
import { AGAIN_MS, AWAY, type LiveFeed, type LiveSource, MAY_PASS } from "../source/live-source.ts";
import { tellingWait } from "./awaited.ts";
import { LiveChanges } from "./live-changes.ts";
import { liveForecast } from "./live-forecast.ts";
import type { LiveSessionOptions } from "./live-session-options.ts";
import { CHANGED, LiveWatch } from "./live-watch.ts";

/** A run that ends so may do better when it is repeated: memory becomes scattered in weeks. */
const MAY_FAIL: readonly string[] = ["unknown", "internal", "encoder_killed", "limit_reached"];

const log = getLogger(["pontus", "worker"]);

const TICK_MS = 250;
/** How often the progress is written to the log. */
const LOG_MS = 60_000;
/** The smallest gap between the time stamps of one run and those of the next. */
const STEP_SECONDS = 0.1;
/** The task fails after so many runs in a row that fail without a frame, for a reason that is not in the source. */
const FAILED_RUNS_MAX = 3;

/**
 * Runs the encoder for a live source that may drop. Whenever the source is away, the encoder is ended; it is started again when the
 * source is back, so that no output freezes and no time stamp goes back. Meanwhile the task stays RUNNING.
 */
export class LiveSession {
  readonly #options: LiveSessionOptions;
  /** When the source last sent something. */
  #seenMs: number;
  #upMs: number;
  #runs = 0;
  #failedRuns = 0;
  #hasProduced = false;
  #isLost = false;
  #hasChanged = false;
  #doneSeconds = 0;
  #endSeconds = 0;
  #droppedFrames = 0;
  #last: TaskError | undefined;
  #loggedMs: number;
  #warnings: readonly Warning[] = [];
  readonly #changes = new LiveChanges();

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    const nowMs = options.run.now();
    this.#seenMs = nowMs;
    this.#upMs = nowMs;
    this.#loggedMs = nowMs;
  }

  /** Whether any run has produced a frame. */
  get hasProduced(): boolean {
    return this.#hasProduced;
  }

  /** The progress once the stream has ended. */
  delivering(): Progress {
    const [outTimeSeconds, droppedFrames] = [this.#doneSeconds, this.#droppedFrames];
    const sentBytes = this.#options.sentBytes();
    return { phase: "DELIVERING", outTimeSeconds, speed: 0, fps: 0, droppedFrames, sentBytes };
  }

  /**
   * Follows a live source until it has been away for too long.
   *
   * @throws {TaskError} `target_lost` if no target takes the stream; any other error that waiting does not mend
   */
  async follow(source: LiveSource): Promise<void> {
    const { run } = this.#options;
    const { signal } = run;
    const onMiss = (error: TaskError) => {
      this.#last = error;
    };
    for (;;) {
      this.#tell(0, 0);
      const [seenMs, hasProduced] = [this.#seenMs, this.#hasProduced];
      const coming = () => source.next({ seenMs, hasProduced, onMiss }, signal);
      const feed = await tellingWait(run, () => this.#last, coming);
      if (!feed) return;
      if (this.#isLost) await this.#sourceIs("source_back");
      this.#isLost = false;
      this.#changes.probed(feed.media, run.now());
      const error = await this.#runOnce(feed, await this.#plan(feed));
      const why = error?.message ?? "so did the source";
      log.info("Task {taskId}: a run has ended after {seconds} s of its stream, {why}", {
        taskId: run.task.id,
        seconds: this.#doneSeconds,
        why,
      });
      run.decide(`A run has ended after ${this.#doneSeconds} s of the stream, ${why}`);
      this.#isLost = source.isAway && !this.#hasChanged;
      if (this.#isLost) await this.#sourceIs("source_lost");
      if (error) this.#judge(error);
      if (this.#failedRuns > 0) await wait(AGAIN_MS, undefined, { signal });
    }
  }

  /** The error of a source that never came. */
  neverCame(): TaskError {
    const { sourceTimeoutMs } = this.#options.run;
    if (this.#last && !AWAY.includes(this.#last.code)) return this.#last;
    const why = this.#last?.message.replace(/^Cannot read the source: /, "");
    return new TaskError(
      "source_never_came",
      `Cannot read the source: it did not come within ${sourceTimeoutMs / 1000} s${why ? ` (${why})` : ""}`,
      { cause: this.#last },
    );
  }

  /** Sends a file once, in real time. */
  async play(path: string, media: MediaInfo): Promise<void> {
    const feed = { input: { path, media }, media };
    const error = await this.#runOnce(feed, await this.#plan(feed));
    if (error) throw error;
  }

  async #sourceIs(change: "source_lost" | "source_back"): Promise<void> {
    const { run } = this.#options;
    const taskId = run.task.id;
    run.decide(change === "source_back" ? "The source is back" : "The source is away");
    if (change === "source_back") log.info("Task {taskId}: its source is back", { taskId });
    else log.warn("Task {taskId}: its source is away", { taskId });
    await run.saveSource(change);
  }

  async #plan({
    media,
    audioInput = 0,
  }: Pick<LiveFeed, "media" | "audioInput">): Promise<LivePlan> {
    const { assignments, run } = this.#options;
    const { places, engine } = run;
    const request = { assignments, targets: places.targets, audioInput };
    const plan = planLive(request, media, engine.capabilities);
    run.onPlan(plan, media);
    // Most warnings are the same for each run; each is told once.
    const told = this.#warnings;
    this.#warnings = addWarnings(told, plan.warnings);
    await run.warn(this.#warnings.slice(told.length));
    return plan;
  }

  /** @returns why the run failed, undefined if it ended in order. @throws {TaskError} what ends the task */
  async #runOnce({ input, media }: LiveFeed, plan: LivePlan): Promise<TaskError | undefined> {
    const { live, targets, folder, recordings, run } = this.#options;
    const { signal, onLog, now } = run;
    await this.#options.onRun(plan);
    const stop = new AbortController();
    const watch = new LiveWatch({ hasVideo: plan.hasVideo, startMs: now() });
    const part = (recordings?.part ?? 0) + this.#runs;
    const offsetSeconds = this.#offsetSeconds();
    const place = { offsetSeconds, part, prefix: run.segmentPrefix(part) };
    run.tell(await liveForecast(run, live, { plan, run: place, input }), media);
    this.#runs += 1;
    this.#hasChanged = false;
    this.#upMs = now();
    let endSeconds = 0;
    let dropped = 0;
    const tick = setInterval(() => {
      const trouble = "path" in input ? this.#targetTrouble() : this.#trouble(watch);
      if (trouble) stop.abort(trouble);
    }, TICK_MS);
    try {
      await live.run(
        {
          plan,
          run: place,
          folder,
          recordings: recordings?.kept ?? folder,
          input,
          onProgress: (progress) => {
            watch.update(progress, now());
            targets.advance(progress.outTimeSeconds);
            endSeconds = progress.outTimeSeconds;
            dropped = progress.droppedFrames;
            this.#hasProduced ||= watch.movedMs !== undefined;
            this.#tell(progress.speed, progress.fps, endSeconds, dropped);
          },
          onTarget: (event) => {
            if (stop.signal.aborted || signal.aborted) return;
            if (event.kind === "unrecorded") this.#options.onUnrecorded(event.why);
            else targets.report(event);
          },
          onChanged: (change) => {
            if (change === "size" && !plan.isSized) return;
            if (this.#changes.believes(now())) watch.change(now());
          },
          onSent: (url, sizeBytes) => targets.addSent(url, sizeBytes),
          onLog,
          reach: run.reach,
        },
        AbortSignal.any([signal, stop.signal]),
      );
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const reason = stop.signal.aborted ? stop.signal.reason : error;
      if (!(reason instanceof TaskError) || reason.code === "target_lost") throw reason;
      return reason;
    } finally {
      clearInterval(tick);
      targets.pause();
      this.#seenMs = watch.seenMs ?? this.#seenMs;
      this.#failedRuns = watch.movedMs === undefined ? this.#failedRuns + 1 : 0;
      this.#doneSeconds += endSeconds;
      this.#droppedFrames += dropped;
      this.#endSeconds = offsetSeconds + endSeconds;
    }
  }

  #trouble(watch: LiveWatch): TaskError | undefined {
    const nowMs = this.#options.run.now();
    const trouble = watch.trouble(nowMs);
    this.#hasChanged = trouble === CHANGED;
    if (trouble) return new TaskError("source_hangs", `Cannot read the source: ${trouble}`);
    // Targets are connected once there is something to send.
    if (watch.movedMs === undefined) this.#upMs = nowMs;
    return this.#targetTrouble();
  }

  /** An error if no target takes the stream for too long and it is not recorded either. */
  #targetTrouble(): TaskError | undefined {
    const { targets, targetTimeoutMs, recordings, run } = this.#options;
    if (targets.isEachInVain && !recordings)
      return new TaskError("target_lost", `Cannot send to any target: ${targets.why}`);
    const nowMs = run.now();
    if (targets.isAnyUp || recordings) this.#upMs = nowMs;
    if (nowMs - this.#upMs <= targetTimeoutMs) return undefined;
    const seconds = targetTimeoutMs / 1000;
    return new TaskError(
      "target_lost",
      `Cannot send to any target for ${seconds} s: ${targets.why}`,
    );
  }

  /** The first run begins at 0. Each later one begins at the time since the task began, and after the end of the run before it. */
  #offsetSeconds(): number {
    const { run } = this.#options;
    if (this.#runs === 0 && run.claim.attempt === 1) return 0;
    const nowMs = run.now();
    const passed = (nowMs - (run.task.startMs ?? nowMs)) / 1000;
    return Math.round(Math.max(passed, this.#endSeconds + STEP_SECONDS) * 1000) / 1000;
  }

  #judge(error: TaskError): void {
    this.#last = error;
    if (MAY_PASS.includes(error.code)) return;
    if (!MAY_FAIL.includes(error.code)) throw error;
    if (this.#failedRuns >= FAILED_RUNS_MAX) throw error;
  }

  #tell(speed: number, fps: number, outSeconds = 0, droppedFrames = 0): void {
    const { run, sentBytes } = this.#options;
    const progress: Progress = {
      phase: speed > 0 || outSeconds > 0 ? "TRANSCODING" : "FETCHING",
      outTimeSeconds: this.#doneSeconds + outSeconds,
      speed,
      fps,
      droppedFrames: this.#droppedFrames + droppedFrames,
      sentBytes: sentBytes(),
    };
    run.onProgress(progress);
    const nowMs = run.now();
    if (nowMs - this.#loggedMs < LOG_MS) return;
    this.#loggedMs = nowMs;
    log.info(
      "Task {taskId}: {outTimeSeconds} s of its stream, {fps} fps, speed {speed}, {droppedFrames} frames dropped, bytes sent by target {sentBytes}",
      { taskId: run.task.id, ...progress },
    );
  }
}
