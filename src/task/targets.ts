import { maskSecrets } from "../lib/mask.ts";
import { TaskError } from "./errors.ts";
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
    const { isWatchable: _, ...rest } = target;
    return failure ? { ...rest, status: "FAILED", failure } : { ...rest, status: "CANCELLED" };
  });

/** The targets of a task that is to run again: what was delivered stays so, the others begin anew. */
export const reopenTargets = (targets: readonly StoredTarget[]): readonly StoredTarget[] =>
  targets.map(({ failure: _, isWatchable: __, ...target }) =>
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

/** The keys of a target that a task holds. */
export type Held = Pick<StoredTarget, "key" | "folderKey">;

/** What a task holds of a target: no other unfinished task has one of these keys. */
export const keysOf = ({ key, folderKey }: Held): readonly string[] =>
  folderKey === undefined ? [key] : [key, folderKey];

/** The first of these targets that has a key which is held, or that is listed twice. */
export function takenTarget<T extends Held>(
  targets: readonly T[],
  isHeld: (key: string) => boolean,
): T | undefined {
  const seen = new Set<string>();
  return targets.find((target) =>
    keysOf(target).some((key) => {
      const isTaken = seen.has(key) || isHeld(key);
      seen.add(key);
      return isTaken;
    }),
  );
}

/** The refusal of a target that an unfinished task holds: that is named if it is the client's own, as those of others are none of its business. */
export function targetTaken(
  verb: string,
  clientCode: string,
  { url }: Pick<StoredTarget, "url">,
  owner?: { readonly id: string | null; readonly clientCode: string | null },
): TaskError {
  const holder =
    owner?.clientCode === clientCode ? `your unfinished task "${owner.id}"` : "an unfinished task";
  return new TaskError(
    "task_conflict",
    `Cannot ${verb}: the target "${maskSecrets(url)}" is one of ${holder}`,
  );
}
