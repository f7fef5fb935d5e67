import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { unlessAborted } from "../../lib/unless-aborted.ts";
import type { LivePlan } from "../../plan/live/live.ts";
import { isLiveSet, recordingFolder } from "../../plan/live/plan-live.ts";
import { TaskError, toTaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import type { Run } from "../run.ts";
import type { LiveSet } from "./live-set.ts";
import { LiveSetTarget } from "./live-set-target.ts";
import { openLiveSet } from "./open-live-set.ts";

const log = getLogger(["pontus", "worker"]);

/** How often an encoder's folder is looked into. */
const LOOK_MS = 250;

/**
 * Sends the segments of a live task's sets to their targets while the stream goes on, and a playlist of them: players can begin at
 * once. No target waits for another.
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
   * Takes them up as an earlier attempt left them.
   *
   * @param kept - absolute path of the task's folder of recordings, which outlives a crash
   * @param wanted - the indexes of the file targets that can be written
   * @param onUnread - told what goes wrong with the recordings themselves, as where the disk is full
   */
  static async open(
    run: Run,
    kept: string,
    wanted: ReadonlySet<number>,
    onUnread: (error: unknown) => void,
  ): Promise<LiveSetPublisher> {
    const targets: LiveSetTarget[] = [];
    for (const [at, assignment] of run.assignments.entries()) {
      const indexes = assignment.targets.filter((index) => wanted.has(index));
      if (!isLiveSet(assignment.rendition) || indexes.length === 0) continue;
      const folder = join(kept, recordingFolder(at));
      await mkdir(folder, { recursive: true });
      const recording = await openLiveSet(run, assignment, folder);
      for (const index of indexes) targets.push(await LiveSetTarget.open(run, index, recording));
    }
    return new LiveSetPublisher(run, targets, onUnread);
  }

  /** What each target was sent in this attempt, by its place. */
  get sentBytes(): Readonly<Record<number, number>> {
    return Object.fromEntries(this.#targets.map(({ index, sentBytes }) => [index, sentBytes]));
  }

  /** To be told before each run what it makes. @throws {TaskError} where it is no more of the same sets */
  async begin({ outputs }: LivePlan): Promise<void> {
    for (const { recording } of outputs) {
      const target = this.#targets.find(({ index }) => recording?.targets.includes(index));
      if (recording && target) await target.recording.begin(recording);
    }
  }

  /** Begins to send. What concerns the whole task, such as a lost lease, stops its run. */
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
    for (const sender of this.#senders) sender.catch(this.#run.abort);
  }

  /**
   * To be called when the stream has ended: sends what is left, closes the playlists, and records how each target ended.
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

  /** What has come of a recording, or why that cannot be played: one that fails is no reason to stop the others. */
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
   * Ends without what is left. Never rejects.
   *
   * @param isFinal - whether no other run goes on with the task: then the playlists say so to their players
   */
  async abandon(reason: unknown, isFinal: boolean): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort(reason);
    await Promise.allSettled([this.#looking, ...this.#senders]);
    if (!isFinal) return;
    const close = (target: LiveSetTarget) =>
      target.close().catch((error) =>
        log.warn("Task {taskId}: cannot close the playlist of target {index}: {error}", {
          taskId: this.#run.task.id,
          index: target.index,
          error,
        }),
      );
    await Promise.all(this.#targets.map(close));
  }

  async #look(): Promise<void> {
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

  /** What all targets of a recording have is not needed any more. */
  async #free(recording: LiveSet): Promise<void> {
    const own = this.#targets.filter(
      (target) => target.recording === recording && !target.isBehind,
    );
    await recording.segments.free(Math.min(...own.map(({ sent }) => sent)));
  }
}
