import type { ReadAt, ToldCrop } from "../crop.ts";
import { findBox, type Place, viewOf, WHOLE_FILE } from "./iso-boxes.ts";

/** The fixed part of a video sample entry, before the boxes in it: ISO/IEC 14496-12, 12.1.3. */
const ENTRY_BYTES = 86;
const CLAP_BYTES = 32;

/**
 * What the clean aperture (`clap`) of an MP4 or MOV cuts off, as ffmpeg from 7.1 on takes it: whole pixels, and undefined if it does not
 * lie within the picture.
 *
 * Only heads of boxes are read on the way to it. mp4box needs the whole index, which may be many megabytes, and does not know the sample
 * entries of ProRes, DNxHD and DV, which have most of the clean apertures.
 *
 * @param index - of the stream, among all tracks in the order of the file
 * @see ISO/IEC 14496-12, 12.1.4
 */
export async function readIsoCrop(read: ReadAt, index: number): Promise<ToldCrop | undefined> {
  let place: Place | undefined = WHOLE_FILE;
  for (const type of ["moov", "trak", "mdia", "minf", "stbl", "stsd"]) {
    place = await findBox(read, type, place, type === "trak" ? index : 0);
    if (!place) return undefined;
  }
  // The version and the number of entries come first.
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

type Fraction = { readonly num: number; readonly den: number };

const fraction = (box: DataView, at: number): Fraction => ({
  num: box.getInt32(at),
  den: box.getInt32(at + 4),
});

/**
 * How many pixels of a side are cut off before and after the part that is kept. That part lies in the middle, moved by its offset. The
 * numbers stay whole up to the last division, as the edges are cut to whole pixels.
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
