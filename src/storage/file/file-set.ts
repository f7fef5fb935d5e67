import { lstat, readdir, readFile, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { inBatches } from "../../lib/batches.ts";
import { percentDecoded } from "../../lib/percent-decoded.ts";
import { FIXED_NAMES, type PublishedText } from "../../manifest/write/published-names.ts";
import { segmentsOf } from "../../manifest/write/set-playlists.ts";
import {
  folderNameOf,
  isManifestName,
  mentionedIn,
  publishedIn,
  readSet,
  tagOfSegment,
  tagsIn,
} from "../set-names.ts";
import type { DeliveryOptions, FinishedFiles, PrepareOptions } from "../storage.ts";
import {
  type CopyOptions,
  copyPart,
  discard,
  discardFound,
  partName,
  syncFolder,
  tagOfPart,
  writePart,
} from "./file-part.ts";

/** Copied at once: flushes of several files share the disk's work. */
const COPIES_AT_ONCE = 8;
/** A previous playlist larger than this is no playlist: 24 h of segments of 2 s take under 4 MiB. */
const PLAYLIST_BYTES_MAX = 16 << 20;

/** A set on its way: absolute paths, in folders that are held open, of its playlist and of the folder of its segments. */
export type SetPlace = { readonly playlist: string; readonly folder: string };

/** Called right before each visible step: throws if the attempt may not publish any more or the place has moved. */
export type Gate = () => Promise<void>;

/**
 * Publishes a playlist or manifest with the files it names: segments first, under names no other attempt gives, then the
 * playlists of renditions, then what players are given by name, last the playlist or manifest at the target; then the
 * files of the set it replaces are removed.
 *
 * The set that is there stays whole until the new one takes its place in one step.
 *
 * The order is that of `remote/send-set.ts`, but the steps are a disk's own: all is written under temporary names first, so
 * that each visible step is renames alone, with a flush of the folder between them. A server has neither.
 */
export async function publishSet(
  finished: Required<FinishedFiles>,
  place: SetPlace,
  options: DeliveryOptions & CopyOptions,
  gate: Gate,
): Promise<void> {
  const { tag, signal, umask } = options;
  const set = await readSet(finished, tag, folderNameOf(place.playlist));
  const isOurs = publishedIn(set, tag);
  const former = await setAt(place.playlist);
  await sweepSegments(place.folder, options, (name) => isOurs(name) || former.isNamed(name));

  const entry = placed(dirname(place.playlist), basename(place.playlist), tag);
  const segments = set.segments.map(({ own, name }) => ({
    from: join(finished.segments, own),
    ...placed(place.folder, name, tag),
  }));
  const written = ({ name, text }: PublishedText) => ({ text, ...placed(place.folder, name, tag) });
  const playlists = set.playlists.map(written);
  const fixed = set.fixed.map(written);
  const newNames = [...segments, ...playlists];
  let replaced: Replaced;
  try {
    await inBatches(segments, COPIES_AT_ONCE, ({ from, part }) =>
      copyPart(from, part, { signal, umask }),
    );
    for (const { part, text } of [...playlists, ...fixed, { ...entry, text: set.entry }])
      await writePart(part, umask, (handle) => handle.writeFile(text));
    await gate();
    for (const { part, path } of newNames) await rename(part, path);
    await syncFolder(place.folder);
    replaced = await findReplaced(place, former.files, tag, isOurs);
    await gate();
    for (const { part, path } of [...fixed, entry]) await rename(part, path);
  } catch (error) {
    for (const { part } of [...newNames, ...fixed, entry]) await discard(part);
    for (const { path } of newNames) await discard(path);
    throw error;
  }
  await syncFolder(dirname(place.playlist));
  if (fixed.length > 0) await syncFolder(place.folder);
  await removeReplaced(place.folder, replaced, options);
}

/** The path of a file, and of the temporary that it is written to first. */
const placed = (folder: string, name: string, tag: string) => ({
  path: join(folder, name),
  part: join(folder, partName(name, tag)),
});

/** What is left of earlier sets in the folder of a set. */
export type Replaced = {
  /** Names that no newer attempt gives. */
  readonly names: readonly string[];
  /** What another set may have too: files of strangers, and those of fixed names with their texts. */
  readonly shared: readonly { readonly name: string; readonly text?: string }[];
};

/**
 * Finds what a set will have replaced, before the gate is asked that lets it: so all of it is older than the attempt that passes.
 *
 * @param former - what the playlist that is replaced names
 * @param isKept - whether a file in the folder is of the set that stands then
 */
export async function findReplaced(
  { playlist, folder }: SetPlace,
  former: readonly Named[],
  tag: string,
  isKept: (name: string) => boolean,
): Promise<Replaced> {
  const isOwn = ({ parent, name }: Named) => parent === folderNameOf(playlist) && !isKept(name);
  // A stranger's file is removed only if the old playlist named it in this very folder, not in others.
  const shared: Replaced["shared"][number][] = former.filter(isOwn).map(({ name }) => ({ name }));
  for (const name of FIXED_NAMES) {
    if (isKept(name)) continue;
    const text = await textIn(folder, name);
    if (tagsIn(text).size > 0) shared.push({ name, text });
  }
  return { names: await staleIn(folder, tag, isKept).catch(() => []), shared };
}

/** Removes what a set has replaced, once it is in place; a failure to remove is no error. */
export async function removeReplaced(
  folder: string,
  { names, shared }: Replaced,
  { mayTidy }: Pick<DeliveryOptions, "mayTidy">,
): Promise<void> {
  try {
    for (const { name, text } of shared) {
      if (text !== undefined && (await textIn(folder, name)) !== text) continue;
      await discardFound(folder, [name], mayTidy);
    }
    await discardFound(folder, names, mayTidy);
  } catch {
    // A newer attempt has begun, and removes what is left here.
  }
}

const textIn = (folder: string, name: string): Promise<string> =>
  readFile(join(folder, name), "utf8").catch(() => "");

/** Removes segments that are not kept, and temporaries of other attempts; other files are left alone. */
export async function sweepSegments(
  folder: string,
  { tag, mayTidy }: PrepareOptions,
  isKept: (name: string) => boolean,
): Promise<void> {
  await discardFound(folder, await staleIn(folder, tag, isKept), mayTidy);
}

async function staleIn(
  folder: string,
  tag: string,
  isKept: (name: string) => boolean,
): Promise<readonly string[]> {
  const isOldSegment = (name: string) => tagOfSegment(name) !== undefined && !isKept(name);
  const found = await readdir(folder);
  const isStale = (name: string) => (tagOfSetPart(name) ?? tag) !== tag;
  return found.filter((name) => isOldSegment(name) || isStale(name));
}

/** The tag of a temporary of a segment, or of a file of a fixed name; undefined if the file is neither. */
export function tagOfSetPart(name: string): string | undefined {
  const whole = /^\.(.+)\.[\w-]+\.pontus-part$/.exec(name)?.[1] ?? "";
  const isOfSet = tagOfSegment(whole) !== undefined || FIXED_NAMES.includes(whole);
  return isOfSet ? tagOfPart(name, whole) : undefined;
}

/** A file that a playlist names, decoded: the path before it, and its name. */
type Named = { readonly parent: string; readonly name: string };

/** What a playlist or manifest says of its set. */
export type NamedSet = {
  /** What it names itself. */
  readonly files: readonly Named[];
  /** Whether a file in the folder is needed to play it. */
  readonly isNamed: (name: string) => boolean;
};

/** The set now at a target; an empty one if there is none. */
export async function setAt(playlist: string): Promise<NamedSet> {
  const info = await lstat(playlist).catch(() => undefined);
  const isOne = info?.isFile() && info.size <= PLAYLIST_BYTES_MAX;
  const text = isOne ? await readFile(playlist, "utf8") : "";
  return namedIn(text, playlist);
}

/** The set of a playlist or manifest of a name. */
export function namedIn(text: string, playlist: string): NamedSet {
  const files = isManifestName(playlist) ? [] : filesIn(text);
  // A master names the playlists of its renditions, and a manifest patterns: all files of their attempt belong to them.
  const isMentioned = mentionedIn(text);
  const names = new Set(files.map(({ name }) => name));
  return { files, isNamed: (name) => isMentioned(name) || names.has(name) };
}

const filesIn = (text: string): readonly Named[] =>
  segmentsOf(text).flatMap((uri) => {
    const cut = uri.lastIndexOf("/");
    const name = percentDecoded(uri.slice(cut + 1));
    const isName = !/[/\0]/.test(name) && !["", ".", ".."].includes(name);
    return isName ? [{ parent: percentDecoded(uri.slice(0, Math.max(cut, 0))), name }] : [];
  });
