/** The first segment of one rendition of a set, which is made before all else, so that it can be watched meanwhile. The finished set is without it. */
export type SetHead = {
  /** The folder that it is made in, relative to the work folder: `media_0.m3u8` is the playlist of its picture, and the next are of its sounds. */
  readonly segments: string;
  /** Which tracks of the set it is of, in their order: its picture first. */
  readonly tracks: readonly number[];
  /** How long it is, as segments of the set are. */
  readonly seconds: number;
  /** The same as a part of the set, 0..1. */
  readonly part: number;
};
