import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** The bytes to write into a pipe of a program, in order, until they end or the signal aborts. */
export type Feed = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

/**
 * Writes a feed into a pipe as fast as the program reads, holding little more than a chunk, and closes the pipe. Resolves when that
 * is done, when the program stops reading, or when the signal aborts.
 *
 * @throws whatever the feed threw
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
  // Comes from a program that has ended, even after everything was written.
  pipe.on("error", () => {});
  try {
    await pipeline(noted(), pipe, { signal });
  } catch {
    // Otherwise the program has ended or the signal has aborted, which others report.
    if (failure && !signal.aborted) throw failure.error;
  }
}
