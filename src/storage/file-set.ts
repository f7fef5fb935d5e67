import { lstat, readdir, readFile, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { segmentsOf } from "../plan/playlist.ts";
import { inBatches } from "./batches.ts";
import { copyPart, discard, isStalePart, partName, syncFolder, writePart } from "./file-part.ts";
import { nameSet, readPlaylist, tagOfSegment } from "./set-names.ts";
import type { DeliveryOptions, Parcel } from "./storage.ts";

/** Copied at once: flushes of several files share the disk's work. */
const COPIES_AT_ONCE = 8;
/** A previous playlist larger than this is no playlist: 24 h of segments of 2 s take under 4 MiB. */
const PLAYLIST_BYTES_MAX = 16 << 20;

/** A set on its way: real absolute paths of its playlist and of the folder of its segments. */
export type SetPlace = { readonly playlist: string; readonly folder: string };

/** Called right before each visible step: throws where the attempt may no longer publish or the place has moved. */
export type Gate = () => Promise<void>;

/**
 * Publishes a playlist with its segments: the segments first, under names no other attempt gives, then the playlist;
 * then the segments of the set it replaces are removed.
 *
 * The playlist that is there stays whole until the new one takes its place in one step.
 */
export async function publishSet(
  parcel: Required<Parcel>,
  place: SetPlace,
  { tag, signal }: DeliveryOptions,
  gate: Gate,
): Promise<void> {
  const set = nameSet(await readPlaylist(parcel.entry), tag, basename(place.folder));
  const previous = await previousSegments(place.playlist);
  await sweepSegments(place.folder, tag, (name) => previous.some((file) => file.name === name));

  const part = join(dirname(place.playlist), partName(basename(place.playlist), tag));
  const segments = set.segments.map(({ own, name }) => ({
    from: join(parcel.segments, own),
    part: join(place.folder, partName(name, tag)),
    path: join(place.folder, name),
  }));
  try {
    await inBatches(segments, COPIES_AT_ONCE, ({ from, part }) => copyPart(from, part, signal));
    await writePart(part, (handle) => handle.writeFile(set.playlist));
    await gate();
    for (const { part, path } of segments) await rename(part, path);
    await syncFolder(place.folder);
    await gate();
    await rename(part, place.playlist);
  } catch (error) {
    await discard(part);
    for (const { part, path } of segments) {
      await discard(part);
      await discard(path);
    }
    throw error;
  }
  await syncFolder(dirname(place.playlist));
  // The new set stands: what cannot be removed of the old one is no failure.
  // A stranger's file goes only where the old playlist named it right in this folder: it is no licence to remove others.
  for (const { parent, name } of previous)
    if (parent === basename(place.folder) && !isOfTag(name, tag))
      await discard(join(place.folder, name));
  await sweepSegments(place.folder, tag, () => false).catch(() => {});
}

const isOfTag = (name: string, tag: string): boolean => tagOfSegment(name) === tag;

/** Removes segments and temporaries of other attempts, except those to be kept; a stranger's files are left alone. */
async function sweepSegments(
  folder: string,
  tag: string,
  isKept: (name: string) => boolean,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const itsTag = tagOfSegment(name);
    const isOldSegment = itsTag !== undefined && itsTag !== tag && !isKept(name);
    if (isOldSegment || isStaleSegmentPart(name, tag)) await discard(join(folder, name));
  }
}

function isStaleSegmentPart(name: string, tag: string): boolean {
  const segment = /^\.(pontus\.[\w-]+\..+)\.[\w-]+\.pontus-part$/.exec(name)?.[1];
  return segment !== undefined && isStalePart(name, segment, tag);
}

/** A file that a playlist names, decoded: the path before it, and its name. */
type Named = { readonly parent: string; readonly name: string };

/** The files that the playlist now at the target names; none where there is no playlist. */
async function previousSegments(playlist: string): Promise<readonly Named[]> {
  const info = await lstat(playlist).catch(() => undefined);
  if (!info?.isFile() || info.size > PLAYLIST_BYTES_MAX) return [];
  return segmentsOf(await readFile(playlist, "utf8")).flatMap((uri) => {
    const cut = uri.lastIndexOf("/");
    const name = decoded(uri.slice(cut + 1));
    const isName = !/[/\0]/.test(name) && !["", ".", ".."].includes(name);
    return isName ? [{ parent: decoded(uri.slice(0, Math.max(cut, 0))), name }] : [];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
