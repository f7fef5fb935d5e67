import { isSet } from "../profile/container-rules.ts";
import { factsOf } from "../profile/containers.ts";
import type { Assignment } from "../profile/profile.ts";

/** A name before its suffix. It must not consist of dots alone, as those are names of other folders. */
const NAME = /\/(?!\.{1,2}$)[^/]+$/;

/**
 * The key of the folder that the segments of a set will lie in: `DIR/NAME` beside `DIR/NAME.m3u8`, `DIR/NAME.dash` beside
 * `DIR/NAME.mpd`.
 *
 * @param key - `Address.key` of its target
 * @returns undefined if the target's name does not fit such a set
 */
function folderKeyOf(key: string, suffix: string, folder: string): string | undefined {
  // The query of a URL does not change where segments lie; in the path of a file, `?` is a part of the name.
  const place = /^https?:/.test(key) ? key.replace(/\?.*$/s, "") : key;
  const stem = place.endsWith(suffix) ? place.slice(0, -suffix.length) : "";
  return NAME.test(stem) ? stem + folder : undefined;
}

/**
 * Claims the folders of the segments of a task's sets: one entry for each target, undefined if it gets a single file; no entries at
 * all if every target gets one.
 *
 * @param keys - `Address.key` of each target, in order
 * @param refuse - makes the error of a bad field
 * @throws what `refuse` made: the name of a set does not fit, or a target lies in the folder of another's segments
 */
export function claimFolders(
  keys: readonly string[],
  assignments: readonly Assignment[],
  refuse: (path: string, message: string) => Error,
): readonly (string | undefined)[] {
  if (!assignments.some(({ rendition }) => isSet(rendition.container))) return [];
  const containers = new Map(
    assignments.flatMap(({ rendition, targets }) =>
      targets.map((target) => [target, rendition.container] as const),
    ),
  );
  const pathOf = (index: number) => `targets[${index}].target_url`;
  const folders = keys.map((key, index) => {
    const container = containers.get(index);
    const { set, extension } = container ? factsOf(container) : {};
    if (!set) return undefined;
    const folder = folderKeyOf(key, `.${extension}`, set.folderSuffix);
    if (folder === undefined)
      throw refuse(
        pathOf(index),
        `an output in ${container} needs a name that ends in ".${extension}"`,
      );
    return folder;
  });
  for (const [set, folder] of folders.entries())
    for (const [index, key] of keys.entries())
      if (folder !== undefined && (key === folder || key.startsWith(`${folder}/`)))
        throw refuse(pathOf(index), `the segments of targets[${set}] will lie there`);
  return folders;
}
