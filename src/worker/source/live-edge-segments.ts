import { EventEmitter, once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { type Manifest, refuseManifest, type Segment } from "../../manifest/manifest.ts";
import { LiveManifestReader, type News } from "../../manifest/read/live-manifest.ts";
import type { SourceRun } from "../run.ts";
import { AGAIN_MS, awayOr } from "./live-source.ts";
import { pollManifest } from "./poll-manifest.ts";
import type { ReadManifest } from "./read-manifest.ts";
import type { SegmentFetcher } from "./segment-fetcher.ts";

/** How many segments of a track wait in scratch at most: four times what a player buffers. */
const HELD_SEGMENTS_MAX = 12;
/** How many segments are fetched at once. */
const AT_ONCE = 4;
const TRACKS = ["main", "audio"] as const;

/** The track of the video or of everything, and that of the audio if it is separate. */
export type TrackName = (typeof TRACKS)[number];

/** A span of time without a break, which is read by one run or by several. */
export type Stretch = {
  readonly inits: Readonly<Partial<Record<TrackName, Segment>>>;
  /** What was fetched and not yet read, in order. */
  readonly waiting: Partial<Record<TrackName, Segment[]>>;
  /** Nothing more is added to it. */
  isClosed: boolean;
};

/** Fetches the segments that a live manifest names, from near its live edge on, while they come. */
export class LiveEdgeSegments {
  readonly #reader = new LiveManifestReader("edge");
  readonly #changes = new EventEmitter();
  readonly #stretches: Stretch[] = [];
  #segmentSeconds = 0;
  /** When a segment of each track came last. A source whose audio does not come counts as away. */
  readonly #newMs = { main: performance.now(), audio: performance.now() };
  #hasAudio = false;
  #hasEnded = false;
  #failure: unknown;
  #isBroken = true;

  constructor(
    private readonly run: Pick<SourceRun, "sourceTimeoutMs" | "onLog">,
    private readonly fetcher: SegmentFetcher,
    private readonly signal: AbortSignal,
  ) {
    // The listeners: a reader for each track, the one that fetches, and one that waits for the next run.
    this.#changes.setMaxListeners(TRACKS.length + 2);
  }

  /** The span to read now; undefined if it is still to come, or if none will come. */
  get stretch(): Stretch | undefined {
    return this.#stretches[0];
  }

  /** Whether another span begins after that one. */
  get hasNext(): boolean {
    return this.#stretches.length > 1;
  }

  /** Whether nothing more will come. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The duration of the longest segment. */
  get segmentSeconds(): number {
    return this.#segmentSeconds;
  }

  /** Keeps reading the manifest until it has ended, has been away for too long, or the signal aborts; never rejects. */
  async follow(read: ReadManifest): Promise<void> {
    const { signal } = this;
    const { sourceTimeoutMs, onLog } = this.run;
    try {
      await pollManifest(read, { sourceTimeoutMs, signal, onLog }, (each) => this.#take(each));
    } catch (error) {
      if (!this.signal.aborted) this.#failure = error;
    }
    this.#hasEnded = true;
    for (const stretch of this.#stretches) stretch.isClosed = true;
    this.#changes.emit("change");
  }

  /**
   * Waits until the function answers with something else than undefined.
   *
   * @throws the error that ended the reading of the manifest
   */
  async until<T>(ask: () => T | undefined, signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#failure) throw this.#failure;
      const answer = ask();
      if (answer !== undefined) return answer;
      await once(this.#changes, "change", { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** The next segment of a span, once it is there; undefined at the end of the span. */
  async next(stretch: Stretch, name: TrackName, signal: AbortSignal): Promise<Segment | undefined> {
    const waiting = stretch.waiting[name] ?? [];
    const segment = await this.until(
      () => waiting.shift() ?? (stretch.isClosed ? "none" : undefined),
      signal,
    );
    // Now there is room for another one.
    this.#changes.emit("change");
    return segment === "none" ? undefined : segment;
  }

  /** Leaves the span that was read. */
  async pass(): Promise<void> {
    const passed = this.#stretches.shift();
    const wanted = this.#stretches.flatMap(({ inits }) => Object.values(inits));
    const { inits = {}, waiting = {} } = passed ?? {};
    for (const { url } of [...Object.values(inits), ...Object.values(waiting).flat()])
      if (!wanted.some((init) => init.url === url)) await this.fetcher.drop(url);
  }

  /** Fetches the new segments. @returns whether there were any */
  async #take(manifest: Manifest): Promise<boolean> {
    this.#segmentSeconds = Math.max(this.#segmentSeconds, manifest.segmentSeconds);
    const sinceMs = this.#lastMs;
    for (const news of this.#reader.take(manifest)) {
      if (news.isBreak) this.#isBroken = true;
      this.#hasAudio = news.audio !== undefined;
      const segments = inTurn(news);
      for (const [index, [name, segment]] of segments.entries()) {
        // A segment that cannot be fetched is waited for only as long as a source that is away.
        if (performance.now() - this.#newMs[name] > this.run.sourceTimeoutMs) {
          this.#isBroken = true;
          return false;
        }
        const ahead = segments.slice(index, index + AT_ONCE).map(([, each]) => each);
        this.fetcher.fetchAhead(ahead);
        await this.#add(news, name, segment);
      }
    }
    return this.#lastMs > sinceMs;
  }

  get #lastMs(): number {
    const { main, audio } = this.#newMs;
    return this.#hasAudio ? Math.min(main, audio) : main;
  }

  async #add(news: News, name: TrackName, segment: Segment): Promise<void> {
    if (segment.range)
      throw refuseManifest(
        "input_not_supported",
        "names parts of files while it grows: it can be recorded, not sent on live",
      );
    const init = news[name]?.init;
    const isHere =
      (init === undefined || (await this.#fetch(init))) && (await this.#fetch(segment));
    if (!isHere) {
      // The next segment does not continue where this one would have ended.
      this.#isBroken = true;
      return;
    }
    if (this.#isBroken) this.#begin(news);
    const waiting = this.#stretches.at(-1)?.waiting[name];
    await this.until(
      () => ((waiting?.length ?? 0) < HELD_SEGMENTS_MAX ? true : undefined),
      this.signal,
    );
    waiting?.push(segment);
    this.#newMs[name] = performance.now();
    this.#changes.emit("change");
  }

  #begin({ main, audio }: News): void {
    const last = this.#stretches.at(-1);
    if (last) last.isClosed = true;
    this.#isBroken = false;
    this.#stretches.push({
      inits: { ...(main.init && { main: main.init }), ...(audio?.init && { audio: audio.init }) },
      waiting: { main: [], ...(audio && { audio: [] }) },
      isClosed: false,
    });
  }

  /** Fetches a segment, again if it is not there yet, as some are named a little early. @returns whether it could be fetched */
  async #fetch(segment: Segment): Promise<boolean> {
    const endMs = performance.now() + this.#segmentSeconds * 1000;
    for (;;) {
      try {
        await this.fetcher.fetch(segment);
        return true;
      } catch (error) {
        this.signal.throwIfAborted();
        const { message } = awayOr(error);
        await this.fetcher.drop(segment.url);
        if (performance.now() > endMs) {
          this.run.onLog(`a segment is left out: ${message}`);
          return false;
        }
      }
      await wait(AGAIN_MS, undefined, { signal: this.signal });
    }
  }
}

/** The segments of both tracks in turns, so that neither waits for the other. */
function inTurn({ main, audio }: News): readonly (readonly [TrackName, Segment])[] {
  const segments = { main: main.segments, audio: audio?.segments ?? [] };
  const all = TRACKS.flatMap((name) => {
    let seconds = 0;
    return segments[name].map((segment) => {
      const begins = seconds;
      seconds += segment.seconds;
      return { name, segment, begins };
    });
  });
  return all.toSorted((a, b) => a.begins - b.begins).map(({ name, segment }) => [name, segment]);
}
