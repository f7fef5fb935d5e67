import { type FileHandle, readFile } from "node:fs/promises";
import type { ISOFile } from "mp4box";
import { BOX_HEAD_BYTES_MAX, type BoxHead, boxHeadIn } from "../../probe/bytes/iso-boxes.ts";
import { TaskError } from "../../task/errors.ts";

/** The head of the box that begins at a place of a file; nothing where there is none. One that ends with the file is as large as can be. */
export async function boxAt(file: FileHandle, offset: number): Promise<BoxHead | undefined> {
  const head = new Uint8Array(BOX_HEAD_BYTES_MAX);
  const { bytesRead } = await file.read(head, 0, head.length, offset);
  return boxHeadIn(head.subarray(0, bytesRead), 0, Number.POSITIVE_INFINITY);
}

/** Reads the boxes in the beginning of a file of the ISO family, without making lists of its samples. */
async function boxesOf(bytes: Uint8Array): Promise<ISOFile> {
  // Most tasks never need it.
  const { createFile, Log, MP4BoxBuffer } = await import("mp4box");
  const file = createFile();
  // What it says of boxes it would write to the console.
  Log.error = () => {};
  const copy = new Uint8Array(bytes).buffer;
  if (file.checkBuffer(MP4BoxBuffer.fromArrayBuffer(copy, 0))) file.parse();
  return file;
}

/**
 * How players are told of the codec of a set's stream: `hvc1.1.6.L93.B0`, as the sample entry in its initialisation segment says. What
 * ffmpeg writes into a manifest is short of that in some versions, and empty in others.
 *
 * @param path - absolute, of an initialisation segment of one stream
 * @throws {TaskError} `output_wrong` where it says nothing
 * @see https://www.rfc-editor.org/rfc/rfc6381
 */
export async function readCodec(path: string): Promise<string> {
  const { moov } = await boxesOf(await readFile(path).catch(() => Buffer.alloc(0)));
  const codec = moov?.traks?.[0]?.mdia?.minf?.stbl?.stsd?.entries[0]?.getCodec();
  if (!codec) return refuseUntold();
  // By custom the object type is written in capitals, and players compare it as a text.
  return codec.replace(/^mp4a\.[0-9a-f]{2}/, (type) => `mp4a${type.slice(4).toUpperCase()}`);
}

/**
 * Where the last sample ends that an index names, in bytes from the beginning of its file; 0 where it names none, as before
 * fragments.
 *
 * The tables are read where they lie: mp4box makes a list of all samples, of which half an hour of PCM has 86 million.
 *
 * @param moov - the box of the index, whole
 * @returns infinity where its tables end before what they announce
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

/** What a box holds. */
const contentOf = (box: Buffer): Buffer =>
  box.subarray(boxHeadIn(box, 0, box.length)?.headBytes ?? box.length);

/** What the boxes of a type hold that lie within another one. */
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

/** The end of the last sample in the tables of a track (14496-12, 8.7): where chunks begin, how many samples each has, how large they are. */
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

/** Players choose by it what they can play: it is never left out. @throws {TaskError} `output_wrong` */
export function refuseUntold(): never {
  throw new TaskError("output_wrong", "Cannot deliver the set: a stream does not tell its codec");
}
