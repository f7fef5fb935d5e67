import { open, stat } from "node:fs/promises";
import { extname } from "node:path";
import { TaskError } from "../task/errors.ts";

/** One read from the disk: large enough that the calls cost nothing, small in memory. */
const CHUNK_BYTES = 256 << 10;
/** By the extensions of what is made here; @see https://www.iana.org/assignments/media-types and RFC 8216 for HLS. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".mp4": "video/mp4",
  ".mov": "video/quicktime",
  ".mkv": "video/x-matroska",
  ".webm": "video/webm",
  ".flv": "video/x-flv",
  ".ts": "video/mp2t",
  ".m3u8": "application/vnd.apple.mpegurl",
  ".mpd": "application/dash+xml",
  ".m4s": "video/iso.segment",
  ".vtt": "text/vtt",
  ".jpg": "image/jpeg",
  ".mp3": "audio/mpeg",
  ".m4a": "audio/mp4",
  ".ogg": "audio/ogg",
};

/** What is sent: a finished file of ours, or the text of a playlist. */
export type Content = {
  /** Whose extension says what it is. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly read: () => AsyncIterable<Uint8Array>;
  /** Fills a buffer with the bytes from one on; as many must be there. */
  readonly fill: (buffer: Uint8Array, fromByte: number) => Promise<void>;
};

/** The media type of a file of ours, by its extension. */
export const contentType = (name: string): string =>
  CONTENT_TYPES[extname(name)] ?? "application/octet-stream";

/** A finished file of ours as content. @throws {TaskError} `internal` where it is gone */
export async function fileContent(path: string): Promise<Content> {
  const { size } = await ours(() => stat(path));
  return {
    name: path,
    sizeBytes: size,
    read: () => chunksOfFile(path),
    fill: (buffer, fromByte) => fillFromFile(path, buffer, fromByte),
  };
}

/** A text as content. */
export const textContent = (name: string, text: string): Content =>
  bytesContent(name, Buffer.from(text));

/** Bytes as content. */
export const bytesContent = (name: string, bytes: Uint8Array): Content => ({
  name,
  sizeBytes: bytes.byteLength,
  read: async function* () {
    yield bytes;
  },
  fill: async (buffer, fromByte) =>
    buffer.set(bytes.subarray(fromByte, fromByte + buffer.byteLength)),
});

async function* chunksOfFile(path: string): AsyncIterable<Uint8Array> {
  const handle = await ours(() => open(path, "r"));
  try {
    for (;;) {
      // A buffer of its own each time: the last one may still be on its way.
      const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const { bytesRead } = await ours(() => handle.read(chunk));
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function fillFromFile(path: string, buffer: Uint8Array, fromByte: number): Promise<void> {
  const handle = await ours(() => open(path, "r"));
  try {
    await ours(async () => {
      for (let at = 0; at < buffer.byteLength; ) {
        const { bytesRead } = await handle.read(buffer, at, buffer.byteLength - at, fromByte + at);
        if (bytesRead === 0) throw new Error("it has become shorter");
        at += bytesRead;
      }
    });
  } finally {
    await handle.close();
  }
}

/** What fails on our own finished file is our fault, neither the network's nor the target's. */
async function ours<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw new TaskError("internal", "Cannot read the finished output: it is gone or damaged", {
      cause,
    });
  }
}
