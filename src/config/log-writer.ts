import { write } from "node:fs";
import { promisify } from "node:util";
import { errnoOf } from "../lib/errno-of.ts";

/** The limit of memory for lines whose reader does not read; further lines are dropped and counted. */
const WAITING_LENGTH_MAX = 8 << 20;
/** How long the end of the process waits for a reader: one that is gone must not hold it up. */
const DRAIN_MS_MAX = 2_000;
/** The pause between two tries if somebody made the pipe non-blocking, and it is full. */
const FULL_MS = 10;

const writeTo = promisify(write);

/**
 * Writes lines to a file descriptor in order, without making anyone wait.
 *
 * It is not a stream: Bun's streams (1.4.5, stdout and files) call back before a pipe has taken the bytes, so that bytes that wait
 * at the end of the process are lost. Here one write at a time is under way, and takes all waiting lines.
 */
export class LogWriter {
  readonly #descriptor: number;
  /** Makes the line that says how many were lost. */
  readonly #lossLine: (count: number) => string;
  #waiting: string[] = [];
  #waitingLength = 0;
  #dropped = 0;
  #writing: Promise<void> | undefined;

  constructor(descriptor: number, lossLine: (count: number) => string) {
    this.#descriptor = descriptor;
    this.#lossLine = lossLine;
  }

  /** Adds a line, including its line end. */
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
        // The service goes on without a reader, or with a full disk: the lines are lost.
        if (errnoOf(error) !== "EAGAIN") return;
        await new Promise((resolve) => setTimeout(resolve, FULL_MS));
      }
    }
  }
}
