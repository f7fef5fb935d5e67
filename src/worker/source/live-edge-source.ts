import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { PipedTrack } from "../../engine/engine.ts";
import type { Segment } from "../../manifest/manifest.ts";
import { EDGE_SEGMENTS, lastOf, secondsOf } from "../../manifest/read/live-manifest.ts";
import { refuseUnrelayed, relayedMedia } from "../../plan/live/relay.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import type { SourceRun } from "../run.ts";
import { LiveEdgeSegments, type Stretch, type TrackName } from "./live-edge-segments.ts";
import { type LiveFeed, type LiveSource, type LiveWaiting, MAY_PASS } from "./live-source.ts";
import type { ManifestPlace, ReadManifest } from "./read-manifest.ts";
import { appendSegment, SegmentFetcher } from "./segment-fetcher.ts";
import { withCaptions } from "./source-captions.ts";

/** So many segments are enough to begin with, however short they are. */
const READY_SEGMENTS = 8;

/**
 * Fetches what a live manifest names, from near its live edge on, and gives it to `use` as a live source. ffmpeg gets only bytes: every
 * address goes through the storage that opened the manifest. A few fetched segments wait in scratch.
 *
 * @throws what `use` throws
 */
export async function openLiveEdge(
  read: ReadManifest,
  run: Pick<SourceRun, "engine" | "sourceTimeoutMs" | "onLog">,
  place: ManifestPlace,
  use: (source: LiveSource) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([place.signal, stop.signal]);
  const fetcher = new SegmentFetcher({ ...place, signal });
  const incoming = new LiveEdgeSegments(run, fetcher, signal);
  const following = incoming.follow(read);
  try {
    await use(new LiveEdgeSource(incoming, fetcher, run, place.folder));
  } finally {
    stop.abort(new TaskError("cancelled", "Cannot fetch on: the source is given up"));
    await following;
    await fetcher.close();
  }
}

/** The segments of a live manifest as a live source, which one run after the other reads. */
class LiveEdgeSource implements LiveSource {
  #probes = 0;

  constructor(
    private readonly incoming: LiveEdgeSegments,
    private readonly fetcher: SegmentFetcher,
    private readonly run: Pick<SourceRun, "engine" | "onLog">,
    private readonly folder: string,
  ) {}

  get isAway(): boolean {
    const { stretch, hasNext, hasEnded } = this.incoming;
    return !hasEnded && !hasNext && !stretch?.waiting.main?.length;
  }

  async next({ onMiss }: LiveWaiting, signal: AbortSignal): Promise<LiveFeed | undefined> {
    for (;;) {
      const stretch = await this.#stretch(signal);
      if (!stretch) return undefined;
      try {
        return await this.#feedOf(stretch, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof TaskError && MAY_PASS.includes(error.code))) throw error;
        onMiss(error);
        this.run.onLog(`a segment is left out: ${error.message}`);
        await this.#drop(stretch.waiting.main?.shift());
      }
    }
  }

  /** The span to read, once there is enough of it; undefined if nothing more will come. */
  async #stretch(signal: AbortSignal): Promise<Stretch | undefined> {
    const { incoming } = this;
    for (;;) {
      const stretch = await incoming.until(
        () => incoming.stretch ?? (incoming.hasEnded ? "none" : undefined),
        signal,
      );
      if (stretch === "none") return undefined;
      await incoming.until(() => this.#isReady(stretch) || stretch.isClosed || undefined, signal);
      if (!stretch.isClosed) await this.#skipToEdge(stretch);
      const { main, audio } = stretch.waiting;
      // Video whose audio could not be fetched is not sent without it.
      if (main?.length && audio?.length !== 0) return stretch;
      await incoming.pass();
    }
  }

  /** Whether there is enough of a span that a run which reads it now does not run dry. */
  #isReady({ waiting: { main = [], audio } }: Stretch): boolean {
    const seconds = EDGE_SEGMENTS * this.incoming.segmentSeconds;
    // A tiny difference is rounding.
    const isLong = secondsOf(main) >= seconds - 1e-3;
    return (isLong || main.length >= READY_SEGMENTS) && audio?.length !== 0;
  }

  /** Drops what has waited for too long, so that a source that was away does not stay late. */
  async #skipToEdge({ waiting: { main = [], audio = [] } }: Stretch): Promise<void> {
    const kept = lastOf(main, EDGE_SEGMENTS * this.incoming.segmentSeconds);
    const late = main.splice(0, main.length - kept.length);
    if (late.length === 0) return;
    const keptAudio = lastOf(audio, secondsOf(kept));
    for (const segment of [...late, ...audio.splice(0, audio.length - keptAudio.length)])
      await this.#drop(segment);
  }

  async #feedOf(stretch: Stretch, signal: AbortSignal): Promise<LiveFeed> {
    const main = await this.#probe(stretch, "main", signal);
    const hasAudio = stretch.waiting.audio !== undefined;
    const audio = hasAudio ? await this.#probe(stretch, "audio", signal) : undefined;
    refuseUnrelayed([main, audio]);
    const track = (media: MediaInfo, name: TrackName): PipedTrack => ({
      media,
      bytes: (until) => this.#bytes(stretch, name, until),
    });
    return {
      ...relayedMedia([main, audio]),
      input: {
        tracks: audio ? [track(main, "main"), track(audio, "audio")] : [track(main, "main")],
      },
    };
  }

  /** Probes the first segment of a track. */
  async #probe(stretch: Stretch, name: TrackName, signal: AbortSignal): Promise<MediaInfo> {
    const path = join(this.folder, `relayed-${this.#probes++}`);
    const [first] = stretch.waiting[name] ?? [];
    try {
      for (const segment of [stretch.inits[name], first])
        if (segment) await appendSegment(segment, path, this.fetcher);
      const media = await this.run.engine.probe({ path, side: "source" }, signal);
      return (await withCaptions({ path, media }, signal)).media;
    } finally {
      await rm(path, { force: true });
    }
  }

  async *#bytes(
    stretch: Stretch,
    name: TrackName,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const init = stretch.inits[name];
    if (init) yield* this.fetcher.read(init);
    for (;;) {
      const segment = await this.incoming.next(stretch, name, signal);
      if (!segment) return;
      yield* this.fetcher.read(segment);
      await this.#drop(segment);
    }
  }

  async #drop(segment: Segment | undefined): Promise<void> {
    if (segment) await this.fetcher.drop(segment.url);
  }
}
