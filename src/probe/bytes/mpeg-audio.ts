const FRAME_HEAD_BYTES = 4;
/** The length of an ID3v2 tag's header. */
export const ID3_HEAD_BYTES = 10;
const APE_FOOTER_BYTES = 32;
const ID3V1_BYTES = 128;
/** A Lyrics3 tag ends like `006123LYRICS200`: the size of what comes before, and its name. */
const LYRICS_END_BYTES = 15;
/** Noise may look like a frame, but hardly like so many of one kind in a row. */
const FRAMES_IN_A_ROW = 12;

/** kbit/s by layer (1, 2, 3) and index, for MPEG-1 and for its extensions to lower sample rates. */
const BITRATES: Readonly<Record<"one" | "low", readonly (readonly number[])[]>> = {
  one: [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  low: [
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
};
const SAMPLERATES_HZ = [44_100, 48_000, 32_000];

/** A frame of MPEG audio, by its header. */
export type AudioFrame = {
  readonly sizeBytes: number;
  /** Version, layer and sample rate, which all frames of a stream have in common. */
  readonly kind: number;
  /** Where a Xing or Info tag stands in the frame if it has one. */
  readonly tagOffset: number;
};

/** The frame whose header stands at a place; undefined if there is none, or if it does not state its length. */
export function audioFrameAt(bytes: Uint8Array, at: number): AudioFrame | undefined {
  const [sync = 0, one = 0, two = 0, three = 0] = bytes.subarray(at, at + FRAME_HEAD_BYTES);
  if (sync !== 0xff || (one & 0xe0) !== 0xe0) return undefined;
  const version = (one >> 3) & 3;
  const layer = 4 - ((one >> 1) & 3);
  const rate = SAMPLERATES_HZ[(two >> 2) & 3];
  const isLow = version !== 3;
  const kbps = BITRATES[isLow ? "low" : "one"][layer - 1]?.[(two >> 4) - 1];
  if (version === 1 || layer === 4 || rate === undefined || kbps === undefined) return undefined;
  const samplerateHz = version === 3 ? rate : version === 2 ? rate / 2 : rate / 4;
  const padding = (two >> 1) & 1;
  const slots = layer === 3 && isLow ? 72 : 144;
  const sizeBytes =
    layer === 1
      ? (Math.floor((12_000 * kbps) / samplerateHz) + padding) * 4
      : Math.floor((slots * 1000 * kbps) / samplerateHz) + padding;
  const isMono = three >> 6 === 3;
  const sideBytes = isLow ? (isMono ? 9 : 17) : isMono ? 17 : 32;
  const kind = (one & 0x1e) | ((two & 0x0c) << 8);
  return { sizeBytes, kind, tagOffset: FRAME_HEAD_BYTES + sideBytes };
}

/**
 * Whether frames of one kind follow each other from a place on.
 *
 * @param isAll - nothing comes behind these bytes, so that fewer frames are enough if they reach the end
 */
function isAudioAt(bytes: Uint8Array, from: number, isAll: boolean): boolean {
  let at = from;
  let kind: number | undefined;
  for (let count = 0; count < FRAMES_IN_A_ROW; count += 1) {
    if (isAll && count > 1 && at >= bytes.length) return true;
    const frame = audioFrameAt(bytes, at);
    if (!frame || (kind ?? frame.kind) !== frame.kind) return false;
    kind = frame.kind;
    at += frame.sizeBytes;
  }
  return true;
}

/**
 * Where MPEG audio begins in bytes that may begin with something else; undefined if they hold none.
 *
 * @param isAll - nothing comes behind these bytes
 */
export function findAudio(bytes: Uint8Array, isAll: boolean): number | undefined {
  let at = bytes.indexOf(0xff);
  while (at !== -1) {
    if (isAudioAt(bytes, at, isAll)) return at;
    at = bytes.indexOf(0xff, at + 1);
  }
  return undefined;
}

const textAt = (bytes: Uint8Array, at: number, length: number): string =>
  at < 0 ? "" : String.fromCharCode(...bytes.subarray(at, at + length));

/** The length of the ID3v2 tag that bytes begin with; 0 if they begin with none. */
export function id3Bytes(head: Uint8Array): number {
  if (textAt(head, 0, 3) !== "ID3" || head.length < ID3_HEAD_BYTES) return 0;
  const [flags = 0, ...digits] = head.subarray(5, ID3_HEAD_BYTES);
  const size = digits.reduce((sum, digit) => sum * 128 + (digit & 0x7f), 0);
  const hasFooter = (flags & 0x10) !== 0;
  return ID3_HEAD_BYTES + size + (hasFooter ? ID3_HEAD_BYTES : 0);
}

/** The length of the tag that bytes end with (ID3v1, APE or Lyrics3); 0 if they end with none. */
export function endTagBytes(tail: Uint8Array): number {
  const { length } = tail;
  if (textAt(tail, length - ID3V1_BYTES, 3) === "TAG") return ID3V1_BYTES;
  const ape = length - APE_FOOTER_BYTES;
  if (textAt(tail, ape, 8) === "APETAGEX") {
    const view = new DataView(tail.buffer, tail.byteOffset + ape, APE_FOOTER_BYTES);
    const hasHeader = view.getUint32(20, true) >= 0x8000_0000;
    return view.getUint32(12, true) + (hasHeader ? APE_FOOTER_BYTES : 0);
  }
  const [, size] = /^(\d{6})LYRICS200$/.exec(textAt(tail, length - LYRICS_END_BYTES, 15)) ?? [];
  return size === undefined ? 0 : Number(size) + LYRICS_END_BYTES;
}
