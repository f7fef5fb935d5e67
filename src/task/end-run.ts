import { TaskError } from "./errors.ts";
import { move, type Transition, targetFacts } from "./move.ts";
import type { TaskRow } from "./row.ts";
import { closeTargets, movedTargets, openTarget, reopenTargets } from "./targets.ts";
import type { Attempt, Failure, Progress } from "./task.ts";

/** How a task ends; `runFailure` is why its last run ended, if that is not the failure of the task. */
type Ending =
  | { readonly status: "SUCCESS" }
  | { readonly status: "FAILED"; readonly failure: Failure }
  | { readonly status: "CANCELLED"; readonly runFailure?: Failure };

/** Why a run ended although its task goes on, and when the task may be claimed again. */
export type GivenBack = {
  readonly failure: Failure;
  readonly notBeforeMs: number;
  /** Whether the run counts against the attempt limit; one that a graceful stop ends does not. */
  readonly counts: boolean;
};

/** Puts back a task whose run is over; it is CANCELLED if that was requested meanwhile. */
export function putBack<Row extends TaskRow>(
  row: Row,
  reason: GivenBack,
  nowMs: number,
): Transition<Row> {
  const { failure, notBeforeMs, counts } = reason;
  if (row.cancelRequested) return end(row, { status: "CANCELLED", runFailure: failure }, nowMs);
  const change = {
    status: "PENDING",
    notBeforeMs: notBeforeMs > nowMs ? notBeforeMs : null,
    failures: row.failures + (counts ? 1 : 0),
    workerId: null,
    leaseUntilMs: null,
    progress: null,
    attempts: closeAttempt(row.attempts, nowMs, failure),
    targets: reopenTargets(row.targets),
  } as const;
  // The next run starts from the beginning, so only this event says how far the run came.
  const progress = row.progress ?? undefined;
  return move(row, change, nowMs, { type: "given_back", failure, ...(progress && { progress }) });
}

/** Ends a task: closes its run and its targets. */
export function end<Row extends TaskRow>(row: Row, ending: Ending, nowMs: number): Transition<Row> {
  const failure = ending.status === "FAILED" ? ending.failure : undefined;
  const open = openTarget(row.targets);
  if (ending.status === "SUCCESS" && open)
    throw new TaskError("internal", `Cannot end task "${row.id}": a target is ${open.status}`);
  const runFailure = ending.status === "CANCELLED" ? ending.runFailure : failure;
  const targets = closeTargets(row.targets, failure);
  const change = {
    status: ending.status,
    failure: failure ?? null,
    progress: ending.status === "SUCCESS" ? completed(row.progress) : row.progress,
    endMs: nowMs,
    notBeforeMs: null,
    workerId: null,
    leaseUntilMs: null,
    attempts: closeAttempt(row.attempts, nowMs, runFailure),
    targets,
  };
  const moved = movedTargets(row.targets, targets).map((index) => targetFacts(targets, index));
  return move(row, change, nowMs, ...moved, { type: "ended", ...(failure && { failure }) });
}

/** Attempts with the newest one closed; as they are if it was closed before, or there is none. */
function closeAttempt(
  attempts: readonly Attempt[],
  endMs: number,
  failure?: Failure,
): readonly Attempt[] {
  const newest = attempts.at(-1);
  if (!newest || newest.endMs !== undefined) return attempts;
  return [...attempts.slice(0, -1), { ...newest, endMs, ...(failure && { failure }) }];
}

/** The progress of a finished task: 100 %, without a time left. */
function completed(progress: Progress | null): Progress | null {
  if (progress?.percent === undefined) return progress;
  const { etaSeconds: _, ...rest } = progress;
  return { ...rest, percent: 100 };
}
