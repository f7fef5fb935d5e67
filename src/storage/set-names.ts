import { readdir, readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import {
  FIXED_NAMES,
  type PublishedText,
  publishedName,
} from "../manifest/write/published-names.ts";
import {
  rewriteManifest,
  rewritePlaylist,
  rewriteVideoTrack,
  segmentsOf,
} from "../manifest/write/set-playlists.ts";
import { namesOthers, PICTURE_TRACK, setNamed } from "../profile/container-rules.ts";
import { TaskError } from "../task/errors.ts";
import type { FinishedFiles, Left } from "./storage.ts";

/** What ours are called in the folder of a set: `pontus.TAG.00000.ts`. */
const SEGMENT = /^pontus\.([\w-]+)\./;
/** The same wherever it stands in a playlist or manifest. */
const MENTIONED = /pontus\.([\w-]+)\./g;

/** A name before its extension: not empty, and no dots alone, for these are no folder's own. */
const STEM = /^(?!\.{1,2}$)[^/]+$/;

/** What the name of a playlist or manifest says. */
type NamedSetPlace = {
  /** Without the dot. */
  readonly extension: string;
  /** The path of the folder of the set's segments. */
  readonly folder: string;
};

/**
 * Where the segments lie of a set whose playlist or manifest is at a path: `DIR/NAME` beside `DIR/NAME.m3u8`, `DIR/NAME.dash` beside
 * `DIR/NAME.mpd`. Undefined if the name is none of these.
 *
 * @param path - of a file, an object or a URL; it is not normalised, so that the folder lies beside the playlist on servers that tell
 *   `//` from `/`
 */
export function setAtPath(path: string): NamedSetPlace | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const suffix = extname(name);
  const set = suffix === "" ? undefined : setNamed(name);
  if (!set || !STEM.test(name.slice(0, -suffix.length))) return undefined;
  return { extension: suffix.slice(1), folder: path.slice(0, -suffix.length) + set.folderSuffix };
}

/**
 * The same folder. A playlist called otherwise has its segments in `DIR/NAME.segments`, for a folder cannot bear the playlist's own
 * name.
 */
export const segmentFolderOf = (playlist: string): string =>
  setAtPath(playlist)?.folder ?? `${playlist}.segments`;

/** The bare name of that folder. */
export const folderNameOf = (playlist: string): string => basename(segmentFolderOf(playlist));

/** Whether a name is one of a manifest rather than of a playlist. */
export const isManifestName = (name: string): boolean => setNamed(name)?.told[0] === "dash";

/** The tag of the attempt that wrote a file in the folder of a set; undefined if the file is not ours. */
export const tagOfSegment = (name: string): string | undefined => SEGMENT.exec(name)?.[1];

/** Whether a tag is one of these attempts: `STEM-2`, or `STEM-2-MARK` of a temporary. */
export function isTagOf({ stem, attempt }: Left, tag: string): boolean {
  const number = tag.startsWith(`${stem}-`)
    ? /^\d+/.exec(tag.slice(stem.length + 1))?.[0]
    : undefined;
  return number !== undefined && Number(number) <= attempt;
}

/** The attempts of a task up to the one with a tag: `STEM-2`, or `STEM-2-MARK`. */
export function attemptsUpTo(tag: string): Left {
  const [, stem = tag, attempt = "0"] = /^(.+?)-(\d+)/.exec(tag) ?? [];
  return { stem, attempt: Number(attempt) };
}

/** Whether a playlist or manifest is of one of these attempts. */
export const isListedBy = (left: Left, text: string): boolean =>
  [...tagsIn(text)].some((tag) => isTagOf(left, tag));

/** Whether a file in the folder of a set is of one of these attempts, also one of a live set: `pontus.STEM-set.2-0.00001.ts`. */
export function isSegmentOf(left: Left, name: string): boolean {
  const tag = tagOfSegment(name) ?? "";
  if (tag !== `${left.stem}-set`) return isTagOf(left, tag);
  return isTagOf(left, `${left.stem}-${name.slice(`pontus.${tag}.`.length)}`);
}

