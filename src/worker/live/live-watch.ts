import type { LiveProgress } from "../../engine/engine.ts";

/** From the start of a run to its first frame: connecting, and waiting for a key frame, which x264 left alone makes every 10 s. */
const START_MS_MAX = 20_000;
/** A source that gives less than `ADVANCE_SECONDS` of media, or no frame, within this is away. */
const GAP_MS_MAX = 2_000;
const ADVANCE_SECONDS = 0.4;
/** Media that runs ahead of the clock by more has had its time stamps jump; servers send some seconds at once at first. */
const AHEAD_SECONDS_MAX = 12;

/** The one trouble with which a source is there all the same. */
export const CHANGED = "its streams have changed";

/** What is wrong with a run, as the end of a sentence. */
export type LiveTrouble = "it sends nothing" | "its time stamps jump" | typeof CHANGED;

/**
 * Watches one run of a live stream: ffmpeg itself tells nothing while a source is silent, and a source that begins anew
 * on the same connection freezes the output, for its time stamps lie in the past.
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

  /** When it last got on (ms, as given); nothing before the first frame. */
  get movedMs(): number | undefined {
    return this.#first && this.#mark.atMs;
  }

  /** When the source was last there: a change shows that it is, though nothing of it was reported so far. */
  get seenMs(): number | undefined {
    return this.#changedMs ?? this.movedMs;
  }

  /** Takes it that the source sends something else than the run was made for. */
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

  /** What is wrong by now; nothing while all is well. */
  trouble(nowMs: number): LiveTrouble | undefined {
    if (this.#changedMs !== undefined) return CHANGED;
    if (!this.#first) return nowMs - this.#startMs > START_MS_MAX ? "it sends nothing" : undefined;
    if (nowMs - this.#mark.atMs > GAP_MS_MAX) return "it sends nothing";
    const played = this.#last.outSeconds - this.#first.outSeconds;
    const passed = (nowMs - this.#first.atMs) / 1000;
    return played - passed > AHEAD_SECONDS_MAX ? "its time stamps jump" : undefined;
  }
}
