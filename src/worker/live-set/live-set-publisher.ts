import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { unlessAborted } from "../../lib/unless-aborted.ts";
import type { LivePlan } from "../../plan/live/live.ts";
import { recordingFolder } from "../../plan/live/plan-live.ts";
import { TaskError, toTaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import type { Run } from "../run.ts";
import type { LiveSet } from "./live-set.ts";
import { LiveSetTarget } from "./live-set-target.ts";
import { openLiveSet } from "./open-live-set.ts";

const log = getLogger(["pontus", "worker"]);

/** How often the folder of an encoder is read. */
const LOOK_MS = 250;

/**
 * Sends the segments of the live sets of a task to their targets while the stream goes on, with a playlist, so that players can begin
 * at once. No target waits for another.
 */
export class LiveSetPublisher {
  readonly #run: Run;
  readonly #targets: readonly LiveSetTarget[];
  readonly #stop = new AbortController();
  readonly #onUnread: (error: unknown) => void;
  #senders: readonly Promise<TaskError | undefined>[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #news = Promise.withResolvers<void>();
  #isOver = false;

  private constructor(
    run: Run,
    targets: readonly LiveSetTarget[],
    onUnread: (error: unknown) => void,
  ) {
    this.#run = run;
    this.#targets = targets;
    this.#onUnread = onUnread;
  }

  /**
   * Opens the live sets, and continues those of an earlier attempt.
   *
   * @param kept - absolute path of the task's folder of recordings, which outlives a crash
   * @param wanted - the indexes of the file targets that can be written
   * @param onUnread - called when the recordings cannot be read, for example because the disk is full
   */
  static async open(
    run: Run,
    kept: string,
    wanted: ReadonlySet<number>,
    onUnread: (error: unknown) => void,
  ): Promise<LiveSetPublisher> {
    const targets: LiveSetTarget[] = [];
    for (const [at, assignment] of run.assignments.entries()) {
      const indexes = assignment.targets.filter(
        (index) => wanted.has(index) && run.kindOf(index) === "set",
      );
      if (indexes.length === 0) continue;
      const folder = join(kept, recordingFolder(at));
      await mkdir(folder, { recursive: true });
      const recording = await openLiveSet(run, assignment, folder);
      for (const index of indexes) targets.push(await LiveSetTarget.open(run, index, recording));
    }
    return new LiveSetPublisher(run, targets, onUnread);
  }

  /** Follows sets that are open already. @param onUnread - as of `open` */
  static of(
    run: Run,
    targets: readonly LiveSetTarget[],
    onUnread: (error: unknown) => void,
  ): LiveSetPublisher {
    return new LiveSetPublisher(run, targets, onUnread);
  }

  /** Bytes sent to each target in this attempt, by the index of the target. */
  get sentBytes(): Readonly<Record<number, number>> {
    return Object.fromEntries(this.#targets.map(({ index, sentBytes }) => [index, sentBytes]));
  }

  /** To be called with the plan of each run before it begins. @throws {TaskError} if the run would not continue the same sets */
  async begin({ outputs }: LivePlan): Promise<void> {
    for (const { recording } of outputs) {
      const target = this.#targets.find(({ index }) => recording?.targets.includes(index));
      if (recording && target) await target.recording.begin(recording);
    }
  }

  /** Begins to send. An error that concerns the whole task, such as a lost lease, stops its run. */
  start(): void {
    if (this.#targets.length === 0) return;
    let isLooking = false;
    this.#timer = setInterval(() => {
      if (isLooking) return;
      isLooking = true;
      this.#looking = this.#look()
        .catch(this.#onUnread)
        .finally(() => {
          isLooking = false;
        });
    }, LOOK_MS);
    const either = AbortSignal.any([this.#run.signal, this.#stop.signal]);
    this.#senders = this.#targets.map((target) => {
      const feed = {
        news: () => this.#news.promise,
        isOver: () => this.#isOver,
        onSent: () => this.#free(target.recording),
      };
      return target.send(feed, either);
    });
    const onFailed = (error: unknown) => {
      if (!this.#stop.signal.aborted) this.#run.abort(error);
    };
    for (const sender of this.#senders) sender.catch(onFailed);
  }

  /**
   * To be called when the stream has ended: sends the remaining segments, closes the playlists, and records how each target ended.
   *
   * @throws {TaskError} what concerns the whole task, or the reason of the run's signal
   */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#look().catch(this.#onUnread);
    this.#isOver = true;
    this.#wake();
    const run = this.#run;
    const ends = await unlessAborted(Promise.all(this.#senders), run.signal);
    for (const [at, { index, recording }] of this.#targets.entries()) {
      const end = ends[at] ?? (await this.#describe(recording));
      if (end instanceof TaskError) await run.failTarget(index, end);
      else await run.saveTarget(index, { status: "SUCCESS", output: end });
    }
  }

  /** The description of a recording, or why it cannot be played; in that case the other recordings go on. */
  async #describe(recording: LiveSet): Promise<Output | TaskError> {
    const { signal } = this.#run;
    try {
      return await recording.describe(signal);
    } catch (error) {
      signal.throwIfAborted();
      return toTaskError(error);
    }
  }

  /**
   * Ends without sending the rest. Never rejects.
   *
   * @param isFinal - whether the task gets no other run: then the playlists say that the stream has ended
   * @param ending - or, in place of that, the sets are taken down
   */
  async abandon(
    reason: unknown,
    isFinal: boolean,
    ending: "close" | "takeDown" = "close",
  ): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort(reason);
    await Promise.allSettled([this.#looking, ...this.#senders]);
    if (!isFinal) return;
    const close = (target: LiveSetTarget) =>
      target[ending]().catch((error) =>
        log.warn("Task {taskId}: cannot end the set of target {index}: {error}", {
          taskId: this.#run.task.id,
          index: target.index,
          error,
        }),
      );
    await Promise.all(this.#targets.map(close));
  }

  async #look(): Promise<void> {
    if (!(await this.#run.isNewest())) return;
    for (const recording of new Set(this.#targets.map((target) => target.recording))) {
      const before = recording.version;
      await recording.look();
      if (recording.version !== before) this.#wake();
    }
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  /** Removes the segments of a recording that all of its targets have. */
  async #free(recording: LiveSet): Promise<void> {
    const own = this.#targets.filter(
      (target) => target.recording === recording && !target.isBehind,
    );
    if (await this.#run.isNewest())
      await recording.segments.free(Math.min(...own.map(({ sent }) => sent)));
  }
}
