import type { Manifest, Segment, Span, Track } from "../manifest.ts";

/** What a manifest has named since it was read before: segments of one stretch of time, in their order. */
export type News = {
  /** They begin a stretch: nothing of what came before goes on in them. */
  readonly isBreak: boolean;
  /** What is new alone, with what stands before all segments. */
  readonly main: Track;
  readonly audio?: Track;
};

/** Where reading begins: with the first segment that is named, or near the last, as a player does. */
export type Beginning = "start" | "edge";

/** A player begins so many of the longest segments before the end; @see https://www.rfc-editor.org/rfc/rfc8216#section-6.3.3 */
export const EDGE_SEGMENTS = 3;
/** Numbers of segments may step back by less: a server's copy of a manifest may be a little older than the one before. */
const STALE_SEGMENTS_MAX = 3;

/** What is new of a manifest that grows, however often it is read. */
export class LiveManifestReader {
  readonly #from: Beginning;
  #seen = { main: -1, audio: -1 };
  /** The places of the last segments of the picture. */
  #recent: readonly number[] = [];
  #init: string | undefined;
  #hasBegun = false;

  constructor(from: Beginning) {
    this.#from = from;
  }

  /** What a manifest names that none before it has named. */
  take({ spans, segmentSeconds }: Manifest): readonly News[] {
    if (this.#from === "edge" && this.#isOther(spans)) {
      this.#hasBegun = false;
      this.#seen = { main: -1, audio: -1 };
      this.#recent = [];
    }
    const isAtEdge = this.#from === "edge" && !this.#hasBegun;
    const named = isAtEdge ? edgeOf(spans, segmentSeconds) : spans;
    return named.flatMap((span, index) => this.#newOf(span, index) ?? []);
  }

  #newOf({ main, audio }: Span, index: number): News | undefined {
    const segments = main.segments.filter(({ at }) => at > this.#seen.main);
    const isBreak = segments.length > 0 && this.#isBreak(main, index);
    if (!this.#hasBegun && !isBreak) return undefined;
    const sounds = audio?.segments.filter(({ at }) => at > this.#seen.audio) ?? [];
    if (segments.length === 0 && sounds.length === 0) return undefined;
    this.#hasBegun = true;
    if (isBreak) this.#init = JSON.stringify(main.init);
    this.#seen = {
      main: segments.at(-1)?.at ?? this.#seen.main,
      audio: sounds.at(-1)?.at ?? this.#seen.audio,
    };
    const places = [...this.#recent, ...segments.map(({ at }) => at)];
    this.#recent = places.slice(-STALE_SEGMENTS_MAX);
    return {
      isBreak,
      main: { ...main, segments },
      ...(audio && { audio: { ...audio, segments: sounds } }),
    };
  }

  #isBreak({ init, segments }: Track, index: number): boolean {
    // The first stretch of a window goes on where the last known one stands, unless it begins otherwise.
    const isOther = JSON.stringify(init) !== this.#init;
    const isLater = index > 0 && (segments[0]?.at ?? 0) > this.#seen.main;
    return !this.#hasBegun || isOther || isLater;
  }

  /** Whether its numbers begin anew: its encoder was restarted, or another period counts by itself. */
  #isOther(spans: readonly Span[]): boolean {
    const newest = spans.at(-1)?.main.segments.at(-1);
    const [oldest] = this.#recent;
    const isKnown = this.#recent.length === STALE_SEGMENTS_MAX;
    return isKnown && newest !== undefined && oldest !== undefined && newest.at < oldest;
  }
}

/** Seconds of segments. */
export const secondsOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { seconds }) => sum + seconds, 0);

/** The last segments that are together at least so long; all where they are shorter. */
export function lastOf(segments: readonly Segment[], seconds: number): readonly Segment[] {
  let from = segments.length;
  // A hair less than whole is rounding.
  for (let sum = 0; from > 0 && sum < seconds - 1e-3; from--)
    sum += segments[from - 1]?.seconds ?? 0;
  return segments.slice(from);
}

/** The end of what is named, so long that a player that begins there does not run dry. */
function edgeOf(spans: readonly Span[], segmentSeconds: number): readonly Span[] {
  const kept: Span[] = [];
  let seconds = EDGE_SEGMENTS * segmentSeconds;
  for (const { main, audio } of spans.toReversed()) {
    if (seconds <= 0 && kept.length > 0) break;
    const segments = seconds > 0 ? lastOf(main.segments, seconds) : main.segments.slice(-1);
    const own = secondsOf(segments);
    seconds -= own;
    const sounds = audio && { audio: { ...audio, segments: lastOf(audio.segments, own) } };
    kept.unshift({ main: { ...main, segments }, ...sounds });
  }
  return kept;
}
