import { type ErrorCode, retryOf } from "../task/errors.ts";

const FIRST_DELAY_MS = 2_000;
const DELAY_MS_MAX = 300_000;

/**
 * How long to wait before the next run of a task that failed; undefined if there is no next run.
 *
 * Delays double: 2 s, 4 s, 8 s … at most 5 min. A cause that is retried `once` gets one more run, unless an earlier run failed too.
 *
 * @param failures - failed runs so far, this one included
 * @param attemptsMax - the highest number of runs of a task
 */
export function retryDelayMs(
  code: ErrorCode,
  failures: number,
  attemptsMax: number,
): number | undefined {
  const retry = retryOf(code);
  const runsMax = retry === "never" ? 1 : retry === "once" ? Math.min(2, attemptsMax) : attemptsMax;
  if (failures >= runsMax) return undefined;
  return Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (failures - 1));
}
