import { type Rational, reduced } from "../../lib/rational.ts";
import type { Size } from "../encode/picture.ts";
import type { KeptColour } from "../plan.ts";

/** Pictures whose aspect ratios differ by less than this part have the same shape: rounding to even sides makes the difference. */
const SAME_PART = 0.02;

/** A picture of a set. */
export type SetPicture = Size & { readonly codec: string; readonly colour?: KeptColour };

/** Pictures of one shape, codec and range, with the sample aspect ratios that give all of them exactly this shape. */
export type AspectGroup = {
  /** Indexes of the pictures. */
  readonly members: readonly number[];
  /** One per member; undefined if its pixels are square. */
  readonly sampleAspects: readonly (Rational | undefined)[];
};

/**
 * Groups the pictures of a set by shape, codec and range. A player switches between the pictures of one adaptation set. ffmpeg's
 * `dash` muxer takes only pictures of exactly one shape into one, and players do not switch between codecs, or between a standard and a high dynamic range.
 *
 * Sides are rounded to even pixels, so 852x480 is not quite 16:9: its pixels are made a little wider to match. The
 * largest picture has square ones.
 */
export function groupByAspect(pictures: readonly SetPicture[]): readonly AspectGroup[] {
  const groups: { first: SetPicture; members: number[] }[] = [];
  for (const [index, picture] of pictures.entries()) {
    const known = groups.find(
      ({ first }) =>
        first.codec === picture.codec &&
        (first.colour === undefined) === (picture.colour === undefined) &&
        Math.abs(aspect(picture) / aspect(first) - 1) < SAME_PART,
    );
    if (known) known.members.push(index);
    else groups.push({ first: picture, members: [index] });
  }
  return groups.map(({ first, members }) => {
    const all = members.map((index) => pictures[index] ?? first);
    const largest = all.reduce((one, other) => (other.width > one.width ? other : one), first);
    return { members, sampleAspects: all.map((picture) => sampleAspect(picture, largest)) };
  });
}

const aspect = ({ width, height }: Size): number => width / height;

function sampleAspect(size: Size, first: Size): Rational | undefined {
  const [num, den] = [first.width * size.height, first.height * size.width];
  return num === den ? undefined : reduced({ num, den });
}
