import { NalBits, skipScalingLists } from "./nal-bits.ts";
import type { SliceReader } from "./slices.ts";

/** What the heads of slices depend on, of a sequence. */
type Sequence = {
  readonly isApart: boolean;
  readonly hasChroma: boolean;
  readonly frameNumberBits: number;
  readonly orderType: number;
  readonly orderBits: number;
  readonly hasNoDeltas: boolean;
  readonly isProgressive: boolean;
};

/** The same, of a picture. */
type Picture = {
  readonly sequence: number;
  readonly isCabac: boolean;
  readonly hasFieldOrder: boolean;
  readonly references: readonly [number, number];
  readonly isWeighted: boolean;
  readonly isWeightedB: boolean;
  readonly hasDeblocking: boolean;
  readonly hasRedundant: boolean;
};

/** Profiles whose sequences say how colours are sampled. @see ITU-T H.264, 7.3.2.1.1 */
const OF_COLOURS = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
const SPS = 7;
const PPS = 8;
/** A slice of a picture that can be decoded alone (5), and of others (1). Data partitions (2 to 4) are in no mp4 that is known. */
const SLICES = [1, 5];
const IDR = 5;
/** Types of slices, modulo 5. */
const [P, B, I, SP, SI] = [0, 1, 2, 3, 4];

/** Finds the heads of slices of H.264. @see ITU-T H.264, 7.3.2 and 7.3.3 */
export function avcSlices(): SliceReader {
  const sequences = new Map<number, Sequence>();
  const pictures = new Map<number, Picture>();
  return {
    isSlice: (nal) => SLICES.includes(typeOf(nal)),
    learn: (nal) => {
      if (typeOf(nal) === SPS) readSequence(nal, sequences);
      if (typeOf(nal) === PPS) readPicture(nal, pictures);
    },
    headOf: (nal) => readHead(nal, sequences, pictures),
  };
}

const typeOf = (nal: Uint8Array): number => (nal[0] ?? 0) & 0x1f;

function readSequence(nal: Uint8Array, into: Map<number, Sequence>): void {
  const bits = new NalBits(nal, 1);
  const profile = bits.bits(8);
  bits.skip(16);
  const id = bits.number();
  let chroma = 1;
  let isApart = false;
  if (OF_COLOURS.includes(profile)) {
    chroma = bits.number();
    if (chroma === 3) isApart = bits.flag();
    bits.number();
    bits.number();
    bits.skip(1);
    if (bits.flag()) skipScalingLists(bits, listsOf(chroma));
  }
  const frameNumberBits = bits.number() + 4;
  const orderType = bits.number();
  let orderBits = 0;
  let hasNoDeltas = false;
  if (orderType === 0) orderBits = bits.number() + 4;
  if (orderType === 1) {
    hasNoDeltas = bits.flag();
    bits.signed();
    bits.signed();
    for (let left = bits.number(); left > 0; left -= 1) bits.signed();
  }
  bits.number();
  bits.skip(1);
  bits.number();
  bits.number();
  into.set(id, {
    ...{ isApart, hasChroma: chroma !== 0 && !isApart, frameNumberBits, orderType, orderBits },
    ...{ hasNoDeltas, isProgressive: bits.flag() },
  });
}

/** The sizes of the lists of a scaling matrix: six of 4x4, and two or six of 8x8. */
const listsOf = (chroma: number): readonly number[] =>
  Array.from({ length: chroma === 3 ? 12 : 8 }, (_, index) => (index < 6 ? 16 : 64));

