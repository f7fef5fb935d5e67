import { TaskError } from "../task/errors.ts";
import type { Assignment, Profile, Rendition } from "./profile.ts";

/** One target and the rendition it gets. */
type Wish = { readonly target: number; readonly rendition: Rendition };

/**
 * Decides which rendition goes to which target.
 *
 * One rendition goes to every target; as many renditions as targets go pairwise, in order. Targets with a profile of
 * their own get its rendition, and the others meet the task's profile as if they were alone. Targets that want the same
 * rendition share one assignment, so that it is encoded once.
 *
 * @param overrides - one entry a target, in order: the target's own profile, or nothing
 * @returns assignments ordered by their first target; every target is in exactly one
 * @throws {TaskError} `output_not_supported` for an adaptive set, `invalid_parameter` (with fields) where the numbers of
 *   renditions and targets do not go together
 */
export function assignRenditions(
  task: Profile,
  overrides: readonly (Profile | undefined)[],
): readonly Assignment[] {
  const others = [...overrides.keys()].filter((target) => !overrides[target]);
  const own = overrides.flatMap((profile, target) =>
    profile ? meet(profile, [target], `targets[${target}].profile_name`) : [],
  );
  return share([...own, ...meet(task, others, "targets")]);
}

/** Renditions and targets of one profile, put together. */
function meet(profile: Profile, targets: readonly number[], field: string): readonly Wish[] {
  const { name, renditions } = profile;
  if (targets.length === 0) return [];
  if (profile.adaptive || (targets.length === 1 && isSet(renditions)))
    throw new TaskError(
      "output_not_supported",
      `Cannot make ${JSON.stringify(name)}: adaptive sets of several renditions are not available yet`,
    );
  const only = renditions.length === 1 ? renditions[0] : undefined;
  if (!only && renditions.length !== targets.length) throw mismatch(profile, targets, field);
  return targets.flatMap((target, index) => {
    const rendition = only ?? renditions[index];
    return rendition ? [{ target, rendition }] : [];
  });
}

const isSet = (renditions: readonly Rendition[]): boolean =>
  renditions.length > 1 &&
  ["m3u8", "dash"].some((form) => renditions.every(({ container }) => container === form));

function mismatch(profile: Profile, targets: readonly number[], path: string): TaskError {
  const made = `${profile.renditions.length} renditions`;
  const wanted = targets.length === 1 ? "1 target" : `${targets.length} targets`;
  return new TaskError(
    "invalid_parameter",
    `Cannot share out profile ${JSON.stringify(profile.name)}: it has ${made} for ${wanted}`,
    { fields: [{ path, message: `must go with ${made}: one target for each of them, in order` }] },
  );
}

/** Puts the targets together that want the same rendition. */
function share(wishes: readonly Wish[]): readonly Assignment[] {
  const [first] = wishes;
  // Nearly always: one profile of one rendition, for all targets.
  if (first && wishes.every(({ rendition }) => rendition === first.rendition))
    return [
      {
        rendition: first.rendition,
        targets: wishes.map(({ target }) => target).toSorted(byNumber),
      },
    ];
  const byRendition = new Map<string, { rendition: Rendition; targets: number[] }>();
  for (const { target, rendition } of wishes.toSorted((one, other) => one.target - other.target)) {
    const key = keyOf(rendition);
    const known = byRendition.get(key);
    if (known) known.targets.push(target);
    else byRendition.set(key, { rendition, targets: [target] });
  }
  return [...byRendition.values()];
}

const byNumber = (one: number, other: number): number => one - other;

/** The same text for deeply equal renditions, in whatever order their properties were set. */
const keyOf = (rendition: Rendition): string =>
  JSON.stringify(rendition, (_key, value: unknown) =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : value,
  );
