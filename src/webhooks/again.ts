import type { Telling, TellingResult } from "../task/delivery.ts";

/** How long a receiver is told of an event again and again. */
const TOLD_FOR_MS = 24 * 3_600_000;
const FIRST_PAUSE_MS = 5_000;
const PAUSE_MS_MAX = 600_000;
/** A pause is up to so much shorter or longer, so that tasks whose receiver was away do not come back together. */
const JITTER = 0.25;
/** A receiver that answers so wants to hear nothing more. */
const GONE = 410;

/** A try that failed. */
export type Failure = {
  readonly detail: string;
  readonly httpStatus?: number;
  /** How long the receiver wants to be left alone. */
  readonly retryAfterMs?: number;
};

/**
 * What comes after a try that failed. Pauses double: 5 s, 10 s … at most 10 min, or as long as the receiver asks for; the last try is
 * made when the time is over.
 *
 * @param chance - from 0 to 1
 */
export function afterFailure(
  { tries, sinceMs, event }: Pick<Telling, "tries" | "sinceMs" | "event">,
  { retryAfterMs = 0, ...failure }: Failure,
  nowMs: number,
  chance: number,
): TellingResult {
  const leftMs = sinceMs + TOLD_FOR_MS - nowMs;
  // Of progress, the next one is as good.
  if (event.type === "progress" || leftMs <= 0 || failure.httpStatus === GONE)
    return { ...failure, state: "FAILED" };
  const doubled = Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** tries);
  const pauseMs = Math.round(doubled * (1 + JITTER * (2 * chance - 1)));
  const againMs = nowMs + Math.min(leftMs, Math.max(pauseMs, retryAfterMs));
  return { ...failure, state: "PENDING", againMs };
}
