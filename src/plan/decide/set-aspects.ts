import type { Rational } from "../../lib/rational.ts";
import type { Size } from "../encode/picture.ts";

/** Pictures whose shapes differ by less are the same, rounded to even sides. */
const SAME_PART = 0.02;

/** A picture of a set. */
export type SetPicture = Size & { readonly codec: string };

/** Pictures of one shape and codec, and by how much the pixels of each are wider than high, so that all have it exactly. */
export type AspectGroup = {
  /** Indexes of the pictures. */
  readonly members: readonly number[];
  /** One a member; absent where its pixels are square. */
  readonly sampleAspects: readonly (Rational | undefined)[];
};

/**
 * Puts the pictures of a set together by their shape, for ffmpeg's `dash` muxer takes into one adaptation set, between
 * whose pictures a player changes, those of exactly one shape alone; nor does a player change the codec.
 *
 * Sides are rounded to even pixels, so 852x480 is not quite 16:9: its pixels are made so much wider. The largest
 * picture has square ones.
 */
export function groupByAspect(pictures: readonly SetPicture[]): readonly AspectGroup[] {
  const groups: { first: SetPicture; members: number[] }[] = [];
  for (const [index, picture] of pictures.entries()) {
    const known = groups.find(
      ({ first }) =>
        first.codec === picture.codec && Math.abs(aspect(picture) / aspect(first) - 1) < SAME_PART,
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
  if (num === den) return undefined;
  const common = greatestCommon(num, den);
  return { num: num / common, den: den / common };
}

const greatestCommon = (one: number, other: number): number =>
  other === 0 ? one : greatestCommon(other, one % other);
