import { type FileHandle, readFile } from "node:fs/promises";
import type { ISOFile } from "mp4box";
import type { CodedColour, ToldStream } from "../../plan/verify/told-colour.ts";
import { BOX_HEAD_BYTES_MAX, type BoxHead, boxHeadIn } from "../../probe/bytes/iso-boxes.ts";
import { TaskError } from "../../task/errors.ts";

/** The head of the box at an offset of a file; undefined if there is none. A box that extends to the end of the file has infinite size. */
export async function boxAt(file: FileHandle, offset: number): Promise<BoxHead | undefined> {
  const head = new Uint8Array(BOX_HEAD_BYTES_MAX);
  const { bytesRead } = await file.read(head, 0, head.length, offset);
  return boxHeadIn(head.subarray(0, bytesRead), 0, Number.POSITIVE_INFINITY);
}

/** Parses the boxes at the beginning of an ISO file, without lists of samples. */
async function boxesOf(bytes: Uint8Array): Promise<ISOFile> {
  // Imported lazily: most tasks do not need it.
  const { createFile, Log, MP4BoxBuffer } = await import("mp4box");
  const file = createFile();
  // It would write its messages to the console.
  Log.error = () => {};
  const copy = new Uint8Array(bytes).buffer;
  if (file.checkBuffer(MP4BoxBuffer.fromArrayBuffer(copy, 0))) file.parse();
  return file;
}

/**
 * What a stream tells players: its codec string, such as `hvc1.1.6.L93.B0`, and its colours, from the sample entry in its init segment.
 * Some versions of ffmpeg write a shorter codec string into a manifest, others an empty one, and none the colours.
 *
 * @param path - absolute path of the init segment of one stream
 * @throws {TaskError} `output_wrong` if the codec is not found
 * @see https://www.rfc-editor.org/rfc/rfc6381
 */
export async function readTold(path: string): Promise<ToldStream> {
  const { moov } = await boxesOf(await readFile(path).catch(() => Buffer.alloc(0)));
  const entry = moov?.traks?.[0]?.mdia?.minf?.stbl?.stsd?.entries[0];
  const codec = entry?.getCodec();
  if (!codec) return refuseUntold();
  // Players compare the object type as text and expect capitals.
  const told = codec.replace(/^mp4a\.[0-9a-f]{2}/, (type) => `mp4a${type.slice(4).toUpperCase()}`);
  const colour = (entry?.boxes ?? []).map(colourIn).find((one) => one !== undefined);
  return { codec: told, ...(colour && { colour }) };
}

/** The colours that a box states, if it is one of numbers (ISO 14496-12, 12.1.5). */
function colourIn(box: object): CodedColour | undefined {
  if (!("colour_type" in box && box.colour_type === "nclx")) return undefined;
  const numberOf = (name: string): number =>
    Number((box as Readonly<Record<string, unknown>>)[name]);
  return {
    primaries: numberOf("colour_primaries"),
    transfer: numberOf("transfer_characteristics"),
    matrix: numberOf("matrix_coefficients"),
  };
}

/**
 * The end of the last sample that an index names, in bytes from the beginning of its file; 0 if it names none, as in a fragmented
 * file.
 *
 * Reads the tables directly: mp4box makes a list of all samples, of which half an hour of PCM has 86 million.
 *
 * @param moov - the whole box of the index
 * @returns infinity if its tables are shorter than they announce
 */
export function samplesEnd(moov: Buffer): number {
  try {
    return lastEnd(moov);
  } catch (error) {
    if (error instanceof RangeError) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

function lastEnd(moov: Buffer): number {
  const ends = within(contentOf(moov), "trak").map((trak) => {
    const [stbl = EMPTY] = ["mdia", "minf", "stbl"].reduce<readonly Buffer[]>(
      ([inner = EMPTY], type) => within(inner, type),
      [trak],
    );
    return lastEndIn(stbl);
  });
  return Math.max(0, ...ends);
}

const EMPTY = Buffer.alloc(0);

/** The content of a box. */
const contentOf = (box: Buffer): Buffer =>
  box.subarray(boxHeadIn(box, 0, box.length)?.headBytes ?? box.length);

/** The contents of the boxes of one type within the content of another box. */
function within(content: Buffer, type: string): readonly Buffer[] {
  const found: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const head = boxHeadIn(content, offset, content.length - offset);
    if (!head) return found;
    const end = offset + head.bytes;
    if (head.type === type) found.push(content.subarray(offset + head.headBytes, end));
    offset = end;
  }
}

/** The end of the last sample of a track, from its tables of chunk offsets, samples per chunk and sample sizes (14496-12, 8.7). */
function lastEndIn(stbl: Buffer): number {
  const [[stco], [co64], [stsc], [stsz]] = ["stco", "co64", "stsc", "stsz"].map((type) =>
    within(stbl, type),
  ) as [Buffer[], Buffer[], Buffer[], Buffer[]];
  const chunks = co64 ?? stco;
  if (!chunks || !stsc || !stsz) return 0;
  const offsetOf = (chunk: number): number =>
    co64 ? Number(co64.readBigUInt64BE(8 + chunk * 8)) : chunks.readUInt32BE(8 + chunk * 4);
  const runs = stsc.readUInt32BE(4);
  const alikeBytes = stsz.readUInt32BE(4);
  let sample = 0;
  let last = 0;
  for (let run = 0; run < runs; run += 1) {
    const samples = stsc.readUInt32BE(8 + run * 12 + 4);
    const next =
      run + 1 < runs ? stsc.readUInt32BE(8 + (run + 1) * 12) : chunks.readUInt32BE(4) + 1;
    for (let chunk = stsc.readUInt32BE(8 + run * 12); chunk < next; chunk += 1) {
      let end = offsetOf(chunk - 1) + alikeBytes * samples;
      if (alikeBytes === 0)
        for (const until = sample + samples; sample < until; sample += 1)
          end += stsz.readUInt32BE(12 + sample * 4);
      last = Math.max(last, end);
    }
  }
  return last;
}

/** Refuses a stream without codec string, since players choose by it what they can play. @throws {TaskError} `output_wrong` */
export function refuseUntold(): never {
  throw new TaskError("output_wrong", "Cannot deliver the set: a stream does not tell its codec");
}
