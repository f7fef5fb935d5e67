import type { ReadAt, ToldCrop } from "./crop.ts";

/** Where the body of a box begins and ends in its file. */
type Place = { readonly from: number; readonly to: number };

/** Files in fragments have thousands, but their index in front. */
const BOXES_MAX = 200;
/** A sample entry of a picture, up to the boxes in it: ISO/IEC 14496-12, 12.1.3. */
const ENTRY_BYTES = 86;
const CLAP_BYTES = 32;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * What the clean aperture (`clap`) of an MP4 or MOV cuts off, as ffmpeg from 7.1 on takes it: whole pixels, nothing where it does not
 * lie within the picture.
 *
 * Only heads of boxes are read on the way to it. mp4box would want all of the index, which may be many megabytes, and knows no sample
 * entries of ProRes, DNxHD and DV, of which most clean apertures are.
 *
 * @param index - of the stream: of all tracks, in the order of the file
 * @see ISO/IEC 14496-12, 12.1.4
 */
export async function readIsoCrop(read: ReadAt, index: number): Promise<ToldCrop | undefined> {
  let place: Place | undefined = { from: 0, to: Number.POSITIVE_INFINITY };
  for (const type of ["moov", "trak", "mdia", "minf", "stbl", "stsd"]) {
    place = await findBox(read, type, place, type === "trak" ? index : 0);
    if (!place) return undefined;
  }
  // Behind the version and the number of entries.
  const start = place.from + 8;
  const entry = viewOf(await read(start, ENTRY_BYTES));
  if (entry.byteLength < ENTRY_BYTES) return undefined;
  const to = Math.min(place.to, start + entry.getUint32(0));
  const clap = await findBox(read, "clap", { from: start + ENTRY_BYTES, to });
  const box = clap && viewOf(await read(clap.from, CLAP_BYTES));
  if (!box || box.byteLength < CLAP_BYTES) return undefined;
  const across = edges(entry.getUint16(32), fraction(box, 0), fraction(box, 16));
  const down = edges(entry.getUint16(34), fraction(box, 8), fraction(box, 24));
  if (!across || !down) return undefined;
  const [left, right] = across;
  const [top, bottom] = down;
  return { crop: { left, right, top, bottom } };
}

/** The box of a type in a place, behind so many others of it. */
async function findBox(
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

type Fraction = { readonly num: number; readonly den: number };

const fraction = (box: DataView, at: number): Fraction => ({
  num: box.getInt32(at),
  den: box.getInt32(at + 4),
});

/**
 * What is cut off before and behind the part of a side that is kept, which lies in the middle but for its offset. In whole numbers up
 * to the last division: the edges are cut to whole pixels.
 */
function edges(side: number, kept: Fraction, offset: Fraction): [number, number] | undefined {
  if (kept.num <= 0 || kept.den <= 0 || offset.den <= 0) return undefined;
  const whole = side * kept.den;
  if (kept.num > whole) return undefined;
  const unit = 2 * kept.den * offset.den;
  const moved = 2 * offset.num * kept.den;
  const before = Math.trunc(((whole - kept.num) * offset.den + moved) / unit);
  const last = Math.trunc(((whole - 2 * kept.den + kept.num) * offset.den + moved) / unit);
  const after = side - 1 - last;
  return before >= 0 && after >= 0 ? [before, after] : undefined;
}
