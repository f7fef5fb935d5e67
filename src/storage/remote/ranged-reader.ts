import { giveBack } from "../../lib/give-back.ts";
import type { OutAnswer } from "../../net/egress.ts";
import type { TransferBudget } from "../../net/transfer-budget.ts";
import { TaskError } from "../../task/errors.ts";
import { quoteAddress } from "../addresses.ts";
import type { SourceReader } from "../storage.ts";
import { refuseEncoded, sourceUnreachable } from "./remote-errors.ts";
import { askSource, type RemoteSource, versionOf } from "./remote-source.ts";
import { type RetryLimits, withRetries } from "./retries.ts";

/** Bytes of one request: a usual size for servers and caches. */
const BLOCK_BYTES = 1 << 20;
/** Kept of a source: enough for a few readers at different places, and what is read ahead for each. */
const BLOCKS_KEPT = 12;
/** Hides the latency of requests: 4 MiB in flight give 40 MB/s at 100 ms. */
const BLOCKS_AHEAD = 3;
/** A source that is only given whole is held in memory up to this size. */
const HELD_BYTES_MAX = 32 << 20;

/** How a source is read. */
export type ReaderOptions = {
  /** With a dot, or empty. */
  readonly extension: string;
  readonly retries: RetryLimits;
  readonly budget: TransferBudget;
  readonly signal: AbortSignal;
};

/**
 * Opens a source that is read by ranges: blocks of 1 MiB, those that follow ahead, the last 12 kept. A block that is cut off
 * is continued at its end; every answer must have the version and the size of the first.
 *
 * If the server gives no ranges, a source of up to 32 MiB is held in memory.
 *
 * @throws {TaskError} `source_missing`, `source_unreachable`, `source_hangs`, `source_address_invalid`, `input_not_supported`
 */
export async function openReader(
  remote: RemoteSource,
  options: ReaderOptions,
): Promise<SourceReader> {
  const closed = new AbortController();
  const signal = AbortSignal.any([options.signal, closed.signal]);
  const source = new RangedSource(remote, { ...options, signal });
  await options.budget.waiting(() => withRetries(() => source.open(), options.retries, signal));
  const { extension } = options;
  const { sizeBytes, version } = source;
  return {
    sizeBytes,
    extension,
    ...(version !== undefined && { version }),
    read: (position, length) => source.read(position, length),
    close: () => closed.abort(),
  };
}

class RangedSource {
  sizeBytes = 0;
  version: string | undefined;
  /** By index; the one that was read last stands last. */
  readonly #blocks = new Map<number, Promise<Uint8Array>>();
  #whole: Uint8Array | undefined;
  /** Buffers of dropped blocks, to be filled again: fresh ones are collected too late (100 MB more in Bun). */
  readonly #spare: Uint8Array[] = [];

  constructor(
    private readonly remote: RemoteSource,
    private readonly options: ReaderOptions,
  ) {}

