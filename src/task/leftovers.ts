import type { ErrorCode } from "./errors.ts";
import type { StoredTarget, TaskRow } from "./row.ts";
import { isFinal } from "./status.ts";
import { undelivered } from "./targets.ts";

/** A target of an ended task that is still to be cleared up. */
export type Leftover = {
  readonly seq: number;
  readonly taskId: string;
  /** The last attempt that the task had then: newer ones are not touched. */
  readonly attempt: number;
  readonly url: string;
  /** How often it was tried in vain. */
  readonly tries: number;
};

/** How runs end that could not, or may not have been able to, take away what they had written at their targets. */
const LEAVING: readonly ErrorCode[] = ["worker_lost", "target_unreachable", "target_full"];

/**
 * The targets where a task that has ended may have left temporaries and segments that nothing names. No later run clears them up, as
 * one would that delivers.
 */
export const leftTargets = ({ status, attempts, targets }: TaskRow): readonly StoredTarget[] =>
  isFinal(status) && attempts.some(({ failure }) => failure && LEAVING.includes(failure.code))
    ? undelivered(targets)
    : [];

/** What the tags of all attempts of a task begin with: by it is found what they left. */
export const tagStemOf = (taskId: string): string => taskId.slice(-12);
