import type { Manifest, Segment, Span, Track } from "../manifest.ts";

/** The new segments of a manifest since it was read before: those of one span of time, in their order. */
export type News = {
  /** They begin a span: they continue nothing that came before. */
  readonly isBreak: boolean;
  /** Only the new segments, with their init segment. */
  readonly main: Track;
  readonly audio?: Track;
};

/** Where reading begins: at the first segment that is named, or near the last, as players do. */
export type Beginning = "start" | "edge";

/** How many of the longest segments a player begins before the end. @see https://www.rfc-editor.org/rfc/rfc8216#section-6.3.3 */
export const EDGE_SEGMENTS = 3;
/** Numbers of segments may go back by less, as a server's copy of a manifest may be a little older than the one before. */
const STALE_SEGMENTS_MAX = 3;

/** Finds the new segments of a live manifest, however often it is read. */
export class LiveManifestReader {
  readonly #from: Beginning;
  #seen = { main: -1, audio: -1 };
  /** The numbers of the last segments of the main track. */
  #recent: readonly number[] = [];
  #init: string | undefined;
  #hasBegun = false;

  constructor(from: Beginning) {
    this.#from = from;
  }

  /** The segments that a manifest names and none before it has named. */
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
    const audioSegments = audio?.segments.filter(({ at }) => at > this.#seen.audio) ?? [];
    if (segments.length === 0 && audioSegments.length === 0) return undefined;
    this.#hasBegun = true;
    if (isBreak) this.#init = JSON.stringify(main.init);
    this.#seen = {
      main: segments.at(-1)?.at ?? this.#seen.main,
      audio: audioSegments.at(-1)?.at ?? this.#seen.audio,
    };
    const places = [...this.#recent, ...segments.map(({ at }) => at)];
    this.#recent = places.slice(-STALE_SEGMENTS_MAX);
    return {
      isBreak,
      main: { ...main, segments },
      ...(audio && { audio: { ...audio, segments: audioSegments } }),
    };
  }

  #isBreak({ init, segments }: Track, index: number): boolean {
    // The first span of a window continues the last known one, unless its init segment is another.
    const isOther = JSON.stringify(init) !== this.#init;
    const isLater = index > 0 && (segments[0]?.at ?? 0) > this.#seen.main;
    return !this.#hasBegun || isOther || isLater;
  }

  /** Whether its numbers begin anew, as its encoder was restarted, or another period has numbers of its own. */
  #isOther(spans: readonly Span[]): boolean {
    const newest = spans.at(-1)?.main.segments.at(-1);
    const [oldest] = this.#recent;
    const isKnown = this.#recent.length === STALE_SEGMENTS_MAX;
    return isKnown && newest !== undefined && oldest !== undefined && newest.at < oldest;
  }
}

/** How long segments last together. */
export const secondsOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { seconds }) => sum + seconds, 0);

/** The last segments that together last at least so long; all if they last less. */
export function lastOf(segments: readonly Segment[], seconds: number): readonly Segment[] {
  let from = segments.length;
  // A tiny difference is rounding.
  for (let sum = 0; from > 0 && sum < seconds - 1e-3; from--)
    sum += segments[from - 1]?.seconds ?? 0;
  return segments.slice(from);
}

/** The last segments of what is named, so long that a player that begins there does not run dry. */
function edgeOf(spans: readonly Span[], segmentSeconds: number): readonly Span[] {
  const kept: Span[] = [];
  let seconds = EDGE_SEGMENTS * segmentSeconds;
  for (const { main, audio } of spans.toReversed()) {
    if (seconds <= 0 && kept.length > 0) break;
    const segments = seconds > 0 ? lastOf(main.segments, seconds) : main.segments.slice(-1);
    const own = secondsOf(segments);
    seconds -= own;
    const audioPart = audio && { audio: { ...audio, segments: lastOf(audio.segments, own) } };
    kept.unshift({ main: { ...main, segments }, ...audioPart });
  }
  return kept;
}
