import { demuxerOf } from "../formats.ts";
import type { MediaInfo } from "../media.ts";
import { hasLengths, LENGTH_BYTES, SEI_HEADS, START_CODE } from "./nal-units.ts";
import { withoutTransport } from "./transport-packets.ts";

/** What precedes the first picture lies within so many bytes of where a file's media begin. */
export const MEDIA_HEAD_BYTES = 64 << 10;

/** The SEI message for the display orientation: ITU-T H.264 and H.265, D.1. Its numbers take three to four bytes. */
const ORIENTATION = 47;
const ORIENTATION_BYTES_MAX = 8;

/** SEI units are small. Bytes that only look like units may overlap, and without a limit be read thousands of times. */
const UNIT_BYTES_MAX = 4096;

/** Whether a source has a codec whose frames may state how they are to be turned. */
export const mayTurnItself = ({ video }: MediaInfo): boolean => headOf(video) !== undefined;

const headOf = (video: MediaInfo["video"]): readonly number[] | undefined =>
  video && (SEI_HEADS as Readonly<Record<string, readonly number[]>>)[video.codec];

/**
 * Whether frames seem to state how they are to be turned. No header says so, and ffprobe learns it only by decoding, so that a look at
 * the bytes saves all other sources a second probe.
 *
 * @param bytes - from where the source's media begin
 */
export function hasTurnMark({ video, format }: MediaInfo, bytes: Uint8Array): boolean {
  const head = headOf(video);
  if (!head) return false;
  const demuxer = demuxerOf(format);
  const plain = demuxer === "mpegts" ? withoutTransport(video?.pid)(bytes) : bytes;
  const buffer = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
  const units = hasLengths(demuxer) ? unitsByLength : unitsByStart;
  return units(buffer, Buffer.from(head)).some(isOrientation);
}

/** The bodies of the units with this head, found by their start codes. */
function unitsByStart(bytes: Buffer, head: Buffer): readonly Buffer[] {
  const mark = Buffer.concat([START_CODE, head]);
  return placesOf(bytes, mark).map((at) => {
    const from = at + mark.length;
    const end = bytes.indexOf(START_CODE, from);
    return bytes.subarray(from, end < 0 ? bytes.length : end);
  });
}

/** The bodies of the units with this head, found by a plausible length in front of it. */
function unitsByLength(bytes: Buffer, head: Buffer): readonly Buffer[] {
  return placesOf(bytes, head).flatMap((at) => {
    if (at < LENGTH_BYTES) return [];
    const length = bytes.readUInt32BE(at - LENGTH_BYTES);
    const end = at + length;
    const isUnit = length > head.length && length <= UNIT_BYTES_MAX && end <= bytes.length;
    return isUnit ? [bytes.subarray(at + head.length, end)] : [];
  });
}

function placesOf(bytes: Buffer, what: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(what); at >= 0; at = bytes.indexOf(what, at + 1)) places.push(at);
  return places;
}

/**
 * Whether a unit holds a message for the display orientation. Each message begins with its kind and its size, each the sum of bytes of
 * 255 and one that is less.
 */
function isOrientation(unit: Buffer): boolean {
  const bytes = unescaped(unit);
  let at = 0;
  const number = (): number => {
    let sum = 0;
    while (bytes[at] === 255) {
      sum += 255;
      at += 1;
    }
    sum += bytes[at] ?? 0;
    at += 1;
    return sum;
  };
  // The last byte only ends the unit.
  while (at + 2 < bytes.length) {
    const kind = number();
    const size = number();
    if (kind === ORIENTATION) return size > 0 && size <= ORIENTATION_BYTES_MAX;
    at += size;
  }
  return false;
}

/** A unit without its emulation prevention bytes (3), which keep start codes out of it. */
const unescaped = (unit: Buffer): Buffer =>
  unit.includes(ESCAPED)
    ? Buffer.from(
        unit.filter((byte, at) => !(byte === 3 && unit[at - 1] === 0 && unit[at - 2] === 0)),
      )
    : unit;

const ESCAPED = Buffer.of(0, 0, 3);
