import { createHash } from "node:crypto";
import { type ErrorCode, retryOf } from "../task/errors.ts";
import { failedRuns, heldRuns } from "../task/failed-runs.ts";
import type { Task } from "../task/task.ts";

const FIRST_DELAY_MS = 2_000;
const DELAY_MS_MAX = 1_800_000;
/** A delay is up to so much shorter or longer, so that tasks that failed together do not come back together. */
const JITTER = 0.25;

/** The limits of retries. */
export type RetryLimits = {
  /** The highest number of runs of a task; with 1 no task is run again. */
  readonly attemptsMax: number;
  /** How long a task whose cause may pass is run again, since its first failure. */
  readonly retryMaxMs: number;
};

/** A run that has failed: its task as it was claimed, and how many runs had failed before. */
export type FailedRun = {
  readonly task: Pick<Task, "id" | "attempt" | "attempts">;
  readonly failures: number;
  readonly nowMs: number;
};

/**
 * How long to wait before the next run of a task that failed; undefined if there is no next run.
 *
 * Delays double: 2 s, 4 s, 8 s … at most 30 min, each a little longer or shorter, by the task and its attempt. A cause that passes by
 * itself is waited for until `retryMaxMs` since the first failure is over, and at least for `attemptsMax` runs; the last of them begins
 * when the time is over. A cause that is retried `once` gets one more run, unless a run failed for another such cause.
 */
export function retryDelayMs(
  code: ErrorCode,
  { task, failures, nowMs }: FailedRun,
  { attemptsMax, retryMaxMs }: RetryLimits,
): number | undefined {
  const retry = retryOf(code);
  if (retry === "never" || attemptsMax === 1) return undefined;
  const before = { attempts: task.attempts, failures };
  const delayMs = delayOf(`${task.id} ${task.attempt}`, failures + 1);
  if (retry !== "backoff") {
    const runsMax = retry === "once" ? Math.min(2, attemptsMax) : attemptsMax;
    return heldRuns(before) + 1 < runsMax ? delayMs : undefined;
  }
  if (failures + 1 < attemptsMax) return delayMs;
  const ends = failedRuns(before).flatMap(({ endMs }) => endMs ?? []);
  const leftMs = retryMaxMs - passedMs([...ends, nowMs]);
  return leftMs > 0 ? Math.min(delayMs, leftMs) : undefined;
}

/** Whether a task whose run ends with this error gets no other run. */
export const isLastRun = (code: ErrorCode, run: FailedRun, retries: RetryLimits): boolean =>
  code !== "lease_lost" && code !== "shutdown" && retryDelayMs(code, run, retries) === undefined;

/** How long it is from the first time to the last one. A clock that was set back meanwhile takes off no more than the pause it was set in. */
const passedMs = (times: readonly number[]): number =>
  times.reduce((sum, timeMs, at) => sum + Math.max(0, timeMs - (times[at - 1] ?? timeMs)), 0);

function delayOf(seed: string, failures: number): number {
  const delayMs = FIRST_DELAY_MS * 2 ** (failures - 1) * (1 + JITTER * (2 * chanceOf(seed) - 1));
  return Math.round(Math.min(DELAY_MS_MAX, delayMs));
}

/** A number from 0 to 1 that looks like chance and is the same for the same text. */
const chanceOf = (text: string): number =>
  createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;
