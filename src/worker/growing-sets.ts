import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { unlessAborted } from "../lib/unless-aborted.ts";
import { growingPlaylist } from "../plan/growing-list.ts";
import { growsAsSet, recordingFolder } from "../plan/live.ts";
import { isLive } from "../plan/live-protocols.ts";
import type { Work } from "../queue/queue.ts";
import type { GrowingSet } from "../storage/storage.ts";
import { TaskError, toTaskError } from "../task/errors.ts";
import type { Output } from "../task/task.ts";
import { describeOutput } from "./describe-output.ts";
import { GrowingPieces } from "./growing-pieces.ts";
import { type Line, tagOf } from "./line.ts";
import { sleep } from "./sleep.ts";

const log = getLogger(["pontus", "worker"]);

/** How often an encoder's folder is looked into. */
const LOOK_MS = 250;
/** Between two tries to send to a target that fails; a storage tries for some seconds by itself. */
const AGAIN_MS = 2_000;
/** When the stream has ended a target is tried so often. */
const LAST_TRIES_MAX = 3;
/** A task that was cancelled does not end later for a target that hangs. */
const CLOSE_MS_MAX = 5_000;

/** A target of a set that grows. */
type GrowingTarget = {
  readonly index: number;
  readonly url: string;
  readonly pieces: GrowingPieces;
  /** How many of them it has. */
  sent: number;
  sentBytes: number;
  /** Nothing while it takes them; else why it does not. */
  why: string | undefined;
};

/**
 * Sends the pieces of a live task's sets to their targets while the stream goes on, and a playlist of them: players can begin at
 * once. A target that fails is tried again, and gets what it lacks; the others never wait for it.
 */
export class GrowingSets {
  readonly #work: Work;
  readonly #line: Line;
  readonly #targets: readonly GrowingTarget[];
  readonly #stop = new AbortController();
  readonly #onError: (error: unknown) => void;
  #senders: readonly Promise<TaskError | undefined>[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #news = Promise.withResolvers<void>();
  #isOver = false;

  private constructor(
    work: Work,
    line: Line,
    targets: readonly GrowingTarget[],
    onError: (error: unknown) => void,
  ) {
    this.#work = work;
    this.#line = line;
    this.#targets = targets;
    this.#onError = onError;
  }

  /**
   * @param kept - absolute path of the task's folder of recordings, which outlives a crash
   * @param wanted - the indexes of the file targets that can be written
   * @param onError - told once what concerns the whole task, such as a lost lease
   */
  static async open(
    work: Work,
    line: Line,
    kept: string,
    wanted: ReadonlySet<number>,
    onError: (error: unknown) => void,
  ): Promise<GrowingSets> {
    const targets: GrowingTarget[] = [];
    for (const [at, assignment] of work.assignments.entries()) {
      const indexes = assignment.targets.filter((index) => wanted.has(index));
      if (!growsAsSet(assignment.rendition) || indexes.length === 0) continue;
      const folder = join(kept, recordingFolder(at));
      await mkdir(folder, { recursive: true });
      const pieces = await GrowingPieces.open(folder);
      for (const index of indexes) {
        const url = work.task.targets[index]?.url ?? "";
        const sent = await pieces.sentTo(index);
        if (!isLive(url)) targets.push({ index, url, pieces, sent, sentBytes: 0, why: undefined });
      }
    }
    return new GrowingSets(work, line, targets, onError);
  }

  /** The indexes of its targets. */
  get indexes(): readonly number[] {
    return this.#targets.map(({ index }) => index);
  }

