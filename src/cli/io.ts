import { fchmodSync, fstatSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { errnoOf } from "../lib/errno-of.ts";

/** Where a command writes: results to one stream, everything else to the other. */
export type Io = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Keeps other users from a file that `out` writes to, before secrets are: the one that a shell makes is open to them. */
  readonly closeOut: () => void;
  /** Whether a person looks at what `err` writes, so that a line may be drawn over. */
  readonly isTerminal: boolean;
  /** How wide that terminal is. */
  readonly columns: number;
};

const STDOUT = 1;
const STDERR = 2;
const COLUMNS = 80;
const OWN_BITS = 0o700;
/** The pause before a pipe is tried again that is full and does not block. */
const FULL_MS = 5;

/** What a line that is drawn over begins with: back to its begin, and nothing left of what stood there. */
export const REDRAW = "\r\x1b[K";

/** What could break a line, move the cursor, or show text in another order than it stands. */
const UNPRINTABLE = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Escaped as in JSON, in which it means the same. */
const printable = (text: string): string =>
  text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** The same streams for text that others have a say in: what files, callers and servers wrote steers no terminal. */
export const guarded = (io: Io): Io => ({
  ...io,
  out: (text) => io.out(printable(text)),
  err: (text) => {
    const lead = text.startsWith(REDRAW) ? REDRAW : "";
    io.err(lead + printable(text.slice(lead.length)));
  },
});

/** The streams of this process. */
export function processIo(): Io {
  return {
    out: (text) => writeAll(STDOUT, text),
    err: (text) => writeAll(STDERR, text),
    closeOut: () => closeToOthers(STDOUT),
    isTerminal: isatty(STDERR),
    columns: process.stderr.columns ?? COLUMNS,
  };
}

/** A pipe or a terminal is left as it is, and so is a file of somebody else. */
function closeToOthers(descriptor: number): void {
  try {
    const info = fstatSync(descriptor);
    if (info.isFile()) fchmodSync(descriptor, info.mode & OWN_BITS);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
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
