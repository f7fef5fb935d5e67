import type { Queue } from "../../queue/queue.ts";
import { TaskError } from "../../task/errors.ts";
import type { Claim } from "../../task/task.ts";

/** How often a lease is renewed while it lasts: two heartbeats may be lost. */
export const HEARTBEATS = 3;

/** A run that holds a claim. */
export type HeldRun = {
  readonly claim: Claim;
  /** Stops it; the first reason stands. */
  readonly abort: (reason: unknown) => void;
};

/** Why a run ends whose client wants the task no more. */
export const cancelled = () => new TaskError("cancelled", "The task was cancelled by its client");

/**
 * Renews the leases of all runs of a worker, and ends the runs that have lost theirs or are to be cancelled; then puts back the tasks of workers
 * that renew theirs no more.
 *
 * @returns how many were put back
 */
export async function keepLeases(
  runs: readonly HeldRun[],
  queue: Pick<Queue, "heartbeat" | "expireLeases">,
): Promise<number> {
  await Promise.all(runs.map((run) => keepLease(run, queue)));
  // After the heartbeats, so that a process that was suspended does not expire its own leases.
  return queue.expireLeases();
}

async function keepLease(
  { claim, abort }: HeldRun,
  queue: Pick<Queue, "heartbeat">,
): Promise<void> {
  const pulse = await queue.heartbeat(claim);
  if (pulse === "cancel_requested") abort(cancelled());
  if (pulse === "lost") abort(new TaskError("lease_lost", "Cannot go on: the lease ran out"));
}
