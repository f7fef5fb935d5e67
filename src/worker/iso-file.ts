import { type FileHandle, readFile } from "node:fs/promises";
import type { ISOFile } from "mp4box";
import { TaskError } from "../task/errors.ts";

/** A box of ISO/IEC 14496-12, 4.2: its size and its type, and its size once more in 64 bits where the first one is 1. */
type Box = { readonly type: string; readonly sizeBytes: number };

const HEAD_BYTES = 16;

/** The head of the box that begins at a place; nothing where there is none. */
export async function boxAt(file: FileHandle, offset: number): Promise<Box | undefined> {
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, HEAD_BYTES, offset);
  if (bytesRead < HEAD_BYTES) return undefined;
  const told = head.readUInt32BE(0);
  const sizeBytes = told === 1 ? Number(head.readBigUInt64BE(8)) : told;
  return { type: head.toString("latin1", 4, 8), sizeBytes };
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
 * @param moov - the box of the index, whole
 */
export async function samplesEnd(moov: Uint8Array): Promise<number> {
  const { moov: index } = await boxesOf(moov);
  let end = 0;
  for (const { mdia } of index?.traks ?? []) {
    const { stco, co64, stsc, stsz } = mdia.minf.stbl;
    const chunks = (stco ?? co64)?.chunk_offsets ?? [];
    let sample = 0;
    let run = 0;
    for (const [at, offset] of chunks.entries()) {
      while ((stsc.first_chunk[run + 1] ?? Number.POSITIVE_INFINITY) <= at + 1) run += 1;
      let chunkEnd = offset;
      for (let left = stsc.samples_per_chunk[run] ?? 0; left > 0; left -= 1) {
        chunkEnd += stsz.sample_sizes[sample] ?? 0;
        sample += 1;
      }
      if (chunkEnd > end) end = chunkEnd;
    }
  }
  return end;
}

/** Players choose by it what they can play: it is never left out. @throws {TaskError} `output_wrong` */
export function refuseUntold(): never {
  throw new TaskError("output_wrong", "Cannot deliver the set: a stream does not tell its codec");
}
