import type { NalBits } from "./nal-bits.ts";

/** Pictures that others may refer to: how far away in order, and whether the current one does. */
export type ReferenceSet = readonly { readonly delta: number; readonly isUsed: boolean }[];

/** What the heads of slices depend on, of a sequence. */
export type HevcSequence = {
  readonly isApart: boolean;
  readonly hasChroma: boolean;
  readonly orderBits: number;
  /** How many blocks a picture has. */
  readonly blocks: number;
  readonly hasOffsets: boolean;
  readonly sets: readonly ReferenceSet[];
  /** Which of the pictures that are kept for long the current one refers to; absent if none are. */
  readonly longTerm?: readonly boolean[];
  readonly hasMotion: boolean;
};

/** More than the standard allows, so that a broken unit does not take long. */
const SETS_MAX = 64;
const PICTURES_MAX = 33;

/** Reads a sequence parameter set. @see ITU-T H.265, 7.3.2.2 */
export function readHevcSequence(bits: NalBits, into: Map<number, HevcSequence>): void {
  bits.skip(4);
  const layers = bits.bits(3);
  bits.skip(1);
  skipProfile(bits, layers);
  const id = bits.number();
  const chroma = bits.number();
  const isApart = chroma === 3 && bits.flag();
  const [width, height] = [bits.number(), bits.number()];
  if (bits.flag()) for (let side = 0; side < 4; side += 1) bits.number();
  bits.number();
  bits.number();
  const orderBits = bits.number() + 4;
  for (let layer = bits.flag() ? 0 : layers; layer <= layers; layer += 1)
    for (let each = 0; each < 3; each += 1) bits.number();
  const blockBits = bits.number() + 3 + bits.number();
  for (let each = 0; each < 4; each += 1) bits.number();
  if (bits.flag() && bits.flag()) skipHevcScaling(bits);
  bits.skip(1);
  const hasOffsets = bits.flag();
  if (bits.flag()) {
    bits.skip(8);
    bits.number();
    bits.number();
    bits.skip(1);
  }
  const sets = readSets(bits);
  const longTerm = bits.flag() ? readLongTerm(bits, orderBits) : undefined;
  const across = (pixels: number) => Math.ceil(pixels / 2 ** blockBits);
  into.set(id, {
    ...{ isApart, hasChroma: chroma !== 0 && !isApart, orderBits, hasOffsets, sets },
    blocks: across(width) * across(height),
    ...(longTerm && { longTerm }),
    hasMotion: bits.flag(),
  });
}

/** The profile, tier and level, of the whole and of each layer in time. */
function skipProfile(bits: NalBits, layers: number): void {
  bits.skip(96);
  const told = Array.from({ length: layers }, () => [bits.flag(), bits.flag()] as const);
  if (layers > 0) bits.skip(2 * (8 - layers));
  for (const [hasProfile, hasLevel] of told) bits.skip((hasProfile ? 88 : 0) + (hasLevel ? 8 : 0));
}

/** Passes over a scaling matrix. @see ITU-T H.265, 7.3.4 */
export function skipHevcScaling(bits: NalBits): void {
  for (let size = 0; size < 4; size += 1)
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.number();
        continue;
      }
      if (size > 1) bits.signed();
      for (let left = Math.min(64, 1 << (4 + (size << 1))); left > 0; left -= 1) bits.signed();
    }
}

function readSets(bits: NalBits): readonly ReferenceSet[] {
  const count = bits.number();
  if (count > SETS_MAX) throw new RangeError("no sequence has so many sets of pictures");
  const sets: ReferenceSet[] = [];
  for (let index = 0; index < count; index += 1)
    sets.push(readReferenceSet(bits, index, sets, false));
  return sets;
}

function readLongTerm(bits: NalBits, orderBits: number): readonly boolean[] {
  const count = bits.number();
  if (count > PICTURES_MAX) throw new RangeError("no sequence keeps so many pictures for long");
  return Array.from({ length: count }, () => {
    bits.skip(orderBits);
    return bits.flag();
  });
}

/**
 * Reads a set of pictures, which may be told by its difference from an earlier one.
 *
 * @param sets - those of the sequence that come before
 * @param isOfSlice - it stands in the head of a slice, and may refer to any of them
 * @see ITU-T H.265, 7.3.7 and 7.4.8
 */
export function readReferenceSet(
  bits: NalBits,
  index: number,
  sets: readonly ReferenceSet[],
  isOfSlice: boolean,
): ReferenceSet {
  if (index > 0 && bits.flag()) {
    const back = isOfSlice ? bits.number() + 1 : 1;
    return readDifference(bits, sets[index - back] ?? []);
  }
  const [before, after] = [bits.number(), bits.number()];
  if (before + after > PICTURES_MAX) throw new RangeError("no set has so many pictures");
  const side = (count: number, sign: number) => {
    let delta = 0;
    return Array.from({ length: count }, () => {
      delta += sign * (bits.number() + 1);
      return { delta, isUsed: bits.flag() };
    });
  };
  return [...side(before, -1), ...side(after, 1)];
}

function readDifference(bits: NalBits, of: ReferenceSet): ReferenceSet {
  const sign = bits.flag() ? -1 : 1;
  const moved = sign * (bits.number() + 1);
  // The last one stands for the picture itself.
  const kept = [...of, { delta: 0 }].flatMap(({ delta }) => {
    const isUsed = bits.flag();
    const isKept = isUsed || bits.flag();
    return isKept ? [{ delta: delta + moved, isUsed }] : [];
  });
  const there = kept.filter(({ delta }) => delta !== 0);
  const [before, after] = [
    there.filter(({ delta }) => delta < 0),
    there.filter(({ delta }) => delta > 0),
  ];
  return [
    ...before.sort((one, other) => other.delta - one.delta),
    ...after.sort((one, other) => one.delta - other.delta),
  ];
}