  /** What each was sent in this attempt, by its place. */
  get sentBytes(): Readonly<Record<number, number>> {
    return Object.fromEntries(this.#targets.map(({ index, sentBytes }) => [index, sentBytes]));
  }

  /** Begins to send. */
  start(signal: AbortSignal): void {
    if (this.#targets.length === 0) return;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look()).catch(this.#onError);
    }, LOOK_MS);
    const either = AbortSignal.any([signal, this.#stop.signal]);
    this.#senders = this.#targets.map((target) => this.#send(target, either));
    for (const sender of this.#senders) sender.catch(this.#onError);
  }

  /**
   * To be called when the stream has ended: sends what is left, closes the playlists, and records how each target ended.
   *
   * @returns the failures by index
   */
  async finish(signal: AbortSignal): Promise<ReadonlyMap<number, TaskError>> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#look();
    this.#isOver = true;
    this.#wake();
    const ends = await unlessAborted(Promise.all(this.#senders), signal);
    const failures = new Map<number, TaskError>();
    const { claim } = this.#work;
    for (const [at, target] of this.#targets.entries()) {
      const error = ends[at];
      if (!error) {
        const output = await this.#describe(target, signal);
        await this.#line.store.saveTarget(claim, target.index, { status: "SUCCESS", output });
        continue;
      }
      const failure = { code: error.code, detail: error.message };
      await this.#line.store.saveTarget(claim, target.index, { status: "FAILED", failure });
      failures.set(target.index, error);
    }
    return failures;
  }

  /**
   * Ends without what is left. Its playlists say so to their players, but where another run goes on at once. Never rejects.
   */
  async abandon(reason: unknown): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort(reason);
    await Promise.allSettled([this.#looking, ...this.#senders]);
    const { code } = toTaskError(reason);
    if (code === "lease_lost" || code === "shutdown") return;
    await Promise.all(
      this.#targets.map((target) =>
        this.#close(target).catch((error) =>
          log.warn("Task {taskId}: cannot close the playlist of target {index}: {error}", {
            taskId: this.#work.task.id,
            index: target.index,
            error,
          }),
        ),
      ),
    );
  }

  async #look(): Promise<void> {
    for (const pieces of new Set(this.#targets.map((target) => target.pieces))) {
      const before = pieces.all.length;
      await pieces.look();
      if (pieces.all.length > before) this.#wake();
    }
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  /** Sends until the stream is over. @returns why the target lacks some of it, where it does */
  async #send(target: GrowingTarget, signal: AbortSignal): Promise<TaskError | undefined> {
    let set: GrowingSet | undefined;
    let lastFailures = 0;
    for (;;) {
      const { promise: news } = this.#news;
      const isOver = this.#isOver;
      try {
        set ??= await this.#grow(target, signal);
        if (await this.#sendNew(target, set, isOver)) await this.#tell(target, undefined);
        if (isOver) return undefined;
        await unlessAborted(news, signal);
      } catch (error) {
        signal.throwIfAborted();
        const failure = toTaskError(error);
        if (failure.code === "lease_lost" || failure.code === "cancelled") throw error;
        if (isOver && ++lastFailures >= LAST_TRIES_MAX) return failure;
        await this.#tell(target, failure);
        await unlessAborted(sleep(AGAIN_MS, this.#isOver ? never : news), signal);
      }
    }
  }

  #grow({ url }: GrowingTarget, signal: AbortSignal): Promise<GrowingSet> {
    const mayPublish = async () => {
      signal.throwIfAborted();
      await this.#line.store.mayPublish(this.#work.claim);
    };
    const storage = this.#line.storageOf(url, "target");
    return storage.grow(url, { tag: tagOf(this.#work), mayPublish, signal });
  }

  /** @returns whether there was anything to be sent */
  async #sendNew(target: GrowingTarget, set: GrowingSet, isOver: boolean): Promise<boolean> {
    const { pieces, index } = target;
    const all = pieces.all.slice();
    if (isOver && all.length === 0)
      throw new TaskError("output_wrong", "Cannot deliver the set: nothing of the stream came");
    if (!isOver && target.sent >= all.length) return false;
    for (; target.sent < all.length; target.sent += 1) {
      const piece = all[target.sent];
      if (!piece) break;
      const { name, init, part, sizeBytes } = piece;
      if (init !== undefined && all[target.sent - 1]?.part !== part)
        await set.add(pieces.pathOf(init), init);
      await set.add(pieces.pathOf(name), name);
      target.sentBytes += sizeBytes;
    }
    await set.list(this.#playlistOf(target, all, isOver), isOver);
    await pieces.noteSent(index, target.sent);
    await this.#free(pieces);
    return true;
  }

  #playlistOf({ url }: GrowingTarget, pieces: GrowingPieces["all"], hasEnded: boolean): string {
    return growingPlaylist(pieces, this.#line.storageOf(url, "target").folderOf(url), hasEnded);
  }

  /** What all targets of a recording have is not needed any more. */
  async #free(pieces: GrowingPieces): Promise<void> {
    const counts = this.#targets.flatMap((target) => (target.pieces === pieces ? target.sent : []));
    await pieces.free(Math.min(...counts));
  }

  /** Records a change of how a target stands. */
  async #tell(target: GrowingTarget, failure: TaskError | undefined): Promise<void> {
    const why = failure?.message;
    if (target.why === why) return;
    const facts = { taskId: this.#work.task.id, index: target.index, why };
    if (why === undefined) log.info("Task {taskId}: target {index} takes its set again", facts);
    else log.warn("Task {taskId}: target {index} is RECONNECTING: {why}", facts);
    target.why = why;
    const result = failure
      ? ({
          status: "RECONNECTING",
          failure: { code: failure.code, detail: failure.message },
        } as const)
      : ({ status: "RUNNING" } as const);
    await this.#line.store.saveTarget(this.#work.claim, target.index, result);
  }

  /** Tells players that there is no more than what is there. */
  async #close(target: GrowingTarget): Promise<void> {
    const sent = target.pieces.all.slice(0, target.sent);
    if (sent.length === 0) return;
    const mayPublish = async () => {
      try {
        await this.#line.store.mayPublish(this.#work.claim);
      } catch (error) {
        // That it was cancelled is why it is closed.
        if (toTaskError(error).code !== "cancelled") throw error;
      }
    };
    const options = {
      tag: tagOf(this.#work),
      mayPublish,
      signal: AbortSignal.timeout(CLOSE_MS_MAX),
    };
    const set = await this.#line.storageOf(target.url, "target").grow(target.url, options);
    await set.list(this.#playlistOf(target, sent, true), true);
  }

  /** What came of a set: its streams are those of its newest pieces. @throws {TaskError} `output_wrong` */
  async #describe({ pieces, index }: GrowingTarget, signal: AbortSignal): Promise<Output> {
    const { all } = pieces;
    const path = pieces.pathOf(`newest-${index}.m3u8`);
    await writeFile(path, growingPlaylist(pieces.newest, ".", true));
    const media = await this.#line.engine.probe({ path, side: "output" }, signal);
    const seconds = all.reduce((sum, piece) => sum + piece.seconds, 0);
    const sizeBytes = all.reduce((sum, piece) => sum + piece.sizeBytes, 0);
    return describeOutput({ container: "m3u8" }, { ...media, durationSeconds: seconds }, sizeBytes);
  }
}

const never = new Promise<never>(() => {});
