import type { LogEvent } from "@ffmpeg/ffmpeg";

// ffprobe writes a line for every packet of a film: each by itself would drown the host in messages.
const BATCH_CHARS_MAX = 32_768;
/** The last line of each block of `-progress`, which is to be told at once. */
const PROGRESS_END = "progress=";
/** What the core's glue writes at the end of each run: ffmpeg's way to exit is an abort here. */
const EXIT_NOISE = "Aborted()";

/** Takes the core's lines and posts them. */
export type Log = { readonly push: (line: LogEvent) => void; readonly flush: () => void };

/** Makes a log that posts complaints at once, and what a program writes to its stdout in batches of whole lines. */
export function createLog(post: (event: LogEvent) => void): Log {
  let batch = "";
  const flush = (): void => {
    if (batch !== "") post({ type: "stdout", message: batch });
    batch = "";
  };
  const push = ({ type, message }: LogEvent): void => {
    if (message === EXIT_NOISE) return;
    if (type === "stdout") batch += `${message}\n`;
    else post({ type, message: `${message}\n` });
    if (batch.length >= BATCH_CHARS_MAX || message.startsWith(PROGRESS_END)) flush();
  };
  return { push, flush };
}
