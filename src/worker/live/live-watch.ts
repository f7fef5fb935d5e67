import type { LiveProgress } from "../../engine/engine.ts";

/** The longest time from the start of a run to its first frame: to connect, and to wait for a key frame, which x264 makes every 10 s by default. */
const START_MS_MAX = 20_000;
/** A source that sends less than `ADVANCE_SECONDS` of media, or no frame, within this time is away. */
const GAP_MS_MAX = 2_000;
const ADVANCE_SECONDS = 0.4;
/** If media runs ahead of the clock by more, its time stamps have jumped. Servers send some seconds at once at the beginning. */
const AHEAD_SECONDS_MAX = 12;

/** The only trouble with which the source is not away. */
export const CHANGED = "its streams have changed";

/** What is wrong with a run, as the end of a sentence. */
export type LiveTrouble = "it sends nothing" | "its time stamps jump" | typeof CHANGED;

/**
 * Watches one run of a live stream. ffmpeg itself says nothing while a source is silent, and a source that restarts on the same
 * connection freezes the output, because its time stamps lie in the past.
 */
export class LiveWatch {
  readonly #hasVideo: boolean;
  readonly #startMs: number;
  #first: { readonly atMs: number; readonly outSeconds: number } | undefined;
  #mark = { atMs: 0, outSeconds: 0, frames: 0 };
  #last = { outSeconds: 0, frames: 0 };
  #changedMs: number | undefined;

  constructor({ hasVideo, startMs }: { readonly hasVideo: boolean; readonly startMs: number }) {
    this.#hasVideo = hasVideo;
    this.#startMs = startMs;
  }

  /** When the stream last advanced (ms, on the given clock); undefined before the first frame. */
  get movedMs(): number | undefined {
    return this.#first && this.#mark.atMs;
  }

  /** When the source last sent something: a change of its streams shows that too. */
  get seenMs(): number | undefined {
    return this.#changedMs ?? this.movedMs;
  }

  /** To be called when the source sends other streams than the run is made for. */
  change(nowMs: number): void {
    this.#changedMs = nowMs;
  }

  /** Takes a report of the run. */
  update({ outTimeSeconds: outSeconds, frames }: LiveProgress, nowMs: number): void {
    this.#last = { outSeconds, frames };
    const hasCome = outSeconds > 0 && (frames > 0 || !this.#hasVideo);
    if (!this.#first) {
      if (!hasCome) return;
      this.#first = { atMs: nowMs, outSeconds };
      this.#mark = { atMs: nowMs, outSeconds, frames };
      return;
    }
    const hasFrames = !this.#hasVideo || frames > this.#mark.frames;
    if (hasFrames && outSeconds >= this.#mark.outSeconds + ADVANCE_SECONDS)
      this.#mark = { atMs: nowMs, outSeconds, frames };
  }

  /** What is wrong now; undefined if nothing is. */
  trouble(nowMs: number): LiveTrouble | undefined {
    if (this.#changedMs !== undefined) return CHANGED;
    if (!this.#first) return nowMs - this.#startMs > START_MS_MAX ? "it sends nothing" : undefined;
    if (nowMs - this.#mark.atMs > GAP_MS_MAX) return "it sends nothing";
    const played = this.#last.outSeconds - this.#first.outSeconds;
    const passed = (nowMs - this.#first.atMs) / 1000;
    return played - passed > AHEAD_SECONDS_MAX ? "its time stamps jump" : undefined;
  }
}