/** The attempts whose files a playlist or manifest names. */
export const tagsIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(MENTIONED)].map(([, tag = ""]) => tag));

/** Whether a file in the folder of a set is of an attempt whose files a playlist or manifest names. */
export function mentionedIn(text: string): (name: string) => boolean {
  const tags = tagsIn(text);
  return (name) => tags.has(tagOfSegment(name) ?? "");
}

/** Whether a file in the folder of a set is of the one that an attempt has published. */
export const publishedIn =
  ({ fixed }: PublishedSet, tag: string) =>
  (name: string): boolean =>
    tagOfSegment(name) === tag || fixed.some((one) => one.name === name);

/** A finished set under the names it is published by. */
export type PublishedSet = {
  /** `own` is the name in scratch, `name` the one in the folder of the set, which no other attempt gives. */
  readonly segments: readonly { readonly own: string; readonly name: string }[];
  /** Playlists of renditions: they go into the folder after the segments. */
  readonly playlists: readonly PublishedText[];
  /** Files of `FIXED_NAMES`: they take the place of the former set's, right before the entry does. */
  readonly fixed: readonly PublishedText[];
  /** The playlist or manifest that is delivered at the target itself: the last. */
  readonly entry: string;
};

/** A finished set as it is in scratch: the name of its entry, all files in its folder, and what the texts of both hold. */
export type OwnSet = {
  readonly entry: PublishedText;
  readonly files: readonly string[];
  /** By the names in the folder: every playlist, manifest and track of pictures. */
  readonly texts: ReadonlyMap<string, string>;
};

/**
 * Names the files of a finished set for one attempt, and what its playlists and manifests say after them.
 *
 * @param folder - the bare name of the folder that all but the entry will lie in, beside the entry
 */
export function nameSet(
  { entry, files, texts }: OwnSet,
  tag: string,
  folder: string,
): PublishedSet {
  const nameOf = (own: string) => publishedName(own, tag);
  const prefix = `${encodeURIComponent(folder)}/`;
  const inFolder = [...texts].map(([own, text]) => ({
    name: nameOf(own),
    text: rewrite(own, text, (uri) => nameOf(basename(uri))),
  }));
  const isFixed = ({ name }: PublishedText) => FIXED_NAMES.includes(name);
  return {
    segments: files.filter((own) => !texts.has(own)).map((own) => ({ own, name: nameOf(own) })),
    playlists: inFolder.filter((text) => !isFixed(text)),
    fixed: inFolder.filter(isFixed),
    entry: rewrite(entry.name, entry.text, (uri) => prefix + nameOf(basename(uri))),
  };
}

function rewrite(name: string, text: string, rename: (uri: string) => string): string {
  // A template holds `$` and `%`, which stay as they are: our own names need no encoding.
  if (isManifestName(name)) return rewriteManifest(text, rename);
  if (name === PICTURE_TRACK) return rewriteVideoTrack(text, rename);
  return rewritePlaylist(text, rename);
}

/**
 * Reads a finished set of ours, and names its files for one attempt.
 *
 * @param folder - as in `nameSet`
 * @throws {TaskError} `internal` if it cannot be read
 */
export async function readSet(
  { entry, segments }: Required<FinishedFiles>,
  tag: string,
  folder: string,
): Promise<PublishedSet> {
  try {
    const text = await readFile(entry, "utf8");
    const named = isManifestName(entry) ? [] : segmentsOf(text);
    const found = (await readdir(segments)).toSorted();
    // What a playlist names and is not there will be missed when it is opened: half a set is never published.
    const files = [...new Set([...named.map((uri) => basename(uri)), ...found])];
    const texts = new Map<string, string>();
    for (const own of files.filter(namesOthers))
      texts.set(own, await readFile(join(segments, own), "utf8"));
    return nameSet({ entry: { name: entry, text }, files, texts }, tag, folder);
  } catch (cause) {
    throw new TaskError("internal", "Cannot read the finished set: it is gone or damaged", {
      cause,
    });
  }
}
