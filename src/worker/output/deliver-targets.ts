import type { Kind } from "../../plan/live/places.ts";
import type { Assignment } from "../../profile/profile.ts";
import { protocolOf } from "../../telemetry/protocol.ts";
import type { Run } from "../run.ts";
import type { Verified } from "./verify-products.ts";

/**
 * Finds out before the encode which targets can be written. Skips those that an earlier run has delivered.
 *
 * @param isAsked - the kinds of targets that are asked: whether a live one can be written shows only when it is sent to
 * @returns the indexes of those that can be
 * @throws {TaskError} what concerns the whole task, or the reason of the run's signal
 */
export async function prepareTargets(
  run: Run,
  isAsked: (kind: Kind) => boolean = () => true,
): Promise<ReadonlySet<number>> {
  const wanted = new Set<number>();
  const prepared = run.task.targets.map(async (target, index) => {
    if (target.status === "SUCCESS" || !isAsked(run.kindOf(index))) return;
    try {
      await run.storageOf(target.url, "target").prepare(target.url, run.conditions);
      wanted.add(index);
      await run.saveTarget(index, { status: "RUNNING" });
    } catch (error) {
      wanted.delete(index);
      await run.failTarget(index, error);
    }
  });
  for (const result of await Promise.allSettled(prepared))
    if (result.status === "rejected") throw result.reason;
  return wanted;
}

/**
 * Delivers every product to its targets, all at once, and records the result of each target.
 *
 * @throws {TaskError} as `prepareTargets`
 */
export async function deliverProducts(run: Run, verified: readonly Verified[]): Promise<void> {
  const deliveries = verified.flatMap((item) =>
    item.targets.map((index) => deliverTarget(run, item, index)),
  );
  // Every delivery ends, or is ended by the signal, before the task does: nothing is published afterwards.
  const settled = await Promise.allSettled(deliveries);
  for (const result of settled) if (result.status === "rejected") throw result.reason;
}

async function deliverTarget(
  run: Run,
  { finished, output }: Verified,
  index: number,
): Promise<void> {
  const url = run.targetUrl(index);
  try {
    const deliver = () => run.storageOf(url, "target").deliver(finished, url, run.conditions);
    await run.timed("target", deliver, { target: index, protocol: protocolOf(url) });
    await run.saveTarget(index, { status: "SUCCESS", output });
  } catch (error) {
    await run.failTarget(index, error);
  }
}

/** The assignments with the wanted ones of their targets; those without any are left out, so they are not encoded. */
export const keepTargets = (
  assignments: readonly Assignment[],
  wanted: ReadonlySet<number>,
): readonly Assignment[] =>
  assignments
    .map((one) => ({ ...one, targets: one.targets.filter((index) => wanted.has(index)) }))
    .filter(({ targets }) => targets.length > 0);
