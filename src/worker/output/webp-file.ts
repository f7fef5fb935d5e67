import { open } from "node:fs/promises";
import { WrongOutput } from "../../plan/verify/wrong-output.ts";
import {
  CHUNK_HEAD_BYTES,
  CHUNKS_AT,
  WEBP_HEAD_BYTES,
  webpChunk,
  webpHead,
  webpStream,
} from "../../probe/bytes/webp-frames.ts";
import type { MediaInfo } from "../../probe/media.ts";

/**
 * What a finished animation of WebP holds, by its chunks: ffprobe sees nothing in it before FFmpeg 9. If all its pictures were the same,
 * the encoder has written a single one: then nothing says how long they were.
 *
 * @param path - absolute
 * @throws {TaskError} `output_wrong` if it is none, or is cut off
 * @see https://www.rfc-editor.org/rfc/rfc9649#section-2.7
 */
export async function readAnimation(path: string, signal: AbortSignal): Promise<MediaInfo> {
  const file = await open(path).catch(() => undefined);
  if (!file) throw new WrongOutput("there is no animation");
  try {
    const bytesAt = async (position: number, length: number) => {
      signal.throwIfAborted();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    };
    const { size } = await file.stat();
    const head = webpHead(await bytesAt(0, WEBP_HEAD_BYTES));
    if (!head) throw new WrongOutput("it is no WebP that moves");
    let [frames, shownMs, at] = [0, 0, CHUNKS_AT];
    while (at < head.sizeBytes && at < size) {
      const chunk = webpChunk(await bytesAt(at, CHUNK_HEAD_BYTES));
      if (chunk.shownMs !== undefined) frames++;
      shownMs += chunk.shownMs ?? 0;
      at += chunk.sizeBytes;
    }
    if (head.sizeBytes !== size || at !== size) throw new WrongOutput("it is cut off");
    const seconds = head.isStill ? undefined : shownMs / 1000;
    const video = webpStream(head, head.isStill ? 1 : frames, seconds);
    const lasts = seconds !== undefined && { durationSeconds: seconds };
    return { format: "webp", ...lasts, streams: [video], video };
  } finally {
    await file.close();
  }
}