  /** Asks for the first block: its answer gives the size, the version, and whether there are ranges. */
  async open(): Promise<void> {
    await this.#ask(0, BLOCK_BYTES - 1, async (answer) => {
      const { status } = answer;
      // What is empty has no range.
      if (status === 416) return;
      if (status === 200) {
        this.#whole = await this.#hold(answer);
        this.sizeBytes = this.#whole.length;
        this.version = versionOf(answer);
        return;
      }
      if (status !== 206) throw await this.remote.refusal(answer);
      const range = rangeOf(answer);
      if (range?.from !== 0) throw this.#unreachable("it is of an unknown size");
      this.sizeBytes = range.total;
      this.version = versionOf(answer);
      const block = await this.#take(answer, this.#lengthOf(0));
      this.#blocks.set(0, Promise.resolve(block));
    });
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    if (this.#whole) return this.#whole.subarray(position, position + length);
    const index = Math.floor(position / BLOCK_BYTES);
    const isInOrder = this.#blocks.has(index - 1);
    const block = this.#block(index);
    if (isInOrder) for (let next = 1; next <= BLOCKS_AHEAD; next++) this.#readAhead(index + next);
    const at = position - index * BLOCK_BYTES;
    return (await block).subarray(at, at + length);
  }

  #readAhead(index: number): void {
    if (index * BLOCK_BYTES >= this.sizeBytes || this.#blocks.has(index)) return;
    // A failure does not matter yet: the block is asked for again when it is read.
    this.#block(index).catch(() => {});
  }

  #block(index: number): Promise<Uint8Array> {
    const block = this.#blocks.get(index) ?? this.#fetch(index);
    this.#blocks.delete(index);
    this.#blocks.set(index, block);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= BLOCKS_KEPT) break;
      this.#drop(oldest);
    }
    return block;
  }

  #drop(index: number): void {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    block?.then(
      (bytes) => {
        if (this.#spare.length < BLOCKS_AHEAD) this.#spare.push(bytes);
      },
      () => {},
    );
  }

  #newBlock(length: number): Uint8Array {
    const at = this.#spare.findIndex((bytes) => bytes.length === length);
    return this.#spare.splice(at, at < 0 ? 0 : 1)[0] ?? new Uint8Array(length);
  }

  async #fetch(index: number): Promise<Uint8Array> {
    const block = this.#newBlock(this.#lengthOf(index));
    const start = index * BLOCK_BYTES;
    let doneBytes = 0;
    let knownBytes = 0;
    const hasProgressed = (): boolean => {
      const progressed = doneBytes > knownBytes;
      knownBytes = doneBytes;
      return progressed;
    };
    const pass = async (): Promise<void> => {
      const from = start + doneBytes;
      await this.#ask(from, start + block.length - 1, async (answer) => {
        await this.#judge(answer, from);
        for await (const chunk of answer.chunks()) {
          block.set(chunk.subarray(0, block.length - doneBytes), doneBytes);
          doneBytes = Math.min(block.length, doneBytes + chunk.length);
          this.options.budget.took(chunk.length);
          giveBack(chunk);
        }
      });
      if (doneBytes < block.length) throw this.#unreachable("the connection was cut");
    };
    try {
      const { retries, budget, signal } = this.options;
      await budget.waiting(() => withRetries(pass, retries, signal, hasProgressed));
      return block;
    } catch (error) {
      this.#blocks.delete(index);
      throw error;
    }
  }

  /** An answer has to be the range that was asked for, of the same version. */
  async #judge(answer: OutAnswer, from: number): Promise<void> {
    const { status } = answer;
    if (status !== 206 && status !== 200 && status !== 416) throw await this.remote.refusal(answer);
    const range = rangeOf(answer);
    const isSame = versionOf(answer) === this.version && range?.total === this.sizeBytes;
    if (status !== 206 || !isSame) throw this.#unreachable("it changed while it was read");
    if (range.from !== from)
      throw this.#unreachable("the server answered with another range than was asked for");
  }

  /** Holds a whole source in memory, if it is small. */
  async #hold(answer: OutAnswer): Promise<Uint8Array> {
    const length = answer.header("content-length");
    const tooLarge = new TaskError(
      "input_not_supported",
      `Cannot read the source ${quoteAddress(this.remote.shown)}: its server gives it only whole, and without a disk at most ${HELD_BYTES_MAX >> 20} MiB can be held`,
    );
    if (Number(length ?? 0) > HELD_BYTES_MAX) throw tooLarge;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.chunks()) {
      bytes += chunk.length;
      if (bytes > HELD_BYTES_MAX) throw tooLarge;
      this.options.budget.took(chunk.length);
      chunks.push(chunk);
    }
    if (length !== undefined && bytes !== Number(length))
      throw this.#unreachable(`it ended after ${bytes} of ${length} bytes`);
    return Buffer.concat(chunks);
  }

  async #take(answer: OutAnswer, length: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.chunks()) {
      this.options.budget.took(chunk.length);
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    if (bytes.length !== length) throw this.#unreachable("the connection was cut");
    return bytes;
  }

  #lengthOf(index: number): number {
    return Math.min(BLOCK_BYTES, this.sizeBytes - index * BLOCK_BYTES);
  }

  #unreachable(state: string): TaskError {
    return sourceUnreachable(this.remote.shown, state);
  }

  async #ask(from: number, to: number, take: (answer: OutAnswer) => Promise<void>): Promise<void> {
    const headers = { range: `bytes=${from}-${to}` };
    await askSource(this.remote, headers, this.options.signal, async (answer) => {
      refuseEncoded(answer, this.remote.shown);
      await take(answer);
    });
  }
}

function rangeOf(answer: OutAnswer): { readonly from: number; readonly total: number } | undefined {
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.header("content-range") ?? "");
  return range ? { from: Number(range[1]), total: Number(range[2]) } : undefined;
}
