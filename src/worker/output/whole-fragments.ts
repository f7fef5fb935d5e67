import { open } from "node:fs/promises";
import { boxAt } from "./iso-file.ts";

/**
 * Cuts a recording off behind its last whole fragment. A packet that a crash has cut in two ends ffmpeg's concat demuxer, with all
 * parts that follow and exit code 0; behind a part that has a header alone, time stamps are none (5.1.6).
 *
 * @param path - absolute path of an mp4 in fragments that nobody writes any more
 * @returns whether there is a fragment; nothing is cut off where there is none
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
      // What follows the last one is an index of them, in a file that was ended in order.
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
