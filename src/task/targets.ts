import type { StoredTarget } from "./row.ts";
import type { Failure } from "./task.ts";

/** Whether nothing more happens to a target in this run. */
const isClosed = ({ status }: StoredTarget): boolean =>
  status === "SUCCESS" || status === "FAILED" || status === "CANCELLED";

/** The targets of a task that ends as CANCELLED, or as FAILED for a reason that a target not yet tried shares. */
export const closeTargets = (
  targets: readonly StoredTarget[],
  failure?: Failure,
): readonly StoredTarget[] =>
  targets.map((target) => {
    if (isClosed(target)) return target;
    return failure ? { ...target, status: "FAILED", failure } : { ...target, status: "CANCELLED" };
  });

/** The targets of a task that is to run again: what was delivered stays so, the others begin anew. */
export const reopenTargets = (targets: readonly StoredTarget[]): readonly StoredTarget[] =>
  targets.map(({ failure: _, ...target }) =>
    target.status === "SUCCESS" ? target : { ...target, status: "PENDING" },
  );

/** The targets that a task has still to deliver. */
export const undelivered = (targets: readonly StoredTarget[]): readonly StoredTarget[] =>
  targets.filter(({ status }) => status !== "SUCCESS");

/** The indexes of targets whose state differs between two versions of the same list. */
export const movedTargets = (
  before: readonly StoredTarget[],
  after: readonly StoredTarget[],
): readonly number[] =>
  [...after.keys()].filter((index) => before[index]?.status !== after[index]?.status);

/** The first target that was neither delivered nor refused: a task with one has not succeeded. */
export const openTarget = (targets: readonly StoredTarget[]): StoredTarget | undefined =>
  targets.find((target) => !isClosed(target));
