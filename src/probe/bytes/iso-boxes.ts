import type { ReadAt } from "../crop.ts";

/** Where the body of a box begins and ends in its file. */
export type Place = { readonly from: number; readonly to: number };

/** The place of the boxes that lie in no other box. */
export const WHOLE_FILE: Place = { from: 0, to: Number.POSITIVE_INFINITY };

/** Fragmented files have thousands of boxes, but their index comes first. */
const BOXES_MAX = 200;

/** A view of bytes that reads numbers. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Finds a box of a type in a place. Only heads are read.
 *
 * @param skipped - how many boxes of the type come before the one that is meant
 * @see ISO/IEC 14496-12, 4.2
 */
export async function findBox(
  read: ReadAt,
  type: string,
  { from, to }: Place,
  skipped = 0,
): Promise<Place | undefined> {
  let left = skipped;
  let at = from;
  for (let count = 0; count < BOXES_MAX && at + 8 <= to; count += 1) {
    const head = boxHeadIn(await read(at, BOX_HEAD_BYTES_MAX), 0, to - at);
    if (!head) return undefined;
    if (head.type === type) {
      if (left === 0) return { from: at + head.headBytes, to: Math.min(to, at + head.bytes) };
      left -= 1;
    }
    at += head.bytes;
  }
  return undefined;
}

/** The head of a box. */
export type BoxHead = {
  readonly type: string;
  readonly headBytes: number;
  /** The size of the box, its head included. */
  readonly bytes: number;
};

const HEAD_BYTES = 8;
/** The head of a box whose size takes 64 bits. */
export const BOX_HEAD_BYTES_MAX = 16;

/**
 * The head of the box at a place in bytes; undefined if there is none. A size of 1 means that 64 bits follow, and 0 that the box extends
 * to the end of the file.
 *
 * @param left - how many bytes the file has from there on
 */
export function boxHeadIn(bytes: Uint8Array, at: number, left: number): BoxHead | undefined {
  const view = viewOf(bytes);
  // The last box of a file may be shorter than the longest head.
  if (view.byteLength < at + HEAD_BYTES) return undefined;
  const told = view.getUint32(at);
  const isLarge = told === 1;
  if (isLarge && view.byteLength < at + BOX_HEAD_BYTES_MAX) return undefined;
  const headBytes = isLarge ? BOX_HEAD_BYTES_MAX : HEAD_BYTES;
  const size = isLarge ? Number(view.getBigUint64(at + 8)) : told === 0 ? left : told;
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  return size < headBytes ? undefined : { type, headBytes, bytes: size };
}
