import type { Rational } from "../lib/rational.ts";

/** How many pixels are cut off at each side of a picture as it is stored, before any turn. */
export type Crop = {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};

/** What a container says of the edges of a picture. */
export type ToldCrop = {
  readonly crop: Crop;
  /** By how much wider the pixels are than those who do not know of the crop take them for. */
  readonly widened?: Rational;
};

/** Reads bytes of a file: all that are asked for, or fewer where it ends. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;
