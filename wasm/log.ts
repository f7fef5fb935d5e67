import type { LogEvent } from "@ffmpeg/ffmpeg";

/** A program may write line by line, and a message for each would flood the host. */
const BATCH_CHARS_MAX = 32_768;
/** The last line of each block of `-progress`, which is posted at once. */
const PROGRESS_END = "progress=";
/** What the core's glue writes at the end of each run: ffmpeg's way to exit is an abort here. */
const EXIT_NOISE = "Aborted()";

/** Takes the output of programs and posts it. */
export type Log = {
  /** Takes a line without its line break; lines of stderr are posted at once. */
  readonly push: (line: LogEvent) => void;
  /** Takes a block of stdout: UTF-8, cut anywhere. */
  readonly write: (block: Uint8Array) => void;
  /** Posts what is waiting, including an unfinished line. */
  readonly flush: () => void;
};

/** Makes a log that posts stdout in batches of whole lines. */
export function createLog(post: (event: LogEvent) => void): Log {
  const decoder = new TextDecoder();
  let batch = "";
  const flush = (): void => {
    batch += decoder.decode();
    if (batch !== "") post({ type: "stdout", message: batch });
    batch = "";
  };
  const write = (block: Uint8Array): void => {
    const text = decoder.decode(block, { stream: true });
    batch += text;
    if (batch.length < BATCH_CHARS_MAX && !text.includes(PROGRESS_END)) return;
    // A line longer than a batch is cut.
    const end = batch.lastIndexOf("\n") + 1 || batch.length;
    const rest = batch.slice(end);
    post({ type: "stdout", message: batch.slice(0, end) });
    batch = rest;
  };
  const push = ({ type, message }: LogEvent): void => {
    if (message !== EXIT_NOISE) post({ type, message: `${message}\n` });
  };
  return { push, write, flush };
}
