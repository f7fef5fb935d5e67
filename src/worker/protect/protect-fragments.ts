import {
  type Box,
  boxesIn,
  boxIn,
  boxOf,
  FULL_BYTES,
  fullBoxOf,
  HEAD_BYTES,
  numberOf,
  wrong,
} from "./boxes.ts";
import type { SecretTrack } from "./protect-init.ts";
import { type Subsample, subsamplesOf } from "./subsamples.ts";

/** The size of what is told of a sample has 8 bits. */
const TOLD_BYTES_MAX = 255;
const PART_BYTES = 6;
/** Flag of `senc`: samples have parts. */
const HAS_PARTS = 2;
/** Flags of `tfhd`. @see ISO/IEC 14496-12, 8.8.7 */
const [HAS_BASE, HAS_ENTRY, HAS_DURATION, HAS_SIZE] = [0x1, 0x2, 0x8, 0x10];
const IS_BASED_ON_MOOF = 0x2_0000;
/** Flags of `trun`, and those of its fields for each sample. @see ISO/IEC 14496-12, 8.8.8 */
const [HAS_OFFSET, HAS_FIRST_FLAGS] = [0x1, 0x4];
const [EACH_DURATION, EACH_SIZE, EACH_FLAGS, EACH_SHIFT] = [0x100, 0x200, 0x400, 0x800];

/**
 * Encrypts the samples of a segment of fragments where they lie, and has its boxes say so.
 *
 * @param tracks - of its init segment
 * @returns the parts of the protected segment
 * @throws {TaskError} `output_wrong` if it is not as ours are
 * @see ISO/IEC 23001-7, 7
 */
export function protectFragments(
  segment: Buffer,
  tracks: ReadonlyMap<number, SecretTrack>,
): readonly Buffer[] {
  const made: Buffer[] = [];
  let indexes: Buffer[] = [];
  let isNew = true;
  for (const box of boxesIn(segment)) {
    if (box.type === "moof") {
      const moof = protectMoof(box, segment, tracks);
      for (const index of indexes) widen(index, moof.length - box.whole.length);
      made.push(moof);
      isNew = true;
    } else made.push(box.whole);
    if (box.type !== "sidx") continue;
    // The fragments behind a new index are no part of those before.
    indexes = isNew ? [box.content] : [...indexes, box.content];
    isNew = false;
  }
  return made;
}

/** Has an index of one part know that it is longer. */
function widen(sidx: Buffer, more: number): void {
  const at = sidx[0] === 0 ? 20 : 28;
  if (sidx.readUInt16BE(at + 2) !== 1) throw wrong("its index has several parts");
  sidx.writeUInt32BE(sidx.readUInt32BE(at + 4) + more, at + 4);
}

/** What is told of the samples of a stream, in the order of its runs. */
type Told = { readonly infos: readonly Buffer[]; readonly hasParts: boolean };

function protectMoof(moof: Box, segment: Buffer, tracks: ReadonlyMap<number, SecretTrack>): Buffer {
  const data = segment.subarray(moof.at);
  const told = boxesIn(moof.content).map((box) => ({
    box,
    ...(box.type === "traf" && { told: protectTraf(box, data, tracks) }),
  }));
  const more = told.reduce((sum, one) => sum + (one.told ? lengthOf(one.told) : 0), 0);
  let at = HEAD_BYTES;
  const parts = told.map(({ box, told: own }) => {
    const made = own ? tellTraf(box, own, at, more) : box.whole;
    at += made.length;
    return made;
  });
  return boxOf("moof", ...parts);
}

/** Encrypts the samples of a stream. @param data - of the segment, from the `moof` on */
function protectTraf(
  { content }: Box,
  data: Buffer,
  tracks: ReadonlyMap<number, SecretTrack>,
): Told {
  const { id, sampleBytes } = readHead(boxIn(content, "tfhd").content);
  const track = tracks.get(id);
  if (!track) throw wrong(`it has a stream ${id}, and its init segment has none`);
  const infos: Buffer[] = [];
  let at = 0;
  for (const run of boxesIn(content).filter(({ type }) => type === "trun")) {
    const { offset, sizes } = readRun(run.content, sampleBytes ?? track.sampleBytes);
    at = offset ?? at;
    for (const size of sizes) {
      if (at < 0 || at + size > data.length) throw wrong("a sample of it is cut off");
      infos.push(protectSample(data.subarray(at, at + size), track));
      at += size;
    }
  }
  return { infos, hasParts: track.pictures !== undefined };
}

