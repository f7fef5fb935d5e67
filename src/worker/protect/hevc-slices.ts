import { type HevcPicture, readHevcPicture } from "./hevc-picture.ts";
import {
  type HevcSequence,
  type ReferenceSet,
  readHevcSequence,
  readReferenceSet,
} from "./hevc-sequence.ts";
import { bitsFor, NalBits } from "./nal-bits.ts";
import type { SliceReader } from "./slices.ts";

const SPS = 33;
const PPS = 34;
/** Units of lower types hold slices. */
const SLICES_END = 32;
const [FIRST_IRAP, LAST_IRAP] = [16, 23];
const IDRS = [19, 20];
const [B, P] = [0, 1];
/** More than the standard allows, so that a broken unit takes neither long nor much memory. */
const REFERENCES_MAX = 16;

const typeOf = (nal: Uint8Array): number => ((nal[0] ?? 0) >> 1) & 0x3f;
/** Of layers beside the picture itself, as in 3D. */
const layerOf = (nal: Uint8Array): number => (((nal[0] ?? 0) & 1) << 5) | ((nal[1] ?? 0) >> 3);

/** Finds the heads of slices of H.265. @see ITU-T H.265, 7.3.6 */
export function hevcSlices(): SliceReader {
  const sequences = new Map<number, HevcSequence>();
  const pictures = new Map<number, HevcPicture>();
  return {
    isSlice: (nal) => typeOf(nal) < SLICES_END,
    learn: (nal) => {
      if (layerOf(nal) > 0) return;
      const bits = new NalBits(nal, 2);
      if (typeOf(nal) === SPS) readHevcSequence(bits, sequences);
      if (typeOf(nal) === PPS) readHevcPicture(bits, pictures);
    },
    headOf: (nal) => (layerOf(nal) > 0 ? undefined : readHead(nal, sequences, pictures)),
  };
}

/** What is known of a slice while its head is read. */
type Slice = HevcSequence & HevcPicture & { readonly bits: NalBits; readonly nalType: number };

function readHead(
  nal: Uint8Array,
  sequences: ReadonlyMap<number, HevcSequence>,
  pictures: ReadonlyMap<number, HevcPicture>,
): number | undefined {
  const bits = new NalBits(nal, 2);
  const nalType = typeOf(nal);
  const isFirst = bits.flag();
  if (nalType >= FIRST_IRAP && nalType <= LAST_IRAP) bits.skip(1);
  const picture = pictures.get(bits.number());
  const sequence = picture && sequences.get(picture.sequence);
  if (!picture || !sequence) return undefined;
  const slice: Slice = { ...sequence, ...picture, bits, nalType };
  let isDependent = false;
  if (!isFirst) {
    if (slice.hasDependent) isDependent = bits.flag();
    bits.skip(bitsFor(slice.blocks));
  }
  if (!isDependent) passSlice(slice);
  if (slice.isInParts) {
    const parts = bits.number();
    const length = parts > 0 ? bits.number() + 1 : 0;
    bits.skip(parts * length);
  }
  if (slice.hasExtension) bits.skip(bits.number() * 8);
  // One bit, and zeros up to the next byte.
  bits.skip(1);
  return bits.bytesRead;
}

function passSlice(slice: Slice): void {
  const { bits } = slice;
  bits.skip(slice.extraBits);
  const type = bits.number();
  if (slice.hasOutputFlag) bits.skip(1);
  if (slice.isApart) bits.skip(2);
  const { current, hasMotion } = passOrder(slice);
  let isSmoothed = false;
  if (slice.hasOffsets) {
    isSmoothed = bits.flag();
    if (slice.hasChroma) isSmoothed = bits.flag() || isSmoothed;
  }
  if (type === P || type === B) passReferences(slice, type === B, current, hasMotion);
  bits.signed();
  if (slice.hasChromaOffsets) {
    bits.signed();
    bits.signed();
  }
  if (slice.hasChromaList) bits.skip(1);
  passDeblocking(slice, isSmoothed);
}

/** How many pictures it may refer to, and whether it takes over motion. */
type Order = { readonly current: number; readonly hasMotion: boolean };

function passOrder(slice: Slice): Order {
  const { bits, sets } = slice;
  if (IDRS.includes(slice.nalType)) return { current: 0, hasMotion: false };
  bits.skip(slice.orderBits);
  let set: ReferenceSet | undefined;
  if (!bits.flag()) set = readReferenceSet(bits, sets.length, sets, true);
  else set = sets[sets.length > 1 ? bits.bits(bitsFor(sets.length)) : 0];
  let current = (set ?? []).filter(({ isUsed }) => isUsed).length;
  if (slice.longTerm) {
    const orders = slice.longTerm;
    const known = orders.length > 0 ? bits.number() : 0;
    const all = known + bits.number();
    for (let index = 0; index < all; index += 1) {
      if (index < known) {
        const at = orders.length > 1 ? bits.bits(bitsFor(orders.length)) : 0;
        if (orders[at]) current += 1;
      } else {
        bits.skip(slice.orderBits);
        if (bits.flag()) current += 1;
      }
      if (bits.flag()) bits.number();
    }
  }
  return { current, hasMotion: slice.hasMotion && bits.flag() };
}

function passReferences(slice: Slice, isB: boolean, current: number, hasMotion: boolean): void {
  const { bits } = slice;
  const isOwn = bits.flag();
  const counts = slice.references
    .slice(0, isB ? 2 : 1)
    .map((usual) => (isOwn ? bits.number() + 1 : usual));
  if (Math.max(...counts) > REFERENCES_MAX)
    throw new RangeError("no slice refers to so many pictures");
  if (slice.hasListChanges && current > 1)
    for (const count of counts) if (bits.flag()) bits.skip(count * bitsFor(current));
  if (isB) bits.skip(1);
  if (slice.hasCabacInit) bits.skip(1);
  if (hasMotion) {
    const list = isB && !bits.flag() ? 1 : 0;
    if ((counts[list] ?? 0) > 1) bits.number();
  }
  if (isB ? slice.isWeightedB : slice.isWeighted) passWeights(slice, counts);
  bits.number();
}

function passWeights({ bits, hasChroma }: Slice, counts: readonly number[]): void {
  bits.number();
  if (hasChroma) bits.signed();
  for (const count of counts) {
    const each = Array.from({ length: count });
    const ofLuma = each.map(() => bits.flag());
    const ofChroma = each.map(() => hasChroma && bits.flag());
    for (const [index, hasLuma] of ofLuma.entries()) {
      const numbers = (hasLuma ? 2 : 0) + (ofChroma[index] ? 4 : 0);
      for (let left = numbers; left > 0; left -= 1) bits.signed();
    }
  }
}

function passDeblocking(slice: Slice, isSmoothed: boolean): void {
  const { bits } = slice;
  let isOff = slice.isDeblockingOff;
  if (slice.mayOverride && bits.flag()) {
    isOff = bits.flag();
    if (!isOff) {
      bits.signed();
      bits.signed();
    }
  }
  if (slice.isFilteredAcross && (isSmoothed || !isOff)) bits.skip(1);
}
