import { avcSlices } from "./avc-slices.ts";
import {
  type Box,
  boxesIn,
  boxIn,
  boxOf,
  FULL_BYTES,
  fullBoxOf,
  HEAD_BYTES,
  numberOf,
  replaced,
  replacedWithin,
  wrong,
} from "./boxes.ts";
import { hevcSlices } from "./hevc-slices.ts";
import {
  OWN_VECTOR_BYTES,
  PATTERN,
  type SampleCipher,
  type Secret,
  sampleCipher,
} from "./sample-cipher.ts";
import type { SliceReader } from "./slices.ts";
import type { Pictures } from "./subsamples.ts";

/** A stream whose samples are encrypted. */
export type SecretTrack = {
  readonly cipher: SampleCipher;
  /** Absent of sound, whose samples are encrypted whole. */
  readonly pictures?: Pictures;
  /** The size of its samples, if they all have it. */
  readonly sampleBytes: number;
};

/** A protected init segment, and the streams by their numbers. */
export type SecretInit = {
  readonly bytes: Buffer;
  readonly tracks: ReadonlyMap<number, SecretTrack>;
};

/** The system of players that get keys from anywhere: it names the keys that are needed. @see https://www.w3.org/TR/eme-initdata-cenc/#common-system */
const COMMON_SYSTEM = Buffer.from("1077efecc0b24d02ace33c1e52e2fb4b", "hex");
const SCHEME_VERSION = 0x0001_0000;
/** What comes before the boxes in an entry of pictures, and of sound. @see ISO/IEC 14496-12, 12.1.3 and 12.2.3 */
const VIDEO_ENTRY_BYTES = 78;
const AUDIO_ENTRY_BYTES = 28;

/** Has an init segment say how the samples are encrypted. @throws {TaskError} `output_wrong` if it is not as ours are */
export function protectInit(init: Buffer, secret: Secret): SecretInit {
  const tracks = new Map<number, SecretTrack>();
  const bytes = replaced(init, "moov", ({ content }) => {
    const sizes = sampleSizes(content);
    const told = replaced(content, "trak", (trak) => {
      const { id, track, bytes } = protectTrack(trak, secret, sizes);
      tracks.set(id, track);
      return bytes;
    });
    return boxOf("moov", told, systemOf(secret));
  });
  return { bytes, tracks };
}

/** The box that names the key to players. */
const systemOf = ({ keyId }: Secret): Buffer =>
  fullBoxOf("pssh", 1, 0, COMMON_SYSTEM, numberOf(1), keyId, numberOf(0));

/** The sizes that samples have unless a fragment says otherwise, by the numbers of streams. */
function sampleSizes(moov: Buffer): ReadonlyMap<number, number> {
  const told = boxesIn(boxIn(moov, "mvex").content).filter(({ type }) => type === "trex");
  return new Map(
    told.map(({ content }) => [content.readUInt32BE(FULL_BYTES), content.readUInt32BE(16)]),
  );
}

function protectTrack(
  { content }: Box,
  secret: Secret,
  sizes: ReadonlyMap<number, number>,
): { readonly id: number; readonly track: SecretTrack; readonly bytes: Buffer } {
  const head = boxIn(content, "tkhd").content;
  // Times of 64 bits come before it in the second version.
  const id = head.readUInt32BE(head[0] === 1 ? 20 : 12);
  let pictures: Pictures | undefined;
  const bytes = replacedWithin(content, ["mdia", "minf", "stbl", "stsd"], (stsd) => {
    const entries = boxesIn(stsd.content.subarray(HEAD_BYTES)).map((entry) => {
      const made = protectEntry(entry, secret);
      pictures = made.pictures;
      return made.bytes;
    });
    return boxOf("stsd", stsd.content.subarray(0, HEAD_BYTES), ...entries);
  });
  const track = { cipher: sampleCipher(secret), sampleBytes: sizes.get(id) ?? 0 };
  return { id, track: { ...track, ...(pictures && { pictures }) }, bytes: boxOf("trak", bytes) };
}

/** Entries of pictures, and of sound. */
const SOUNDS = ["mp4a", "ac-3", "ec-3", "Opus"];

function protectEntry(
  { type, content }: Box,
  secret: Secret,
): { readonly bytes: Buffer; readonly pictures?: Pictures } {
  const isSound = SOUNDS.includes(type);
  const known = isSound ? undefined : picturesOf(type, content);
  const scheme = boxOf(
    "sinf",
    boxOf("frma", Buffer.from(type, "latin1")),
    fullBoxOf("schm", 0, 0, Buffer.from(secret.method), numberOf(SCHEME_VERSION)),
    boxOf("schi", defaultsOf(secret, isSound)),
  );
  const bytes = boxOf(isSound ? "enca" : "encv", content, scheme);
  if (isSound && content.length < AUDIO_ENTRY_BYTES) throw wrong("an entry of it is cut off");
  return { bytes, ...(known && { pictures: known }) };
}

/** How the samples of a stream are encrypted. @see ISO/IEC 23001-7, 8.2 */
function defaultsOf({ method, keyId, vector }: Secret, isSound: boolean): Buffer {
  if (method === "cenc")
    return fullBoxOf("tenc", 0, 0, Buffer.from([0, 0, 1, OWN_VECTOR_BYTES]), keyId);
  // Sound has no pattern: all of its blocks are encrypted.
  const pattern = isSound ? 0 : (PATTERN.crypt << 4) | PATTERN.skip;
  const own = Buffer.from([vector.length]);
  return fullBoxOf("tenc", 1, 0, Buffer.from([0, pattern, 1, 0]), keyId, own, vector);
}

function picturesOf(type: string, content: Buffer): Pictures {
  const inner = content.subarray(VIDEO_ENTRY_BYTES);
  if (type === "avc1" || type === "avc3") return avcPictures(boxIn(inner, "avcC").content);
  if (type === "hvc1" || type === "hev1") return hevcPictures(boxIn(inner, "hvcC").content);
  throw wrong(`it holds pictures of ${JSON.stringify(type)}`);
}

/** @see ISO/IEC 14496-15, 5.3.3.1 */
function avcPictures(record: Buffer): Pictures {
  const slices = avcSlices();
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    const count = (record[at] ?? 0) & mask;
    at = learnFrom(record, at + 1, count, slices);
  }
  return { slices, lengthBytes: ((record[4] ?? 0) & 3) + 1 };
}

/** @see ISO/IEC 14496-15, 8.3.3.1 */
function hevcPictures(record: Buffer): Pictures {
  const slices = hevcSlices();
  let at = 23;
  for (let arrays = record[22] ?? 0; arrays > 0; arrays -= 1)
    at = learnFrom(record, at + 3, record.readUInt16BE(at + 1), slices);
  return { slices, lengthBytes: ((record[21] ?? 0) & 3) + 1 };
}

/** Has units be read that lie one after another, each behind its length. @returns where they end */
function learnFrom(record: Buffer, from: number, count: number, slices: SliceReader): number {
  let at = from;
  for (let left = count; left > 0; left -= 1) {
    const end = at + 2 + record.readUInt16BE(at);
    try {
      slices.learn(record.subarray(at + 2, end));
    } catch (error) {
      // Heads of slices that depend on it are not read then.
      if (!(error instanceof RangeError)) throw error;
    }
    at = end;
  }
  return at;
}
