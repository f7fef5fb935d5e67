import { open, stat } from "node:fs/promises";
import { extname } from "node:path";
import { mediaTypeOf } from "../profile/container-rules.ts";
import { readingOurs } from "./failures.ts";

/** One read from the disk: large enough that the calls cost nothing, small in memory. */
const CHUNK_BYTES = 256 << 10;
/** Many more than are ever being sent at once. */
const BUFFERS = 8;
/** Of what lies in the folder of a set and is no container. */
const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ["m4s", "video/iso.segment"],
  ["vtt", "text/vtt"],
]);

/** What is sent: a finished file of ours, or the text of a playlist. */
export type Content = {
  /** Whose extension says what it is. */
  readonly name: string;
  readonly sizeBytes: number;
  /** So many bytes from a position on; all by default. A chunk is valid until the next few have been asked for. */
  readonly read: (fromByte?: number, sizeBytes?: number) => AsyncIterable<Uint8Array>;
};

/** The media type of a file of ours, by its extension. */
export function contentType(name: string): string {
  const extension = extname(name).slice(1);
  return CONTENT_TYPES.get(extension) ?? mediaTypeOf(extension) ?? "application/octet-stream";
}

/** A finished file of ours as content. @throws {TaskError} `internal` if it is gone */
export async function fileContent(path: string): Promise<Content> {
  const { size } = await readingOurs(() => stat(path));
  const rings: Ring[] = [];
  return {
    name: path,
    sizeBytes: size,
    read: (fromByte = 0, sizeBytes = size) => chunksOfFile(path, fromByte, sizeBytes, rings),
  };
}

/** A text as content. */
export const textContent = (name: string, text: string): Content =>
  bytesContent(name, Buffer.from(text));

/** The text of a playlist or manifest as content, whatever its target is called. */
export const playlistContent = (text: string): Content =>
  textContent(text.startsWith("<") ? "manifest.mpd" : "playlist.m3u8", text);

/** Bytes as content. */
export const bytesContent = (name: string, bytes: Uint8Array): Content => ({
  name,
  sizeBytes: bytes.byteLength,
  read: async function* (fromByte = 0, sizeBytes = bytes.byteLength) {
    yield bytes.subarray(fromByte, fromByte + sizeBytes);
  },
});

/** Buffers that are filled by turns; the turn goes on from one read to the next, for the last ones may be on their way. */
type Ring = { readonly buffers: readonly Buffer[]; turn: number };

const newRing = (): Ring => ({
  buffers: Array.from({ length: BUFFERS }, () => Buffer.allocUnsafeSlow(CHUNK_BYTES)),
  turn: 0,
});

async function* chunksOfFile(
  path: string,
  fromByte: number,
  sizeBytes: number,
  free: Ring[],
): AsyncIterable<Uint8Array> {
  const handle = await readingOurs(() => open(path, "r"));
  try {
    // By turns: fresh ones cost page faults, and are collected too late. A connection asks for the next when it has handed
    // the last to the system, so that one or two are on their way.
    const ring = free.pop() ?? newRing();
    for (let doneBytes = 0; doneBytes < sizeBytes; ) {
      const buffer = ring.buffers[ring.turn++ % BUFFERS] ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const length = Math.min(CHUNK_BYTES, sizeBytes - doneBytes);
      const read = await readingOurs(() => handle.read(buffer, 0, length, fromByte + doneBytes));
      if (read.bytesRead === 0) return;
      doneBytes += read.bytesRead;
      yield buffer.subarray(0, read.bytesRead);
    }
    // Not after a failure: a connection that is being closed may still read it.
    free.push(ring);
  } finally {
    await handle.close();
  }
}
