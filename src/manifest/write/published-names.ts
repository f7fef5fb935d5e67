/** Files in the folder of a set that players know by name: they keep their names, and are replaced with their set. */
export const FIXED_NAMES: readonly string[] = ["thumbnails.vtt", "manifest.mpd"];

/** The name of a file in the folder of its set. Except for those of `FIXED_NAMES`, no other tag gives the same name. */
export const publishedName = (own: string, tag: string): string =>
  FIXED_NAMES.includes(own) ? own : `pontus.${tag}.${own}`;

/** A text in the folder of a set, with the name that it is published under. */
export type PublishedText = { readonly name: string; readonly text: string };
