import type { ByteSource } from "../../engine/engine.ts";
import { readFully } from "../../lib/read-fully.ts";
import { audioFrameAt, id3Bytes } from "../../probe/bytes/mpeg-audio.ts";
import { lastPageIn, OGG_END_BYTES } from "../../probe/bytes/ogg-page.ts";
import { isPacketAt, PACKET_BYTES } from "../../probe/bytes/transport-packets.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { Lack, MediaInfo } from "../../probe/media.ts";

/** Sizes from here on are placeholders of writers that do not know the size, or cannot count further: `0xffffffff`, `0x7ffff000` … */
const SIZE_MAX = 0x7fff_0000;
/** The most chunks that are read: those before the media, and the parts of a large AVI, are fewer. */
const CHUNKS_MAX = 256;
const FLV_HEAD_BYTES = 16 << 10;
const ASF_HEAD_BYTES = 64 << 10;
const ASF_FILE_PROPERTIES = "a1dcab8c47a9cf118ee400c00c205365";
const ASF_IS_BROADCAST = 1;

/** Finds where a source ends in bytes, according to the source itself; undefined if it does not say. */
type TellEnd = (source: ByteSource) => Promise<number | undefined>;

/** By format: those that store their size with the last byte, or correct it then. MPEG-PS, AAC and AC-3 do not store it at all. */
const ENDS: Readonly<Record<string, TellEnd>> = {
  ...{ avi: endOfAvi, wav: endOfWav, w64: endOfWave64, caf: endOfCaf },
  ...{ asf: endOfAsf, flv: endOfFlv, mp3: endOfMp3, mpegts: endOfTs, ogg: endOfOgg },
};
/** Formats that state how long the last packet or page should be, but not how much follows it. */
const OPEN_ENDED = ["mpegts", "ogg"];
/** Formats whose header is often left unchanged when a song is cut in two. */
const OFTEN_STALE = ["mp3"];

/**
 * Adds to a probed source what is missing of it, according to the source itself. It reads a part of its head, and for some formats a part
 * of its end.
 *
 * ffprobe takes what it finds for the whole, or does not say that it is less than it should be.
 */
export async function withLack(media: MediaInfo, source: ByteSource): Promise<MediaInfo> {
  const demuxer = demuxerOf(media.format);
  const end = await ENDS[demuxer]?.(source);
  if (end === undefined || end <= source.sizeBytes) return media;
  const lack: Lack = {
    bytes: end - source.sizeBytes,
    ...(!OPEN_ENDED.includes(demuxer) && { ofBytes: end }),
    ...(OFTEN_STALE.includes(demuxer) && { mayBeStale: true as const }),
  };
  return { ...media, lack };
}

const viewAt = async (source: ByteSource, at: number, length: number): Promise<DataView> => {
  const bytes = await readFully(source, at, length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
};

const nameAt = (view: DataView, at: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));

const known = (end: number, size: number): number | undefined =>
  size > 0 && size < SIZE_MAX ? end : undefined;

/** The end of the list `movi` in the last part, of which the first may be 1 GB; only an index follows it. */
async function endOfAvi(source: ByteSource): Promise<number | undefined> {
  let end: number | undefined;
  for (let at = 0, part = 0; part < CHUNKS_MAX; part += 1) {
    const head = await viewAt(source, at, 12);
    if (head.byteLength < 12 || nameAt(head, 0) !== "RIFF") break;
    end =
      (await endOfChunk(source, at + 12, (name, list) => `${name}${list}` === "LISTmovi")) ?? end;
    at += 8 + head.getUint32(4, true);
  }
  return end;
}

async function endOfWav(source: ByteSource): Promise<number | undefined> {
  const head = await viewAt(source, 0, 36);
  // RF64 has its sizes of 64 bits in its first chunk.
  if (head.byteLength === 36 && nameAt(head, 0) === "RF64" && nameAt(head, 12) === "ds64")
    return Number(head.getBigUint64(20, true)) + 8;
  return endOfChunk(source, 12, (name) => name === "data");
}

