import { readFile } from "node:fs/promises";
import type { ISOFile } from "mp4box";
import { TaskError } from "../task/errors.ts";

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

/** Players choose by it what they can play: it is never left out. @throws {TaskError} `output_wrong` */
export function refuseUntold(): never {
  throw new TaskError("output_wrong", "Cannot deliver the set: a stream does not tell its codec");
}
