import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { errnoOf } from "../lib/errno-of.ts";

/** Where a command writes: results to one stream, everything else to the other. */
export type Io = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether a person looks at what `err` writes, so that a line may be drawn over. */
  readonly isTerminal: boolean;
  /** How wide that terminal is. */
  readonly columns: number;
};

const STDOUT = 1;
const STDERR = 2;
const COLUMNS = 80;
/** The pause before a pipe is tried again that is full and does not block. */
const FULL_MS = 5;

/** The streams of this process. */
export function processIo(): Io {
  return {
    out: (text) => writeAll(STDOUT, text),
    err: (text) => writeAll(STDERR, text),
    isTerminal: isatty(STDERR),
    columns: process.stderr.columns ?? COLUMNS,
  };
}

/** Written at once: what Bun's streams still hold when the process ends is lost. */
function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      // A reader that has gone (`pontus list | head`) wants no more.
      if (errnoOf(error) === "EPIPE") return;
      if (errnoOf(error) !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_MS);
    }
  }
}
