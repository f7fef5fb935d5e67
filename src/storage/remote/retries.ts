import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, TaskError } from "../../task/errors.ts";

/** How often a thing is tried again at once, and after what wait; the task's own retries come after that. */
export type RetryLimits = {
  /** Failures one after another, without progress between them, until it is given up. */
  readonly failuresMax: number;
  /** Before the second try; it doubles each time. */
  readonly firstWaitMs: number;
};

/** What the other side of a connection may get over. */
const PASSING: readonly ErrorCode[] = ["source_unreachable", "source_hangs", "target_unreachable"];

/**
 * Does a thing until it succeeds, or fails by something that does not pass, or too often.
 *
 * @param hasProgressed - whether something was won since it was last asked: the count of failures begins anew then
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
