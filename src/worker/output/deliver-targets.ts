import type { Assignment } from "../../profile/profile.ts";
import type { Work } from "../../queue/queue.ts";
import { type TaskError, toTaskError } from "../../task/errors.ts";
import { type Line, tagOf } from "../run.ts";
import type { Verified } from "./verify-products.ts";

/** The failures of single targets by their index: recorded, and no reason to stop the others. */
export type TargetFailures = Map<number, TaskError>;

/**
 * Finds out before the encode which targets can be written. Those delivered by an earlier run are left alone.
 *
 * @param isFile - of which addresses this can be found out: a live one is known when it is sent to
 * @returns the indexes of those that can be
 * @throws {TaskError} what concerns the whole task, or the reason of `signal`
 */
export async function prepareTargets(
  { task, claim }: Work,
  line: Line,
  failures: TargetFailures,
  signal: AbortSignal,
  isFile: (url: string) => boolean = () => true,
): Promise<ReadonlySet<number>> {
  const wanted = new Set<number>();
  const prepared = task.targets.map(async (target, index) => {
    if (target.status === "SUCCESS" || !isFile(target.url)) return;
    try {
      await line.storageOf(target.url, "target").prepare(target.url, signal);
      wanted.add(index);
      await line.store.saveTarget(claim, index, { status: "RUNNING" });
    } catch (error) {
      wanted.delete(index);
      await recordFailure(line, claim, index, error, failures, signal);
    }
  });
  for (const result of await Promise.allSettled(prepared))
    if (result.status === "rejected") throw result.reason;
  return wanted;
}

/**
 * Delivers every product to its targets, all at once, and records how it went with each.
 *
 * @throws {TaskError} as `prepareTargets`
 */
export async function deliverProducts(
  work: Work,
  line: Line,
  verified: readonly Verified[],
  failures: TargetFailures,
  signal: AbortSignal,
): Promise<void> {
  const deliveries = verified.flatMap((item) =>
    item.targets.map((index) => deliverTarget(work, line, item, index, failures, signal)),
  );
  // Every delivery ends, or is ended by the signal, before the task does: nothing is published afterwards.
  const settled = await Promise.allSettled(deliveries);
  for (const result of settled) if (result.status === "rejected") throw result.reason;
}

async function deliverTarget(
  work: Work,
  line: Line,
  { finished, output }: Verified,
  index: number,
  failures: TargetFailures,
  signal: AbortSignal,
): Promise<void> {
  const url = work.task.targets[index]?.url ?? "";
  try {
    const mayPublish = async () => {
      signal.throwIfAborted();
      await line.store.mayPublish(work.claim);
    };
    const options = { tag: tagOf(work), mayPublish, signal };
    await line.storageOf(url, "target").deliver(finished, url, options);
    await line.store.saveTarget(work.claim, index, { status: "SUCCESS", output });
  } catch (error) {
    await recordFailure(line, work.claim, index, error, failures, signal);
  }
}

/** Records a target's own failure; what concerns the whole task (lost lease, cancel, deadline) goes up instead. */
export async function recordFailure(
  line: Line,
  claim: Work["claim"],
  index: number,
  error: unknown,
  failures: TargetFailures,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const failure = toTaskError(error);
  if (failure.code === "lease_lost" || failure.code === "cancelled") throw failure;
  failures.set(index, failure);
  await line.store.saveTarget(claim, index, {
    status: "FAILED",
    failure: { code: failure.code, detail: failure.message },
  });
}

/** The failures of single targets, in the order of the targets. */
export const inOrder = (failures: ReadonlyMap<number, TaskError>): readonly TaskError[] =>
  [...failures].sort(([a], [b]) => a - b).map(([, failure]) => failure);

/** Assignments for the wanted targets alone; one that feeds none of them is not encoded. */
export const keepTargets = (
  assignments: readonly Assignment[],
  wanted: ReadonlySet<number>,
): readonly Assignment[] =>
  assignments
    .map((one) => ({ ...one, targets: one.targets.filter((index) => wanted.has(index)) }))
    .filter(({ targets }) => targets.length > 0);
