import { lstat, readdir, readFile, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { rewritePlaylist, segmentsOf } from "../plan/playlist.ts";
import { TaskError } from "../task/errors.ts";
import { copyPart, discard, isStalePart, partName, syncFolder, writePart } from "./file-part.ts";
import type { DeliveryOptions, Parcel } from "./storage.ts";

const PLAYLIST_SUFFIX = ".m3u8";
/** What ours are called in the folder of a set: `pontus.TAG.00000.ts`. */
const SEGMENT = /^pontus\.([\w-]+)\./;
/** Copied at once: flushes of several files share the disk's work. */
const COPIES_AT_ONCE = 8;
/** A previous playlist larger than this is no playlist: 24 h of segments of 2 s take under 4 MiB. */
const PLAYLIST_BYTES_MAX = 16 << 20;

/** A set on its way: real absolute paths of its playlist and of the folder of its segments. */
export type SetPlace = { readonly playlist: string; readonly folder: string };

/** Called right before each visible step: throws where the attempt may no longer publish or the place has moved. */
export type Gate = () => Promise<void>;

/**
 * The folder of a set's segments: `DIR/NAME` beside `DIR/NAME.m3u8`.
 *
 * A playlist called otherwise has them in `DIR/NAME.segments`, for a folder cannot bear the playlist's own name.
 */
export function segmentFolderOf(playlist: string): string {
  const name = basename(playlist);
  const stem = name.endsWith(PLAYLIST_SUFFIX) ? name.slice(0, -PLAYLIST_SUFFIX.length) : "";
  return join(dirname(playlist), stem === "" ? `${name}.segments` : stem);
}

/** Whether a target's name says that a set will be delivered there. */
export const isPlaylistName = (path: string): boolean => path.endsWith(PLAYLIST_SUFFIX);

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
  const text = await readOwn(parcel.entry);
  const names = new Map(
    segmentsOf(text).map((segment) => [segment, `pontus.${tag}.${basename(segment)}`]),
  );
  const previous = await previousSegments(place.playlist);
  await sweepSegments(place.folder, tag, (name) => previous.some((file) => file.name === name));

  const part = join(dirname(place.playlist), partName(basename(place.playlist), tag));
  const segments = [...new Set(names.values())].map((name) => ({
    from: join(parcel.segments, name.slice(`pontus.${tag}.`.length)),
    part: join(place.folder, partName(name, tag)),
    path: join(place.folder, name),
  }));
  try {
    await inBatches(segments, COPIES_AT_ONCE, ({ from, part }) => copyPart(from, part, signal));
    const uri = (segment: string) =>
      [basename(place.folder), names.get(segment) ?? segment].map(encodeURIComponent).join("/");
    await writePart(part, (handle) => handle.writeFile(rewritePlaylist(text, uri)));
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

const isOfTag = (name: string, tag: string): boolean => SEGMENT.exec(name)?.[1] === tag;

/** Removes segments and temporaries of other attempts, except those to be kept; a stranger's files are left alone. */
async function sweepSegments(
  folder: string,
  tag: string,
  isKept: (name: string) => boolean,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const itsTag = SEGMENT.exec(name)?.[1];
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

async function readOwn(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new TaskError("internal", "Cannot read the finished playlist: it is gone or damaged", {
      cause,
    });
  }
}

/** Runs an action on every item, a few at once; when one fails, those beside it end first. */
async function inBatches<T>(
  items: readonly T[],
  size: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < items.length; at += size) {
    const results = await Promise.allSettled(items.slice(at, at + size).map(action));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }
}
