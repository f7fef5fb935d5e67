import { inBatches } from "../../lib/batches.ts";
import { FIXED_NAMES } from "../../manifest/write/published-names.ts";
import { tagOfSegment, tagsIn } from "../set-names.ts";
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

/**
 * Removes what a new set has replaced, if the server can list its files; a failure to remove is no error. Never rejects.
 *
 * @param isKept - whether a file in the folder belongs to the new set
 */
export async function removeReplaced(
  target: RemoteTarget,
  isKept: (name: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { listing } = target;
  if (!listing) return;
  const segments = await segmentsIn(listing, (name) => !isKept(name), signal);
  await removeAll(target, segments, signal);
  for (const name of FIXED_NAMES)
    if (!isKept(name) && (await isOurs(listing, name, signal)))
      await removeAll(target, [name], signal);
}

/** Removes files; those that cannot be removed stay: a server may not know how. Never rejects. */
export const removeAll = (
  target: RemoteTarget,
  files: readonly At[],
  signal = AbortSignal.timeout(REMOVE_TIMEOUT_MS),
): Promise<void> =>
  inBatches(files, REMOVED_AT_ONCE, (at) => target.remove(at, signal).catch(() => {}));

/** Whether a file of a fixed name was written by us. */
async function isOurs(listing: ListingVerbs, name: string, signal: AbortSignal): Promise<boolean> {
  // It may not be there, or not be readable.
  const text = await listing.read(name, signal).catch(() => "");
  return tagsIn(text).size > 0;
}

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
