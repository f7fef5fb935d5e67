import { TaskError } from "../task/errors.ts";
import { isSet } from "./container-rules.ts";
import { factsOf } from "./containers.ts";
import type { Assignment, Profile, Rendition } from "./profile.ts";

/** What a profile offers to a target. */
type Offer = Omit<Assignment, "targets">;

/** One target and what it gets. */
type Wish = Offer & { readonly target: number };

/** All renditions that assignments make, those of sets too. */
export const renditionsOf = (assignments: readonly Assignment[]): readonly Rendition[] =>
  assignments.flatMap(({ rendition, set }) => set?.renditions ?? [rendition]);

/**
 * Decides which rendition goes to which target.
 *
 * - A profile of one rendition gives it to every target.
 * - A profile of as many renditions as there are targets gives them out in order, one to each.
 * - A profile of several renditions in the same container of sets gives a single target all of them, as an adaptive set.
 * - An adaptive profile gives every target the adaptive set.
 *
 * Targets with a profile of their own get that profile's rendition; the others share the task's profile as if they were alone.
 * Targets that get the same share one assignment, so that it is encoded once.
 *
 * @param overrides - for each target, in order, its own profile; undefined if it has none
 * @returns assignments ordered by their first target; every target is in exactly one
 * @throws {TaskError} `invalid_parameter` (with fields) if the numbers of renditions and targets do not match
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

/** Pairs the renditions of one profile with targets. */
function meet(profile: Profile, targets: readonly number[], field: string): readonly Wish[] {
  if (targets.length === 0) return [];
  const offers = offersOf(profile, targets.length);
  const only = offers.length === 1 ? offers[0] : undefined;
  if (!only && offers.length !== targets.length) throw mismatch(profile, targets, field);
  return targets.flatMap((target, index) => {
    const offer = only ?? offers[index];
    return offer ? [{ target, ...offer }] : [];
  });
}

/** What a profile offers: its renditions, or the set that they are together. */
function offersOf(
  { renditions, adaptive, thumbnails }: Profile,
  targets: number,
): readonly Offer[] {
  const [best] = renditions;
  if (!best) return [];
  const more = thumbnails ? { thumbnails } : {};
  const isOneSet =
    isSet(best.container) && renditions.every(({ container }) => container === best.container);
  if (adaptive || (targets === 1 && renditions.length > 1 && isOneSet))
    return [{ rendition: best, set: { renditions, isLadder: adaptive !== undefined, ...more } }];
  return renditions.map((rendition) => {
    const isAdaptive = thumbnails || isApart(rendition);
    const set = { renditions: [rendition], isLadder: false, ...more };
    return { rendition, ...(isAdaptive && { set }) };
  });
}

/**
 * Whether even one rendition has its streams apart: subtitles and chosen sounds of a set stand in tracks of their own, and its
 * multivariant playlist tells of captions.
 */
const isApart = ({ container, subtitles, captions, sound }: Rendition): boolean =>
  factsOf(container).set?.isApart === true ||
  (isSet(container) && [subtitles, captions, sound].some((one) => one !== undefined));

function mismatch(profile: Profile, targets: readonly number[], path: string): TaskError {
  const made = `${profile.renditions.length} renditions`;
  const wanted = targets.length === 1 ? "1 target" : `${targets.length} targets`;
  return new TaskError(
    "invalid_parameter",
    `Cannot share out profile ${JSON.stringify(profile.name)}: it has ${made} for ${wanted}`,
    { fields: [{ path, message: `must go with ${made}: one target for each of them, in order` }] },
  );
}

/** Puts targets that get the same into one assignment. */
function share(wishes: readonly Wish[]): readonly Assignment[] {
  const [first] = wishes;
  // Nearly always: one profile of one rendition, for all targets.
  if (first && !first.set && wishes.every(({ rendition }) => rendition === first.rendition))
    return [
      {
        rendition: first.rendition,
        targets: wishes.map(({ target }) => target).toSorted(byNumber),
      },
    ];
  const byOffer = new Map<string, Offer & { targets: number[] }>();
  for (const { target, ...offer } of wishes.toSorted((one, other) => one.target - other.target)) {
    const key = keyOf(offer);
    const known = byOffer.get(key);
    if (known) known.targets.push(target);
    else byOffer.set(key, { ...offer, targets: [target] });
  }
  return [...byOffer.values()];
}

const byNumber = (one: number, other: number): number => one - other;

/** The same text for deeply equal offers, in whatever order their properties were set. */
const keyOf = (offer: Offer): string =>
  JSON.stringify(offer, (_key, value: unknown) =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : value,
  );