/** Where a chunk of RIFF ends. */
async function endOfChunk(
  source: ByteSource,
  from: number,
  isIt: (name: string, list: string) => boolean,
): Promise<number | undefined> {
  return endInChunks(source, from, 12, (head, at) => {
    const size = head.getUint32(4, true);
    return isIt(nameAt(head, 0), nameAt(head, 8))
      ? { end: known(at + 8 + size, size) }
      : { next: at + 8 + size + (size % 2) };
  });
}

function endOfWave64(source: ByteSource): Promise<number | undefined> {
  return endInChunks(source, 40, 24, (head, at) => {
    const size = Number(head.getBigUint64(16, true));
    if (size < 24) return { end: undefined };
    if (nameAt(head, 0) !== "data") return { next: at + Math.ceil(size / 8) * 8 };
    return { end: size < Number.MAX_SAFE_INTEGER ? at + size : undefined };
  });
}

function endOfCaf(source: ByteSource): Promise<number | undefined> {
  return endInChunks(source, 8, 12, (head, at) => {
    const size = Number(head.getBigInt64(4));
    if (size < 0) return { end: undefined };
    const end = at + 12 + size;
    return nameAt(head, 0) === "data" ? { end } : { next: end };
  });
}

/**
 * Walks over the chunks of a file until one states the end, or there are too many.
 *
 * @param look - returns the position of the next chunk, or the end if the chunk with this head states it
 */
async function endInChunks(
  source: ByteSource,
  from: number,
  headBytes: number,
  look: (
    head: DataView,
    at: number,
  ) => { readonly next: number } | { readonly end: number | undefined },
): Promise<number | undefined> {
  let at = from;
  for (let count = 0; count < CHUNKS_MAX; count += 1) {
    const head = await viewAt(source, at, headBytes);
    if (head.byteLength < headBytes) return undefined;
    const seen = look(head, at);
    if ("end" in seen) return seen.end;
    at = seen.next;
  }
  return undefined;
}

async function endOfAsf(source: ByteSource): Promise<number | undefined> {
  const head = Buffer.from(await readFully(source, 0, ASF_HEAD_BYTES));
  const at = head.indexOf(Buffer.from(ASF_FILE_PROPERTIES, "hex"));
  if (at < 0 || at + 92 > head.length) return undefined;
  if ((head.readUInt32LE(at + 88) & ASF_IS_BROADCAST) !== 0) return undefined;
  return Number(head.readBigUInt64LE(at + 40));
}

/** The end by FLV's metadata: a name, and a number of 64 bits. */
async function endOfFlv(source: ByteSource): Promise<number | undefined> {
  const head = Buffer.from(await readFully(source, 0, FLV_HEAD_BYTES));
  const name = Buffer.from("\0\x08filesize\0", "latin1");
  const at = head.indexOf(name);
  return at < 0 || at + name.length + 8 > head.length
    ? undefined
    : head.readDoubleBE(at + name.length);
}

/** The end by the Xing or Info tag in the first frame, which holds no audio. */
async function endOfMp3(source: ByteSource): Promise<number | undefined> {
  const at = id3Bytes(await readFully(source, 0, 10));
  const bytes = await readFully(source, at, 64);
  const frame = audioFrameAt(bytes, 0);
  if (!frame || bytes.length < 64) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!["Xing", "Info"].includes(nameAt(view, frame.tagOffset))) return undefined;
  const [hasFrames, hasBytes] = [1, 2].map((flag) => view.getUint8(frame.tagOffset + 7) & flag);
  return hasBytes ? at + view.getUint32(frame.tagOffset + (hasFrames ? 12 : 8)) : undefined;
}

async function endOfTs(source: ByteSource): Promise<number | undefined> {
  const head = await readFully(source, 0, 3 * PACKET_BYTES);
  const isPlain = [0, 1, 2].every((packet) => isPacketAt(head, packet * PACKET_BYTES));
  return isPlain ? Math.ceil(source.sizeBytes / PACKET_BYTES) * PACKET_BYTES : undefined;
}

/** The end by the last page of an Ogg. */
async function endOfOgg(source: ByteSource): Promise<number | undefined> {
  const from = Math.max(0, source.sizeBytes - OGG_END_BYTES);
  const page = lastPageIn(await readFully(source, from, OGG_END_BYTES));
  return page && from + page.endsAt;
}
