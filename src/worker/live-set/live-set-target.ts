import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { getLogger } from "@logtape/logtape";
import { sleep } from "../../lib/sleep.ts";
import { unlessAborted } from "../../lib/unless-aborted.ts";
import { type Telling, WINDOW_SEGMENTS } from "../../manifest/write/live-playlist.ts";
import type { PublishedText } from "../../manifest/write/published-names.ts";
import type { LiveSetWriter } from "../../storage/storage.ts";
import { TaskError, toTaskError } from "../../task/errors.ts";
import { failureOf } from "../../task/task.ts";
import type { Run } from "../run.ts";
import type { LiveSet, LiveSetTexts } from "./live-set.ts";

const log = getLogger(["pontus", "worker"]);

/** The pause between two tries to send to a target that fails; a storage retries for some seconds by itself. */
const AGAIN_MS = 2_000;
/** How often a target is tried once the stream has ended. */
const LAST_TRIES_MAX = 3;
/** How long closing a target may take, so that one that hangs does not hold up the end of a cancelled task. */
const CLOSE_MS_MAX = 5_000;
/** The same for taking down all its files. */
const REMOVE_MS_MAX = 30_000;
/** Players reload a playlist sooner than this. */
const HEARD_MS = 10_000;

const never = new Promise<never>(() => {});

/** What a target follows. */
export type SegmentFeed = {
  /** Resolves when there are more segments than now, or when it is over. */
  readonly news: () => Promise<void>;
  /** Whether there will be no more segments. */
  readonly isOver: () => boolean;
  /** Called when segments have been sent. */
  readonly onSent: () => Promise<void>;
};

/** One target of a live set. It gets the segments in their order, and after them the texts for players. */
export class LiveSetTarget {
  readonly index: number;
  readonly recording: LiveSet;
  readonly #run: Run;
  readonly #url: string;
  #sent: number;
  #sentBytes = 0;
  /** The version of the recording that was published last. */
  #version = -1;
  #entry = "";
  /** The names of the init segments sent in this attempt. */
  readonly #inits = new Set<string>();
  /** Those of all else in the folder. */
  readonly #names = new Set<string>();
  #isListed = false;
  #isComplete = false;
  #isSeen = false;
  /** Why the target does not take segments; undefined while it does. */
  #why: string | undefined;

  private constructor(run: Run, index: number, recording: LiveSet, sent: number) {
    this.index = index;
    this.recording = recording;
    this.#run = run;
    this.#url = run.targetUrl(index);
    this.#sent = sent;
  }

  /** Opens a target, and continues where an earlier attempt has ended. */
  static async open(run: Run, index: number, recording: LiveSet): Promise<LiveSetTarget> {
    const sent = await recording.segments.sentTo(index);
    return new LiveSetTarget(run, index, recording, sent);
  }

  /** How many segments the target has. */
  get sent(): number {
    return this.#sent;
  }

  /** Whether segments that it lacks are removed: it was not among the targets then, or its note is lost. */
  get isBehind(): boolean {
    return this.#sent < this.recording.segments.freed;
  }

