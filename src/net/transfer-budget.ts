import { TaskError } from "../task/errors.ts";
import { EgressError } from "./egress-error.ts";

/** How slow a server may be, and how much it may send. */
export type TransferLimits = {
  /** On average over `windowMs`, and after as long for a beginning. 0 for any. */
  readonly bytesPerSecondMin: number;
  readonly windowMs: number;
  /** All the time together that a server is waited for. */
  readonly waitMs: number;
  /** All the bytes together of a source. */
  readonly bytesMax: number;
  /** That is less than the operator has set, by what the source is for. */
  readonly isForLess?: boolean;
};

/** Long enough for a pause of a server or a network; the time for a beginning is as long. */
const WINDOW_MS = 30_000;

/** The limits that an operator sets. A server may always be silent for as long as that alone would not end a request. */
export const transferLimits = (config: {
  readonly httpTimeoutMs: number;
  readonly transferBytesPerSecondMin: number;
  readonly transferTimeoutMs: number;
  readonly sourceBytesMax: number;
}): TransferLimits => ({
  bytesPerSecondMin: config.transferBytesPerSecondMin,
  windowMs: Math.max(WINDOW_MS, config.httpTimeoutMs),
  waitMs: config.transferTimeoutMs,
  bytesMax: config.sourceBytesMax,
});

/** No limits: for storages that are not told any. */
export const ANY_TRANSFER: TransferLimits = {
  bytesPerSecondMin: 0,
  windowMs: 0,
  waitMs: Number.POSITIVE_INFINITY,
  bytesMax: Number.POSITIVE_INFINITY,
};

/**
 * What one source or target may take of time and bytes, over all its requests: what is cut off and continued, what a manifest names,
 * parts that are sent at once. Only the time counts in which a server is waited for, not that in which bytes are used or made.
 */
export class TransferBudget {
  #waits = 0;
  #sinceMs = 0;
  #waitedMs = 0;
  #bytes = 0;
  #repeatedBytes = 0;
  /** Where the window begins. What comes in the time for a beginning counts as well. */
  #mark = { waitedMs: 0, bytes: 0 };

  /** @param does - what the server does with bytes, for errors */
  constructor(
    private readonly limits: TransferLimits,
    private readonly does: "sends" | "takes",
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#mark.waitedMs = limits.windowMs;
  }

  /** Waits for something of a server; waits at the same time count once. */
  async waiting<T>(action: () => Promise<T>): Promise<T> {
    this.#begin();
    try {
      return await action();
    } finally {
      this.#end();
    }
  }

  /** Does something within `waiting` that no server is to blame for. */
  async ourselves<T>(action: () => Promise<T>): Promise<T> {
    this.#end();
    try {
      return await action();
    } finally {
      this.#begin();
    }
  }

  /** So many bytes are about to come. @throws {TaskError} `source_too_large` */
  expect(bytes: number): void {
    const { bytesMax, isForLess } = this.limits;
    if (this.#bytes - this.#repeatedBytes + bytes > bytesMax)
      throw isForLess ? largerThan(bytesMax) : sourceTooLarge(bytesMax);
  }

  /** So many of the bytes that have come will come again: the source is no larger for that. */
  again(bytes: number): void {
    this.#repeatedBytes += bytes;
  }

  /**
   * Bytes have come, or gone.
   *
   * @throws {EgressError} `slow`; {TaskError} `source_too_large`
   */
  took(bytes: number): void {
    this.#bytes += bytes;
    const { bytesPerSecondMin, windowMs, waitMs } = this.limits;
    if (this.does === "sends") this.expect(0);
    const waitedMs = this.#waitedMs + (this.#waits > 0 ? this.now() - this.#sinceMs : 0);
    if (waitedMs > waitMs) throw new EgressError("slow", `it took longer than ${waitMs / 1000} s`);
    const window = { ms: waitedMs - this.#mark.waitedMs, bytes: this.#bytes - this.#mark.bytes };
    if (window.ms < windowMs || bytesPerSecondMin === 0) return;
    if (window.bytes < (bytesPerSecondMin * window.ms) / 1000)
      throw new EgressError(
        "slow",
        `it ${this.does} less than ${bytesPerSecondMin} bytes a second`,
      );
    this.#mark = { waitedMs, bytes: this.#bytes };
  }

  /** A body whose bytes count while they are taken. */
  async *counting(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of body) {
      // Whoever takes it may give it back.
      const { byteLength } = chunk;
      this.#begin();
      try {
        yield chunk;
      } finally {
        this.#end();
      }
      this.took(byteLength);
    }
  }

  #begin(): void {
    if (this.#waits === 0) this.#sinceMs = this.now();
    this.#waits += 1;
  }

  #end(): void {
    this.#waits -= 1;
    if (this.#waits === 0) this.#waitedMs += this.now() - this.#sinceMs;
  }
}

/** The error of a source that has more bytes than are fetched. */
export const sourceTooLarge = (bytesMax: number): TaskError =>
  largerThan(bytesMax, ", as PONTUS_SOURCE_BYTES_MAX has it");

/** The error of what has more bytes than it may have by what it is for. */
export const largerThan = (bytesMax: number, why = ""): TaskError =>
  new TaskError(
    "source_too_large",
    `Cannot read the source: it is larger than ${bytesMax} bytes${why}`,
  );
