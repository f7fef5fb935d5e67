import { retryOf } from "./errors.ts";
import type { TaskRow } from "./row.ts";
import type { Attempt } from "./task.ts";

/**
 * The runs of a task that count as failed since its caller created or retried it, the oldest first. Those that a stop of the service
 * ended do not count.
 */
export function failedRuns({
  attempts,
  failures,
}: Pick<TaskRow, "attempts" | "failures">): readonly Attempt[] {
  const failed = attempts.filter(({ failure }) => failure && failure.code !== "shutdown");
  return failures === 0 ? [] : failed.slice(-failures);
}

/** How many of them are held against the task: their causes do not pass by themselves. */
export const heldRuns = (row: Pick<TaskRow, "attempts" | "failures">): number =>
  failedRuns(row).filter(({ failure }) => failure && retryOf(failure.code) !== "backoff").length;
