import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { unlessAborted } from "../../lib/unless-aborted.ts";
import type { LivePlan } from "../../plan/live/live.ts";
import { isLiveSet, recordingFolder } from "../../plan/live/plan-live.ts";
import type { Work } from "../../queue/queue.ts";
import { TaskError, toTaskError } from "../../task/errors.ts";
import type { Output } from "../../task/task.ts";
import type { Line } from "../run.ts";
import type { LiveSet } from "./live-set.ts";
import { failureOf, LiveSetTarget } from "./live-set-target.ts";
import { openLiveSet } from "./open-live-set.ts";

const log = getLogger(["pontus", "worker"]);

/** Who is told of what goes wrong. */
export type LiveSetTrouble = {
  readonly onError: (error: unknown) => void;
  readonly onUnread: (error: unknown) => void;
};

/** How often an encoder's folder is looked into. */
const LOOK_MS = 250;

/**
 * Sends the segments of a live task's sets to their targets while the stream goes on, and a playlist of them: players can begin at
 * once. No target waits for another.
 */
export class LiveSetPublisher {
  readonly #work: Work;
  readonly #line: Line;
  readonly #targets: readonly LiveSetTarget[];
  readonly #stop = new AbortController();
  readonly #trouble: LiveSetTrouble;
  #senders: readonly Promise<TaskError | undefined>[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #news = Promise.withResolvers<void>();
  #isOver = false;

  private constructor(
    work: Work,
    line: Line,
    targets: readonly LiveSetTarget[],
    trouble: LiveSetTrouble,
  ) {
    this.#work = work;
    this.#line = line;
    this.#targets = targets;
    this.#trouble = trouble;
  }

  /**
   * Takes them up as an earlier attempt left them.
   *
   * @param kept - absolute path of the task's folder of recordings, which outlives a crash
   * @param wanted - the indexes of the file targets that can be written
   * @param onError - told what concerns the whole task, such as a lost lease
   * @param onUnread - told what goes wrong with the recordings themselves, as where the disk is full
   */
  static async open(
    work: Work,
    line: Line,
    kept: string,
    wanted: ReadonlySet<number>,
    { onError, onUnread }: LiveSetTrouble,
  ): Promise<LiveSetPublisher> {
    const targets: LiveSetTarget[] = [];
    for (const [at, assignment] of work.assignments.entries()) {
      const indexes = assignment.targets.filter((index) => wanted.has(index));
      if (!isLiveSet(assignment.rendition) || indexes.length === 0) continue;
      const folder = join(kept, recordingFolder(at));
      await mkdir(folder, { recursive: true });
      const recording = await openLiveSet(work, assignment, line, folder);
      for (const index of indexes)
        targets.push(await LiveSetTarget.open(index, recording, work, line));
    }
    return new LiveSetPublisher(work, line, targets, { onError, onUnread });
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

  /** Begins to send. */
  start(signal: AbortSignal): void {
    if (this.#targets.length === 0) return;
    let isLooking = false;
    this.#timer = setInterval(() => {
      if (isLooking) return;
      isLooking = true;
      this.#looking = this.#look()
        .catch(this.#trouble.onUnread)
        .finally(() => {
          isLooking = false;
        });
    }, LOOK_MS);
    const either = AbortSignal.any([signal, this.#stop.signal]);
    this.#senders = this.#targets.map((target) => {
      const feed = {
        news: () => this.#news.promise,
        isOver: () => this.#isOver,
        onSent: () => this.#free(target.recording),
      };
      return target.send(feed, either);
    });
    for (const sender of this.#senders) sender.catch(this.#trouble.onError);
  }

  /**
   * To be called when the stream has ended: sends what is left, closes the playlists, and records how each target ended.
   *
   * @returns the failures by index
   */
  async finish(signal: AbortSignal): Promise<ReadonlyMap<number, TaskError>> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#look().catch(this.#trouble.onUnread);
    this.#isOver = true;
    this.#wake();
    const ends = await unlessAborted(Promise.all(this.#senders), signal);
    const failures = new Map<number, TaskError>();
    const { claim } = this.#work;
    for (const [at, { index, recording }] of this.#targets.entries()) {
      const end = ends[at] ?? (await this.#describe(recording, signal));
      const result =
        end instanceof TaskError
          ? ({ status: "FAILED", failure: failureOf(end) } as const)
          : ({ status: "SUCCESS", output: end } as const);
      await this.#line.store.saveTarget(claim, index, result);
      if (end instanceof TaskError) failures.set(index, end);
    }
    return failures;
  }

  /** What has come of a recording, or why that cannot be played: one that fails is no reason to stop the others. */
  async #describe(recording: LiveSet, signal: AbortSignal): Promise<Output | TaskError> {
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
          taskId: this.#work.task.id,
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