function readPicture(nal: Uint8Array, into: Map<number, Picture>): void {
  const bits = new NalBits(nal, 1);
  const id = bits.number();
  const sequence = bits.number();
  const isCabac = bits.flag();
  const hasFieldOrder = bits.flag();
  // Slice groups have more in their heads, and are in the baseline profile alone.
  if (bits.number() > 0) return void into.delete(id);
  const references = [bits.number() + 1, bits.number() + 1] as const;
  const isWeighted = bits.flag();
  const isWeightedB = bits.bits(2) === 1;
  bits.signed();
  bits.signed();
  bits.signed();
  const hasDeblocking = bits.flag();
  bits.skip(1);
  into.set(id, {
    ...{ sequence, isCabac, hasFieldOrder, references, isWeighted, isWeightedB, hasDeblocking },
    hasRedundant: bits.flag(),
  });
}

/** What is known of a slice once its kind is read. */
type Slice = { readonly bits: NalBits; readonly type: number } & Sequence & Picture;

function readHead(
  nal: Uint8Array,
  sequences: ReadonlyMap<number, Sequence>,
  pictures: ReadonlyMap<number, Picture>,
): number | undefined {
  const bits = new NalBits(nal, 1);
  bits.number();
  const type = bits.number() % 5;
  const picture = pictures.get(bits.number());
  const sequence = picture && sequences.get(picture.sequence);
  if (!picture || !sequence) return undefined;
  const slice: Slice = { bits, type, ...sequence, ...picture };
  passOrder(slice, typeOf(nal) === IDR);
  passReferences(slice);
  if (((nal[0] ?? 0) & 0x60) !== 0) passMarking(bits, typeOf(nal) === IDR);
  if (slice.isCabac && type !== I && type !== SI) bits.number();
  bits.signed();
  if (type === SP) bits.skip(1);
  if (type === SP || type === SI) bits.signed();
  if (slice.hasDeblocking && bits.number() !== 1) {
    bits.signed();
    bits.signed();
  }
  return bits.bytesRead;
}

/** The number and the order of the picture. */
function passOrder(slice: Slice, isIdr: boolean): void {
  const { bits } = slice;
  if (slice.isApart) bits.skip(2);
  bits.skip(slice.frameNumberBits);
  let isField = false;
  if (!slice.isProgressive) {
    isField = bits.flag();
    if (isField) bits.skip(1);
  }
  if (isIdr) bits.number();
  const hasBottom = slice.hasFieldOrder && !isField;
  if (slice.orderType === 0) {
    bits.skip(slice.orderBits);
    if (hasBottom) bits.signed();
  }
  if (slice.orderType === 1 && !slice.hasNoDeltas) {
    bits.signed();
    if (hasBottom) bits.signed();
  }
  if (slice.hasRedundant) bits.number();
}

/** How many pictures it refers to, in which order, and with which weights. */
function passReferences(slice: Slice): void {
  const { bits, type } = slice;
  const lists = type === B ? 2 : type === I || type === SI ? 0 : 1;
  if (lists === 0) return;
  if (type === B) bits.skip(1);
  const isOwn = bits.flag();
  const counts = slice.references
    .slice(0, lists)
    .map((usual) => (isOwn ? bits.number() + 1 : usual));
  for (let list = 0; list < lists; list += 1)
    if (bits.flag()) while (bits.number() !== 3) bits.number();
  const isWeighted =
    type === B ? slice.isWeightedB : slice.isWeighted && (type === P || type === SP);
  if (!isWeighted) return;
  bits.number();
  if (slice.hasChroma) bits.number();
  const passWeights = (count: number) => {
    for (let left = count; left > 0; left -= 1) {
      bits.signed();
      bits.signed();
    }
  };
  for (const count of counts)
    for (let left = count; left > 0; left -= 1) {
      if (bits.flag()) passWeights(1);
      if (slice.hasChroma && bits.flag()) passWeights(2);
    }
}

/** Which pictures are kept from then on. */
function passMarking(bits: NalBits, isIdr: boolean): void {
  if (isIdr) bits.skip(2);
  if (isIdr || !bits.flag()) return;
  for (let operation = bits.number(); operation !== 0; operation = bits.number()) {
    if (operation !== 5) bits.number();
    if (operation === 3) bits.number();
  }
}
