import type { VideoStream } from "../media.ts";

/** How many bytes of a file tell what its first chunk is about, and those of a chunk what it is. */
export const WEBP_HEAD_BYTES = 30;
/** The head of a chunk, and what a frame says of itself before its picture. */
export const CHUNK_HEAD_BYTES = 24;
/** Where the first chunk begins. */
export const CHUNKS_AT = 12;

const CHUNK_FIELDS_BYTES = 8;
const DURATION_AT = CHUNK_FIELDS_BYTES + 12;

/** The bytes 9d 01 2a. */
const VP8_START_CODE = 0x2a019d;

const textAt = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + 4));
const uint24 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
const uint32 = (bytes: Uint8Array, at: number): number =>
  uint24(bytes, at) + (bytes[at + 3] ?? 0) * 2 ** 24;

/** The bits of a side in the head of a single picture; the others say how it may be enlarged. */
const SIDE_BITS = 0x3fff;

/**
 * The length of a file that its head states, the size of its pictures, and whether it is a single one, which is how ours are written that
 * stand still throughout; undefined if it is neither that nor a WebP that may move.
 */
export function webpHead(head: Uint8Array) {
  if (head.length < WEBP_HEAD_BYTES) return undefined;
  if (textAt(head, 0) !== "RIFF" || textAt(head, 8) !== "WEBP") return undefined;
  const sizeBytes = uint32(head, 4) + CHUNK_FIELDS_BYTES;
  const fields = CHUNKS_AT + CHUNK_FIELDS_BYTES;
  const kind = textAt(head, CHUNKS_AT);
  if (kind === "VP8X") {
    const [width, height] = [uint24(head, fields + 4) + 1, uint24(head, fields + 7) + 1];
    return { sizeBytes, width, height, isStill: false };
  }
  // RFC 6386, section 9.1: three bytes, a start code, and both sides.
  if (kind !== "VP8 " || uint24(head, fields + 3) !== VP8_START_CODE) return undefined;
  const [width, height] = [fields + 6, fields + 8].map((at) => uint24(head, at) & SIDE_BITS);
  return { sizeBytes, width: width ?? 0, height: height ?? 0, isStill: true };
}

/** How long a chunk is with its head, and how long its picture is shown if it is a frame. */
export function webpChunk(head: Uint8Array) {
  const bytes = uint32(head, 4);
  const sizeBytes = CHUNK_FIELDS_BYTES + bytes + (bytes % 2);
  return textAt(head, 0) === "ANMF"
    ? { sizeBytes, shownMs: uint24(head, DURATION_AT) }
    : { sizeBytes };
}

/** An animation as a stream of video. @param seconds - undefined if it is a single picture, which lasts as long as one looks */
export const webpStream = (
  { width, height }: { readonly width: number; readonly height: number },
  frames: number,
  seconds: number | undefined,
): VideoStream => ({
  ...({ kind: "video", index: 0, codec: "webp", dispositions: [] } as const),
  ...{ width, height, sampleAspect: { num: 1, den: 1 }, rotation: 0 },
  ...{ frames, isVariableRate: true, isInterlaced: false, color: {} },
  ...(seconds !== undefined && { durationSeconds: seconds }),
  ...(seconds !== undefined &&
    seconds > 0 && { framerate: { num: Math.round((frames / seconds) * 1000), den: 1000 } }),
});
