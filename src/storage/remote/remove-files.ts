import { inBatches } from "../../lib/batches.ts";
import { isStillGrowing } from "../../manifest/write/growing-playlist.ts";
import { FIXED_NAMES } from "../../manifest/write/published-names.ts";
import {
  attemptsUpTo,
  isListedBy,
  isSegmentOf,
  mentionedIn,
  tagOfSegment,
  tagsIn,
} from "../set-names.ts";
import type { DeliveryOptions, Left, PutThere, TidyOptions } from "../storage.ts";
import type { At, ListingVerbs, RemoteTarget } from "./remote-target.ts";

/** Files removed at once: enough to hide the latency of the answers, and few enough for a store that limits its callers. */
const REMOVED_AT_ONCE = 4;
/** Clearing up must not hold up the end of a task for long. */
const REMOVE_TIMEOUT_MS = 10_000;

/**
 * Removes what an attempt has written of a set. Never rejects.
 *
 * @param sent - the names in the set's folder that are removed if the server cannot list its files
 */
export async function removeUnfinished(
  target: RemoteTarget,
  tag: string,
  sent: readonly string[] = [],
): Promise<void> {
  const signal = AbortSignal.timeout(REMOVE_TIMEOUT_MS);
  const names = target.listing
    ? await segmentsIn(target.listing, (name) => tagOfSegment(name) === tag, signal)
    : sent;
  await removeAll(target, names, signal);
}

/** What earlier sets have left in the folder of a set. */
export type Replaced = {
  /** Names that no newer attempt gives. */
  readonly names: readonly string[];
  /** Those of fixed names, which another set may have too, with their texts. */
  readonly fixed: readonly { readonly name: string; readonly text: string }[];
};

/**
 * Finds what a set will have replaced, if the server can list its files. It is asked for before the gate that lets the set be seen: so
 * all of it is older than the attempt that passes. Never rejects.
 *
 * @param isKept - whether a file in the folder belongs to the new set
 */
export async function findReplaced(
  { listing }: RemoteTarget,
  isKept: (name: string) => boolean,
  signal: AbortSignal,
): Promise<Replaced> {
  if (!listing) return { names: [], fixed: [] };
  const names = await segmentsIn(listing, (name) => !isKept(name), signal);
  const fixed: Replaced["fixed"][number][] = [];
  for (const name of FIXED_NAMES) {
    const text = isKept(name) ? "" : await textOf(listing, name, signal);
    if (tagsIn(text).size > 0) fixed.push({ name, text });
  }
  return { names, fixed };
}

/** Removes what a set has replaced, once it can be seen; a failure to remove is no error. Never rejects. */
export async function removeReplaced(
  target: RemoteTarget,
  { names, fixed }: Replaced,
  { mayTidy, signal }: TidyOptions,
): Promise<void> {
  const { listing } = target;
  if (!listing || names.length + fixed.length === 0) return;
  try {
    for (const { name, text } of fixed) {
      if ((await textOf(listing, name, signal)) !== text) continue;
      await mayTidy();
      await removeAll(target, [name], signal);
    }
    await mayTidy();
    await removeAll(target, names, signal);
  } catch {
    // A newer attempt has begun, and removes what is left here.
  }
}

/**
 * Removes what attempts have left at a target: unfinished uploads, segments that its playlist does not name, and a set that grows no more.
 *
 * @throws what the server says, or `mayTidy` threw
 */
export async function sweepLeft(
  target: RemoteTarget,
  left: Left,
  options: TidyOptions,
): Promise<void> {
  const { listing, parts } = target;
  const start = `pontus.${left.stem}-`;
  try {
    await parts?.sweep(options);
    // Uploads bear no attempt but that in the name of their file, and a task that has ended uploads nothing.
    await parts?.sweep(options, start);
    if (!listing) return;
    const names: string[] = [];
    for await (const name of listing.list(start, options.signal))
      if (isSegmentOf(left, name)) names.push(name);
    if (names.length === 0) return;
    const text = await listing.read(undefined, options.signal);
    const isUnfinished = isStillGrowing(text) && isListedBy(left, text);
    const isNamed = mentionedIn(isUnfinished ? "" : text);
    await options.mayTidy();
    if (isUnfinished) await target.remove(undefined, options.signal);
    const unnamed = names.filter((name) => !isNamed(name));
    await removeAll(target, unnamed, options.signal);
  } catch (error) {
    throw target.failure(error);
  }
}

/**
 * Takes down a set that was seen while it grew. The playlist goes first, so that nobody is told of what is not there.
 *
 * @throws what the server says, or `mayTidy` threw
 */
export async function takeSetDown(
  target: RemoteTarget,
  known: PutThere,
  { tag, mayTidy, signal }: Pick<DeliveryOptions, "tag" | "mayTidy" | "signal">,
): Promise<void> {
  const { listing } = target;
  const left = attemptsUpTo(tag);
  try {
    const isOurs = listing
      ? isListedBy(left, await listing.read(undefined, signal))
      : known.isListed;
    // Once its playlist is gone, nothing in the folder is named by anybody.
    const isMeant = (name: string) => isOurs || isSegmentOf(left, name);
    const names = listing ? await segmentsIn(listing, isMeant, signal) : known.names;
    await mayTidy();
    if (isOurs) await target.remove(undefined, signal);
    await removeAll(target, names, signal);
    if (!listing) return;
    for (const name of isOurs ? FIXED_NAMES : [])
      if (isListedBy(left, await textOf(listing, name, signal)))
        await removeAll(target, [name], signal);
  } catch (error) {
    throw target.failure(error);
  }
}

/** Removes files; those that cannot be removed stay: a server may not know how. Never rejects. */
export const removeAll = (
  target: RemoteTarget,
  files: readonly At[],
  signal = AbortSignal.timeout(REMOVE_TIMEOUT_MS),
): Promise<void> =>
  inBatches(files, REMOVED_AT_ONCE, (at) => target.remove(at, signal).catch(() => {}));

/** The text of a file in the folder; empty if it is not there, or cannot be read. */
const textOf = (listing: ListingVerbs, name: string, signal: AbortSignal): Promise<string> =>
  listing.read(name, signal).catch(() => "");

/** The segments of ours in the folder that a filter accepts, as far as they can be listed. */
async function segmentsIn(
  listing: ListingVerbs,
  isMeant: (name: string) => boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const name of listing.list("pontus.", signal))
      if (tagOfSegment(name) !== undefined && isMeant(name)) names.push(name);
  } catch {
    // What was listed so far is still removed.
  }
  return names;
}
