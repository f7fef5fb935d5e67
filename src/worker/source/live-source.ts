import { setTimeout as wait } from "node:timers/promises";
import type { LiveEngine, LiveInput } from "../../engine/engine.ts";
import type { Reach } from "../../lib/reach.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { type ErrorCode, TaskError } from "../../task/errors.ts";

/** What one run reads, and what it holds. */
export type LiveFeed = {
  readonly input: LiveInput;
  readonly media: MediaInfo;
  /** The input of ffmpeg that the audio is read from, if it is not the first. */
  readonly audioInput?: number;
};

/** What a live task reads, run by run. */
export interface LiveSource {
  /** Whether it is away now, rather than about to continue. */
  readonly isAway: boolean;

  /**
   * Waits for what the next run reads.
   *
   * @param waiting - `seenMs` is when the last run last made progress, and `hasProduced` whether any run has; `onMiss` is called for
   *   each failed try
   * @returns undefined if the source has ended, or has been away for too long
   * @throws {TaskError} failures that waiting does not cure
   */
  next(waiting: LiveWaiting, signal: AbortSignal): Promise<LiveFeed | undefined>;
}

/** The conditions of waiting for a source. */
export type LiveWaiting = {
  readonly seenMs: number;
  readonly hasProduced: boolean;
  readonly onMiss: (error: TaskError) => void;
};

/** The pause between two tries to reach a source that is away. */
export const AGAIN_MS = 500;

/** The codes of errors that mean that a source is away. */
export const AWAY: readonly ErrorCode[] = [
  "source_unreachable",
  "source_hangs",
  "source_slow",
  "source_missing",
];
/** The codes of errors that may pass, as the source is away or about to come. Every other error ends the task. */
export const MAY_PASS: readonly ErrorCode[] = [...AWAY, "source_not_media", "source_damaged"];

/** A certificate that is refused at first ends the task; one that is refused later may be corrected again. */
const mayPass = ({ code }: TaskError, hasProduced: boolean): boolean =>
  MAY_PASS.includes(code) || (code === "source_untrusted" && hasProduced);

/** Returns the error of a source that is away. @throws any other error */
export function awayOr(error: unknown): TaskError {
  if (error instanceof TaskError && AWAY.includes(error.code)) return error;
  throw error;
}

/** A live address. */
export class UrlSource implements LiveSource {
  /** A run of it ends when its stream ends. */
  readonly isAway = true;

  constructor(
    private readonly url: string,
    private readonly live: LiveEngine,
    private readonly limits: {
      readonly sourceTimeoutMs: number;
      readonly now: () => number;
      readonly reach?: Reach | undefined;
    },
  ) {}

  async next(
    { seenMs, hasProduced, onMiss }: LiveWaiting,
    signal: AbortSignal,
  ): Promise<LiveFeed | undefined> {
    const { sourceTimeoutMs, now, reach } = this.limits;
    const { url } = this;
    for (;;) {
      const leftMs = seenMs + sourceTimeoutMs - now();
      if (leftMs <= 0) return undefined;
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), leftMs);
      try {
        const until = AbortSignal.any([signal, late.signal]);
        const media = await this.live.probe(url, until, reach);
        return { input: { url }, media };
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof TaskError && !mayPass(error, hasProduced)) throw error;
        if (error instanceof TaskError) onMiss(error);
        await wait(Math.min(AGAIN_MS, leftMs), undefined, { signal });
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
