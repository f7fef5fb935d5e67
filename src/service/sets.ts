import type { Assignment } from "../profile/profile.ts";

const PLAYLIST_SUFFIX = ".m3u8";
/** A name before the suffix, which the folder of the segments bears: no dots alone, for they are no folder's own. */
const PLAYLIST = /\/(?!\.{1,2}\.m3u8$)[^/]+\.m3u8$/;

/**
 * The key of the folder that the segments of a set will lie in, `DIR/NAME` beside `DIR/NAME.m3u8`.
 *
 * @param key - `Address.key` of its target
 * @returns nothing where the target's name is none of a playlist
 */
function folderKeyOf(key: string): string | undefined {
  // A query says nothing of where segments lie; in the path of a file it is a part of the name.
  const place = /^https?:/.test(key) ? key.replace(/\?.*$/s, "") : key;
  return PLAYLIST.test(place) ? place.slice(0, -PLAYLIST_SUFFIX.length) : undefined;
}

/**
 * Claims the folders of the segments of a task's sets, one entry a target: nothing where it gets a single file.
 *
 * @param keys - `Address.key` of each target, in order
 * @param refuse - makes the error of a bad field
 * @throws what `refuse` made: a set's name that is none of a playlist, a target in the folder of another's segments
 */
export function claimFolders(
  keys: readonly string[],
  assignments: readonly Assignment[],
  refuse: (path: string, message: string) => Error,
): readonly (string | undefined)[] {
  const sets = new Set(
    assignments.flatMap(({ rendition, targets }) =>
      rendition.container === "m3u8" ? targets : [],
    ),
  );
  const pathOf = (index: number) => `targets[${index}].target_url`;
  const folders = keys.map((key, index) => {
    if (!sets.has(index)) return undefined;
    const folder = folderKeyOf(key);
    if (folder === undefined)
      throw refuse(pathOf(index), 'an m3u8 rendition needs a name that ends in ".m3u8"');
    return folder;
  });
  for (const [set, folder] of folders.entries())
    for (const [index, key] of keys.entries())
      if (folder !== undefined && (key === folder || key.startsWith(`${folder}/`)))
        throw refuse(pathOf(index), `the segments of targets[${set}] will lie there`);
  return folders;
}
