import type { Rational } from "../lib/rational.ts";

/** How many pixels are cut off at each side of the stored picture, before any turn. */
export type Crop = {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};

/** What a container says about the edges of its video. */
export type ToldCrop = {
  readonly crop: Crop;
  /** How much wider the pixels are than software takes them for that does not know of the crop. */
  readonly widened?: Rational;
};

/** Reads bytes of a file: all that are asked for, or fewer if the file ends before. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;
