import type { ReadAt } from "./crop.ts";

/** Where the body of a box begins and ends in its file. */
export type Place = { readonly from: number; readonly to: number };

/** Of the boxes that lie in no other. */
export const WHOLE_FILE: Place = { from: 0, to: Number.POSITIVE_INFINITY };

/** Files in fragments have thousands, but their index in front. */
const BOXES_MAX = 200;

/** The numbers in some bytes. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The box of a type in a place, behind so many others of it: of ISO/IEC 14496-12, 4.2. Heads alone are read. */
export async function findBox(
  read: ReadAt,
  type: string,
  { from, to }: Place,
  skipped = 0,
): Promise<Place | undefined> {
  let left = skipped;
  let at = from;
  for (let count = 0; count < BOXES_MAX && at + 8 <= to; count += 1) {
    const bytes = await read(at, 16);
    const size = sizeOf(viewOf(bytes), to - at);
    if (size === undefined) return undefined;
    if (String.fromCharCode(...bytes.subarray(4, 8)) === type) {
      if (left === 0) return { from: at + size.headBytes, to: Math.min(to, at + size.bytes) };
      left -= 1;
    }
    at += size.bytes;
  }
  return undefined;
}

/** Of a box, by its head. A size of 1 stands for one of 64 bits, 0 for all that is left. */
function sizeOf(head: DataView, left: number): { headBytes: number; bytes: number } | undefined {
  if (head.byteLength < 8) return undefined;
  const told = head.getUint32(0);
  if (told === 0) return { headBytes: 8, bytes: left };
  if (told !== 1) return told < 8 ? undefined : { headBytes: 8, bytes: told };
  if (head.byteLength < 16) return undefined;
  const bytes = Number(head.getBigUint64(8));
  return bytes < 16 ? undefined : { headBytes: 16, bytes };
}
