import { open, stat } from "node:fs/promises";
import { extname } from "node:path";
import { TaskError } from "../task/errors.ts";
import { sendOut } from "./egress.ts";
import { targetEarly, targetFailure, targetStatus } from "./http-errors.ts";
import { type RetryLimits, withRetries } from "./retries.ts";

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
  ".m4s": "video/iso.segment",
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
};

/** How it is sent. */
export type UploadOptions = {
  readonly idleTimeoutMs: number;
  readonly retries: RetryLimits;
  readonly signal: AbortSignal;
  /** Called right before each request. */
  readonly mayPublish: () => Promise<void>;
};

/**
 * PUTs a file, again where that can help. Only an answer of success that comes after the whole body counts: servers
 * were seen to answer 507, or to hang up, when all had been sent.
 *
 * @param shown - the address as the caller wrote it, for errors
 * @throws {TaskError} `target_unwritable`, `target_full`, `target_unreachable`, `internal`; what `mayPublish` threw
 */
export async function upload(
  content: Content,
  url: URL,
  shown: string,
  { idleTimeoutMs, retries, signal, mayPublish }: UploadOptions,
): Promise<void> {
  const { name, sizeBytes, read } = content;
  const type = CONTENT_TYPES[extname(name)] ?? "application/octet-stream";
  const put = async (): Promise<void> => {
    await mayPublish();
    signal.throwIfAborted();
    try {
      const answer = await sendOut(url, {
        method: "PUT",
        headers: { "content-type": type },
        body: { sizeBytes, read },
        idleTimeoutMs,
        signal,
      });
      answer.close();
      if (answer.status < 200 || answer.status > 299) throw targetStatus(answer.status, shown);
      if (!answer.isAfterBody) throw targetEarly(shown);
    } catch (error) {
      throw targetFailure(error, shown);
    }
  };
  await withRetries(put, retries, signal);
}

/** A finished file of ours as content. @throws {TaskError} `internal` where it is gone */
export async function fileContent(path: string): Promise<Content> {
  const { size } = await ours(() => stat(path));
  return { name: path, sizeBytes: size, read: () => chunksOfFile(path) };
}

/** A text as content. */
export function textContent(name: string, text: string): Content {
  const bytes = Buffer.from(text);
  const read = async function* () {
    yield bytes;
  };
  return { name, sizeBytes: bytes.byteLength, read };
}

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
