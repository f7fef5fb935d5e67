import { skipHevcScaling } from "./hevc-sequence.ts";
import type { NalBits } from "./nal-bits.ts";

/** What the heads of slices depend on, of a picture. */
export type HevcPicture = {
  readonly sequence: number;
  readonly hasDependent: boolean;
  readonly hasOutputFlag: boolean;
  readonly extraBits: number;
  readonly hasCabacInit: boolean;
  readonly references: readonly [number, number];
  readonly hasChromaOffsets: boolean;
  readonly isWeighted: boolean;
  readonly isWeightedB: boolean;
  /** Of tiles, or of rows that are decoded at once: their places are told. */
  readonly isInParts: boolean;
  readonly isFilteredAcross: boolean;
  readonly mayOverride: boolean;
  readonly isDeblockingOff: boolean;
  readonly hasListChanges: boolean;
  readonly hasExtension: boolean;
  readonly hasChromaList: boolean;
};

/** More than the standard allows, so that a broken unit does not take long. */
const TILES_MAX = 64;

/** Reads a picture parameter set. @see ITU-T H.265, 7.3.2.3 */
export function readHevcPicture(bits: NalBits, into: Map<number, HevcPicture>): void {
  const id = bits.number();
  const sequence = bits.number();
  const [hasDependent, hasOutputFlag] = [bits.flag(), bits.flag()];
  const extraBits = bits.bits(3);
  bits.skip(1);
  const hasCabacInit = bits.flag();
  const references = [bits.number() + 1, bits.number() + 1] as const;
  bits.signed();
  bits.skip(1);
  const mayLeaveOut = bits.flag();
  if (bits.flag()) bits.number();
  bits.signed();
  bits.signed();
  const hasChromaOffsets = bits.flag();
  const [isWeighted, isWeightedB] = [bits.flag(), bits.flag()];
  bits.skip(1);
  const [hasTiles, isInRows] = [bits.flag(), bits.flag()];
  if (hasTiles) skipTiles(bits);
  const isFilteredAcross = bits.flag();
  const { mayOverride, isOff } = readDeblocking(bits);
  if (bits.flag()) skipHevcScaling(bits);
  const hasListChanges = bits.flag();
  bits.number();
  const hasExtension = bits.flag();
  const more = bits.flag() ? readRangeExtension(bits, mayLeaveOut) : { hasChromaList: false };
  // Of layers, 3D and screens, whose heads of slices have more.
  if (!more) return void into.delete(id);
  into.set(id, {
    ...{
      sequence,
      hasDependent,
      hasOutputFlag,
      extraBits,
      hasCabacInit,
      references,
      hasChromaOffsets,
    },
    ...{ isWeighted, isWeightedB, isInParts: hasTiles || isInRows, isFilteredAcross, mayOverride },
    ...{ isDeblockingOff: isOff, hasListChanges, hasExtension, ...more },
  });
}

function skipTiles(bits: NalBits): void {
  const [columns, rows] = [bits.number(), bits.number()];
  if (columns + rows > TILES_MAX) throw new RangeError("no picture has so many tiles");
  if (!bits.flag()) for (let left = columns + rows; left > 0; left -= 1) bits.number();
  bits.skip(1);
}

function readDeblocking(bits: NalBits): { readonly mayOverride: boolean; readonly isOff: boolean } {
  if (!bits.flag()) return { mayOverride: false, isOff: false };
  const mayOverride = bits.flag();
  const isOff = bits.flag();
  if (!isOff) {
    bits.signed();
    bits.signed();
  }
  return { mayOverride, isOff };
}

/** What the extensions say; undefined if there are others than the one of ranges. */
function readRangeExtension(
  bits: NalBits,
  mayLeaveOut: boolean,
): { readonly hasChromaList: boolean } | undefined {
  const hasRange = bits.flag();
  if (bits.bits(7) !== 0) return undefined;
  if (!hasRange) return { hasChromaList: false };
  if (mayLeaveOut) bits.number();
  bits.skip(1);
  return { hasChromaList: bits.flag() };
}