  /** Bytes sent to it in this attempt. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /**
   * Sends segments until the feed is over. If the target fails, tries again and sends what it lacks.
   *
   * @returns why it lacks segments at the end; undefined if it has all
   * @throws what concerns the whole task, or the reason of the signal
   */
  async send(feed: SegmentFeed, signal: AbortSignal): Promise<TaskError | undefined> {
    if (this.isBehind)
      return new TaskError(
        "target_unwritable",
        "Cannot deliver the set: what was sent before this target could be written is not kept",
      );
    let set: LiveSetWriter | undefined;
    let lastFailures = 0;
    for (;;) {
      const news = feed.news();
      const isOver = feed.isOver();
      try {
        set ??= await this.#openWriter(signal);
        const { finished } = this.recording;
        if (isOver && finished) {
          await this.#run.mayPublish();
          await set.complete(finished, this.#names);
          for (const text of this.recording.besides?.() ?? []) await this.#addText(set, text);
          this.#isComplete = true;
          return undefined;
        }
        if (isOver || this.recording.version !== this.#version) {
          await this.#sendNew(set, isOver ? "ends" : "grows", signal);
          await this.#tell(undefined);
          await feed.onSent();
        }
        if (isOver) return await this.#sendWhole(set, signal);
        await unlessAborted(news, signal);
      } catch (error) {
        signal.throwIfAborted();
        const failure = toTaskError(error);
        if (failure.code === "lease_lost" || failure.code === "cancelled") throw error;
        if (isOver && ++lastFailures >= LAST_TRIES_MAX) return failure;
        await this.#tell(failure);
        await unlessAborted(sleep(AGAIN_MS, feed.isOver() ? never : news), signal);
      }
    }
  }

  /** Tells players that the stream ends with the segments that the target has. */
  async close(): Promise<void> {
    if (this.#sent === 0 || this.isBehind || this.#isComplete) return;
    const signal = AbortSignal.timeout(CLOSE_MS_MAX);
    const { mayTidy } = this.#run;
    const set = await this.#openWriter(signal, mayTidy);
    const texts = this.recording.endAfter(this.#sent, this.#folder);
    if (!texts) return await this.#sendNew(set, "whole", signal, mayTidy);
    await mayTidy();
    await this.#publish(set, texts, true);
  }

  /** Takes the set down, which will not be completed. */
  async takeDown(): Promise<void> {
    if (this.#isComplete) return;
    const signal = AbortSignal.timeout(REMOVE_MS_MAX);
    const { mayTidy } = this.#run;
    const set = await this.#openWriter(signal, mayTidy);
    await set.takeDown({ names: [...this.#names, ...this.#inits], isListed: this.#isListed });
  }

  /** Publishes the playlist of all segments once players know that the stream has ended: a playlist that goes back confuses them. */
  async #sendWhole(set: LiveSetWriter, signal: AbortSignal): Promise<undefined> {
    const { all } = this.recording.segments;
    if (all.length > WINDOW_SEGMENTS) await wait(HEARD_MS, undefined, { signal });
    await this.#sendNew(set, "whole", signal);
  }

  #openWriter(signal: AbortSignal, mayPublish = this.#run.mayPublish): Promise<LiveSetWriter> {
    const storage = this.#run.storageOf(this.#url, "target");
    const { tag = this.#run.conditions.tag } = this.recording;
    return storage.openLiveSet(this.#url, { ...this.#run.conditions, tag, mayPublish, signal });
  }

  get #folder(): string {
    return this.#run.storageOf(this.#url, "target").folderOf(this.#url);
  }

  async #sendNew(
    set: LiveSetWriter,
    telling: Telling,
    signal: AbortSignal,
    mayPublish = this.#run.mayPublish,
  ): Promise<void> {
    const { version, segments } = this.recording;
    const texts = await this.recording.texts(this.#folder, telling, signal);
    if (telling !== "grows" && !texts)
      throw new TaskError("output_wrong", "Cannot deliver the set: nothing of the stream came");
    const count = texts?.count ?? segments.all.length;
    for (; this.#sent < count; this.#sent += 1) await this.#sendSegment(set, this.#sent);
    if (texts) {
      // Texts in the folder are visible like the entry, so a run that has lost its lease publishes none of them.
      await mayPublish();
      await this.#publish(set, texts, telling === "whole");
    }
    this.#version = version;
    await segments.noteSent(this.index, this.#sent);
  }

  async #sendSegment(set: LiveSetWriter, at: number): Promise<void> {
    const { segments } = this.recording;
    const segment = segments.all[at];
    if (!segment) return;
    const { init, name, sizeBytes } = segment;
    if (init !== undefined && !this.#inits.has(init)) {
      await set.add(segments.pathOf(segment, init), init);
      this.#inits.add(init);
    }
    await set.add(segments.pathOf(segment, name), name);
    this.#names.add(name);
    this.#sentBytes += sizeBytes;
  }

  async #publish(
    set: LiveSetWriter,
    { inFolder, entry }: LiveSetTexts,
    isLast: boolean,
  ): Promise<void> {
    for (const text of inFolder) await this.#addText(set, text);
    // An unchanged multivariant playlist need not be sent again.
    if (entry === this.#entry && !isLast) return;
    // Whether it came is not known if this fails.
    this.#isListed = true;
    await set.list(entry, isLast);
    this.#entry = entry;
    if (this.recording.tag === undefined || this.#isSeen || isLast) return;
    this.#isSeen = true;
    await this.#run.saveTarget(this.index, { status: "RUNNING", isWatchable: true });
    this.#run.decide(`targets[${this.index}] can be watched`);
  }

  async #addText(set: LiveSetWriter, { name, text }: PublishedText): Promise<void> {
    const path = join(this.recording.segments.folder, `told-${randomUUID()}-${name}`);
    await writeFile(path, text);
    this.#names.add(name);
    await set.add(path, name).finally(() => rm(path, { force: true }));
  }

  /** Records whether the target takes segments, if that has changed. */
  async #tell(failure: TaskError | undefined): Promise<void> {
    const why = failure?.message;
    if (this.#why === why) return;
    const facts = { taskId: this.#run.task.id, index: this.index, why };
    if (!failure) log.info("Task {taskId}: target {index} takes its set again", facts);
    else log.warn("Task {taskId}: target {index} is RECONNECTING: {why}", facts);
    this.#why = why;
    const result = failure
      ? ({ status: "RECONNECTING", failure: failureOf(failure) } as const)
      : ({ status: "RUNNING" } as const);
    await this.#run.saveTarget(this.index, result);
  }
}
