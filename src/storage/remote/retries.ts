import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, TaskError } from "../../task/errors.ts";

/** How often an action is retried at once, and after what wait; the retries of the task come after that. */
export type RetryLimits = {
  /** Failures in a row, without progress between them, before giving up. */
  readonly failuresMax: number;
  /** Before the second try; it doubles each time. */
  readonly firstWaitMs: number;
};

/** Errors that may pass by themselves. */
const PASSING: readonly ErrorCode[] = ["source_unreachable", "source_hangs", "target_unreachable"];

/**
 * Repeats an action until it succeeds, fails for good, or fails too often.
 *
 * @param hasProgressed - whether there was progress since it was last called: the count of failures starts again then
 * @throws the last failure, or the signal's reason
 */
export async function withRetries<T>(
  action: () => Promise<T>,
  { failuresMax, firstWaitMs }: RetryLimits,
  signal: AbortSignal,
  hasProgressed: () => boolean = () => false,
): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await action();
    } catch (error) {
      signal.throwIfAborted();
      failures = hasProgressed() ? 1 : failures + 1;
      const mayPass = error instanceof TaskError && PASSING.includes(error.code);
      if (!mayPass || failures >= failuresMax) throw error;
      await sleep(firstWaitMs * 2 ** (failures - 1), undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
  }
}
