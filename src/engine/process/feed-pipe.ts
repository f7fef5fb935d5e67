import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What is written into a pipe of a program: bytes in order, until they end or the signal aborts. */
export type Feed = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

/**
 * Writes a feed into a pipe and closes it, as fast as the program reads: little more than a chunk is held. Resolves when that is
 * done, when the program reads no more, or when the signal aborts.
 *
 * @throws what the feed threw
 */
export async function feedPipe(feed: Feed, pipe: Writable, signal: AbortSignal): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  async function* noted(): AsyncGenerator<Uint8Array> {
    try {
      yield* feed(signal);
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  // Of a program that has ended, also after all was written.
  pipe.on("error", () => {});
  try {
    await pipeline(noted(), pipe, { signal });
  } catch {
    // Else it is the program's end or the signal's, which are told by others.
    if (failure && !signal.aborted) throw failure.error;
  }
}
