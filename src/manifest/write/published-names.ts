/** Files in the folder of a set that players are given by name: they keep it, and are replaced with their set. */
export const FIXED_NAMES: readonly string[] = ["thumbnails.vtt", "manifest.mpd"];

/** What a file of a set is called in the folder of the set: but for those of `FIXED_NAMES`, no other tag gives this name. */
export const publishedName = (own: string, tag: string): string =>
  FIXED_NAMES.includes(own) ? own : `pontus.${tag}.${own}`;

/** A text among the segments of a set, under the name it is published by. */
export type PublishedText = { readonly name: string; readonly text: string };
