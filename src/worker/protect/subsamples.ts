import { wrong } from "./boxes.ts";
import type { SliceReader } from "./slices.ts";

/** A part of a sample: so many bytes that stay clear, and so many after them that are encrypted. */
export type Subsample = { readonly clear: number; readonly secret: number };

/** How the pictures of a stream lie in its samples. */
export type Pictures = {
  readonly slices: SliceReader;
  /** How many bytes tell the length of a NAL unit. */
  readonly lengthBytes: number;
};

/** A block of AES. */
export const BLOCK_BYTES = 16;
/**
 * What stays clear of a slice whose head is not read, as of layers or of slice groups: more than heads have. Players need the head, and
 * may find more than that clear.
 */
const HEAD_BYTES_MAX = 128;
/** The length of the clear part has 16 bits. */
const CLEAR_BYTES_MAX = 0xffff;

/**
 * The parts of a picture. Clear are the lengths and heads of NAL units, the heads of slices, and all units that hold no slice: players
 * read them without the key.
 *
 * @param isInBlocks - only whole blocks of AES are encrypted, and what is over of a unit is clear with its head, as of `cenc`
 * @param partsMax - if a picture has more, its smallest slices are left clear
 * @see ISO/IEC 23001-7, 9.5.2 and 10
 */
export function subsamplesOf(
  sample: Buffer,
  { slices, lengthBytes }: Pictures,
  isInBlocks: boolean,
  partsMax: number,
): readonly Subsample[] {
  const parts: Subsample[] = [];
  for (let at = 0; at < sample.length; ) {
    const from = at + lengthBytes;
    if (from > sample.length) throw wrong("a picture in it is cut off");
    const nal = sample.subarray(from, from + sample.readUIntBE(at, lengthBytes));
    const end = from + nal.length;
    const secret = secretOf(nal, slices, isInBlocks);
    parts.push({ clear: end - at - secret, secret });
    at = Math.max(end, from);
  }
  return fewest(parts, partsMax);
}

/** How many bytes at the end of a unit are encrypted. */
function secretOf(nal: Uint8Array, slices: SliceReader, isInBlocks: boolean): number {
  const head = headOf(nal, slices);
  const rest = head === undefined ? 0 : Math.max(0, nal.length - head);
  if (rest < BLOCK_BYTES) return 0;
  return isInBlocks ? rest - (rest % BLOCK_BYTES) : rest;
}

/** How many bytes of a slice stay clear; undefined if a unit holds none. */
function headOf(nal: Uint8Array, slices: SliceReader): number | undefined {
  try {
    if (slices.isSlice(nal)) return slices.headOf(nal) ?? HEAD_BYTES_MAX;
    slices.learn(nal);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    if (slices.isSlice(nal)) return HEAD_BYTES_MAX;
  }
  return undefined;
}

/** Leaves the smallest secrets clear, so that no more than `partsMax` parts are left. @throws {TaskError} `output_wrong` if that is not enough */
function fewest(parts: readonly Subsample[], partsMax: number): readonly Subsample[] {
  const bySize = parts.toSorted((one, other) => other.secret - one.secret);
  for (let kept = partsMax; kept >= 0; ) {
    const chosen = new Set(bySize.slice(0, kept));
    const made = split(
      joined(
        parts.map((part) =>
          chosen.has(part) ? part : { clear: part.clear + part.secret, secret: 0 },
        ),
      ),
    );
    if (made.length <= partsMax) return made;
    kept -= made.length - partsMax;
  }
  throw wrong("more of a picture stays clear than can be told");
}

/** Each part of clear bytes alone is joined to the one after it. */
function joined(parts: readonly Subsample[]): readonly Subsample[] {
  const all: Subsample[] = [];
  let before = 0;
  for (const { clear, secret } of parts) {
    before += clear;
    if (secret === 0) continue;
    all.push({ clear: before, secret });
    before = 0;
  }
  return before > 0 ? [...all, { clear: before, secret: 0 }] : all;
}

/** Parts whose clear bytes are too many for their field become several. */
const split = (parts: readonly Subsample[]): readonly Subsample[] =>
  parts.flatMap(({ clear, secret }) => {
    const whole = Math.max(0, Math.ceil(clear / CLEAR_BYTES_MAX) - 1);
    const before = Array.from({ length: whole }, () => ({ clear: CLEAR_BYTES_MAX, secret: 0 }));
    return [...before, { clear: clear - whole * CLEAR_BYTES_MAX, secret }];
  });
