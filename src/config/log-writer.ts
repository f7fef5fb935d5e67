import { write } from "node:fs";
import { promisify } from "node:util";

/** Lines that wait for a reader who does not read take no more memory than this; what comes then is counted. */
const WAITING_LENGTH_MAX = 8 << 20;
/** A reader who is gone must not hold up the end of the process. */
const DRAIN_MS_MAX = 2_000;
/** Between two tries on a pipe that somebody made non-blocking and that is full. */
const FULL_MS = 10;

const writeTo = promisify(write);

/**
 * Writes lines to a file descriptor in their order, without making anyone wait.
 *
 * Not a stream: Bun's own (1.4.5, stdout and file streams) call back before a pipe has taken the bytes, so that what
 * waits at the end of the process is lost. Here one write at a time is under way, and takes all lines that wait.
 */
export class LogWriter {
  readonly #descriptor: number;
  /** A line that says how many were lost. */
  readonly #lossLine: (count: number) => string;
  #waiting: string[] = [];
  #waitingLength = 0;
  #dropped = 0;
  #writing: Promise<void> | undefined;

  constructor(descriptor: number, lossLine: (count: number) => string) {
    this.#descriptor = descriptor;
    this.#lossLine = lossLine;
  }

  /** Takes a line, with its end. */
  add(line: string): void {
    if (this.#waitingLength > WAITING_LENGTH_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when every line has been written, or after 2 s. */
  async drain(): Promise<void> {
    if (!this.#writing) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const limit = setTimeout(resolve, DRAIN_MS_MAX);
    await Promise.race([this.#writing, promise]);
    clearTimeout(limit);
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      if (this.#dropped > 0) lines.push(this.#lossLine(this.#dropped));
      this.#waiting = [];
      this.#waitingLength = 0;
      this.#dropped = 0;
      await this.#write(Buffer.from(lines.join("")));
    }
    this.#writing = undefined;
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += (await writeTo(this.#descriptor, bytes, at, bytes.length - at, null)).bytesWritten;
      } catch (error) {
        // A reader who went away or a full disk is no reason to end the service: the lines are lost.
        if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
        await new Promise((resolve) => setTimeout(resolve, FULL_MS));
      }
    }
  }
}
