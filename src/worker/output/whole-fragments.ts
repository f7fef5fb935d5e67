import { open } from "node:fs/promises";
import { boxAt } from "./iso-file.ts";

/**
 * Cuts a recording off behind its last whole fragment. If a crash has cut a packet in two, ffmpeg's concat demuxer stops there with
 * exit code 0 and drops all parts that follow; behind a part that has only a header, time stamps are missing (5.1.6).
 *
 * @param path - absolute path of a fragmented mp4 that nobody writes any more
 * @returns whether there is a fragment; if there is none, nothing is cut off
 */
export async function cutToFragments(path: string, signal: AbortSignal): Promise<boolean> {
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    let offset = 0;
    let wholeBytes = 0;
    let isInFragment = false;
    for (;;) {
      signal.throwIfAborted();
      const box = await boxAt(file, offset);
      if (!box || offset + box.bytes > size) break;
      offset += box.bytes;
      // In a file that was ended in order, an index of the fragments follows the last one.
      if (box.type === "mdat" ? isInFragment : wholeBytes > 0 && box.type === "mfra")
        wholeBytes = offset;
      isInFragment = box.type === "moof";
    }
    if (wholeBytes > 0 && wholeBytes < size) await file.truncate(wholeBytes);
    return wholeBytes > 0;
  } finally {
    await file.close();
  }
}
