import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { rewritePlaylist, segmentsOf } from "../plan/playlist.ts";
import { TaskError } from "../task/errors.ts";

const PLAYLIST_SUFFIX = ".m3u8";
/** What ours are called in the folder of a set: `pontus.TAG.00000.ts`. */
const SEGMENT = /^pontus\.([\w-]+)\./;

/**
 * The folder of a set's segments: `DIR/NAME` beside `DIR/NAME.m3u8`; of paths and of the paths of URLs.
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

/** The attempt that a file in the folder of a set is from; nothing where it is none of ours. */
export const tagOfSegment = (name: string): string | undefined => SEGMENT.exec(name)?.[1];

/** A finished set under the names it is published by. */
export type PublishedSet = {
  /** `own` is the name in scratch, `name` the one in the folder of the set, which no other attempt gives. */
  readonly segments: readonly { readonly own: string; readonly name: string }[];
  readonly playlist: string;
};

/**
 * Names the segments of a finished playlist for one attempt, and the playlist's lines after them.
 *
 * @param folder - the bare name of the folder that the segments will lie in, beside the playlist
 */
export function nameSet(playlist: string, tag: string, folder: string): PublishedSet {
  const nameOf = (own: string) => `pontus.${tag}.${own}`;
  const owns = new Set(segmentsOf(playlist).map((segment) => basename(segment)));
  const uri = (segment: string) =>
    [folder, nameOf(basename(segment))].map(encodeURIComponent).join("/");
  return {
    segments: [...owns].map((own) => ({ own, name: nameOf(own) })),
    playlist: rewritePlaylist(playlist, uri),
  };
}

/** The text of a finished playlist of ours. @throws {TaskError} `internal` where it cannot be read */
export async function readPlaylist(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new TaskError("internal", "Cannot read the finished playlist: it is gone or damaged", {
      cause,
    });
  }
}