function readHead(tfhd: Buffer): { readonly id: number; readonly sampleBytes?: number } {
  const flags = tfhd.readUIntBE(1, 3);
  if (flags & HAS_BASE || !(flags & IS_BASED_ON_MOOF)) throw wrong("its samples lie elsewhere");
  const before = [HAS_ENTRY, HAS_DURATION].filter((flag) => flags & flag).length;
  const id = tfhd.readUInt32BE(FULL_BYTES);
  return flags & HAS_SIZE ? { id, sampleBytes: tfhd.readUInt32BE(8 + 4 * before) } : { id };
}

/** The samples of a run: where they begin, from the `moof` on, and their sizes. */
function readRun(
  trun: Buffer,
  usualBytes: number,
): { readonly offset?: number; readonly sizes: readonly number[] } {
  const flags = trun.readUIntBE(1, 3);
  const fields = [EACH_DURATION, EACH_SIZE, EACH_FLAGS, EACH_SHIFT].filter((flag) => flags & flag);
  let at = 8;
  const offset = flags & HAS_OFFSET ? trun.readInt32BE(at) : undefined;
  at += 4 * [HAS_OFFSET, HAS_FIRST_FLAGS].filter((flag) => flags & flag).length;
  const field = fields.indexOf(EACH_SIZE);
  const sizes = Array.from({ length: trun.readUInt32BE(FULL_BYTES) }, (_, index) =>
    field < 0 ? usualBytes : trun.readUInt32BE(at + 4 * (index * fields.length + field)),
  );
  return { sizes, ...(offset !== undefined && { offset }) };
}

/** Encrypts a sample. @returns what is told of it: its own vector, and its parts */
function protectSample(sample: Buffer, { cipher, pictures }: SecretTrack): Buffer {
  const { vectorBytes } = cipher;
  const partsMax = Math.floor((TOLD_BYTES_MAX - vectorBytes - 2) / PART_BYTES);
  const parts = pictures && subsamplesOf(sample, pictures, vectorBytes > 0, partsMax);
  const vector = cipher.encrypt(sample, parts);
  return parts ? Buffer.concat([vector, partsOf(parts)]) : Buffer.from(vector);
}

function partsOf(parts: readonly Subsample[]): Buffer {
  const bytes = Buffer.alloc(2 + parts.length * PART_BYTES);
  bytes.writeUInt16BE(parts.length);
  for (const [index, { clear, secret }] of parts.entries()) {
    bytes.writeUInt16BE(clear, 2 + index * PART_BYTES);
    bytes.writeUInt32BE(secret, 4 + index * PART_BYTES);
  }
  return bytes;
}

/** Whether there is anything to tell: sound by `cbcs` is told of in the init segment alone. */
const isToldOf = ({ infos }: Told): boolean => infos.some(({ length }) => length > 0);

/** `saiz`: how long what is told of each sample is. */
function sizesOf({ infos }: Told): Buffer {
  const sizes = infos.map(({ length }) => length);
  const isSame = sizes.every((size) => size === sizes[0]);
  const usual = Buffer.from([isSame ? (sizes[0] ?? 0) : 0]);
  return fullBoxOf("saiz", 0, 0, usual, numberOf(sizes.length), Buffer.from(isSame ? [] : sizes));
}

const PLACE_BYTES = HEAD_BYTES + FULL_BYTES + 8;
/** What comes in `senc` before what is told of the first sample. */
const SENC_HEAD_BYTES = HEAD_BYTES + FULL_BYTES + 4;

/** How much longer a `moof` is by what is told. */
const lengthOf = (told: Told): number =>
  isToldOf(told)
    ? sizesOf(told).length +
      PLACE_BYTES +
      told.infos.reduce((sum, { length }) => sum + length, SENC_HEAD_BYTES)
    : 0;

/**
 * A `traf` that tells how its samples are encrypted.
 *
 * @param at - where it begins in its `moof`
 * @param more - by how much the `moof` has grown, and the samples lie further behind
 */
function tellTraf({ content }: Box, told: Told, at: number, more: number): Buffer {
  const before = boxesIn(content).map(({ type, whole }) => {
    if (type !== "trun") return whole;
    const moved = Buffer.from(whole);
    const place = HEAD_BYTES + 8;
    if (moved.readUIntBE(HEAD_BYTES + 1, 3) & HAS_OFFSET)
      moved.writeInt32BE(moved.readInt32BE(place) + more, place);
    return moved;
  });
  if (!isToldOf(told)) return boxOf("traf", ...before);
  const sizes = sizesOf(told);
  const place = at + HEAD_BYTES + content.length + sizes.length + PLACE_BYTES + SENC_HEAD_BYTES;
  return boxOf(
    "traf",
    ...before,
    sizes,
    fullBoxOf("saio", 0, 0, numberOf(1), numberOf(place)),
    fullBoxOf("senc", 0, told.hasParts ? HAS_PARTS : 0, numberOf(told.infos.length), ...told.infos),
  );
}
