import { EXCHANGE, type StreamEvent, type StreamMount } from "../../../wasm/protocol.ts";
import { giveBack } from "../../lib/give-back.ts";
import type { ByteSink, ByteSource } from "../engine.ts";

/** What a run without a disk reads and writes: its sources by name, and its outputs. */
export type Streams = {
  readonly sources: Readonly<Record<string, ByteSource>>;
  readonly sink: ByteSink;
  /** Folders that exist at the start, parents first. */
  readonly folders?: readonly string[];
  /** The files of the sink are only appended to. */
  readonly writesOnce?: boolean;
};

/** The host's side of a thread's streams: answers its reads, and passes on what it writes. */
export class StreamHost {
  readonly mount: StreamMount;
  readonly #streams: Streams;
  readonly #words: Int32Array;
  readonly #data: Uint8Array;
  readonly #failed: () => void;
  #written: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /** @param failed - called at the first failure, after which the run is of no use */
  constructor(streams: Streams, failed: () => void) {
    const exchange = new SharedArrayBuffer(EXCHANGE.bytes);
    const sizes = Object.entries(streams.sources).map(([name, { sizeBytes }]) => [name, sizeBytes]);
    const { folders = [], writesOnce = false } = streams;
    this.mount = { sources: Object.fromEntries(sizes), folders, writesOnce, exchange };
    this.#streams = streams;
    this.#words = new Int32Array(exchange, 0, EXCHANGE.dataOffset / 4);
    this.#data = new Uint8Array(exchange, EXCHANGE.dataOffset, EXCHANGE.dataLength);
    this.#failed = failed;
  }

  /** The first failure of a source or the sink. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Takes a message of the thread. */
  hear(event: StreamEvent): void {
    if (event.type === "read") void this.#answer(event.message, event.position, event.length);
    else this.#written = this.#written.then(() => this.#handOn(event));
  }

  /** Resolves when everything that was written has been taken, or was given up. */
  async settle(): Promise<void> {
    await this.#written;
  }

  async #answer(name: string, position: number, length: number): Promise<void> {
    let count = -1;
    try {
      const bytes = await this.#streams.sources[name]?.read(position, length);
      if (!bytes || bytes.length === 0) throw new Error("the source gave nothing");
      this.#data.set(bytes.subarray(0, length));
      count = Math.min(bytes.length, length);
    } catch (error) {
      this.#fail(error);
    }
    Atomics.store(this.#words, EXCHANGE.length, count);
    Atomics.store(this.#words, EXCHANGE.answered, 1);
    Atomics.notify(this.#words, EXCHANGE.answered);
  }

  async #handOn(event: Exclude<StreamEvent, { readonly type: "read" }>): Promise<void> {
    try {
      if (!this.#failure) await this.#dispose(event);
    } catch (error) {
      this.#fail(error);
    }
    if (event.type !== "write") return;
    Atomics.sub(this.#words, EXCHANGE.inFlight, event.bytes.length);
    giveBack(event.bytes);
    Atomics.notify(this.#words, EXCHANGE.inFlight);
  }

  async #dispose(event: Exclude<StreamEvent, { readonly type: "read" }>): Promise<void> {
    const { sink } = this.#streams;
    const { message: path } = event;
    if (event.type === "write") return await sink.write(path, event.position, event.bytes);
    if (event.type === "close") return await sink.close(path, event.sizeBytes);
    if (event.type === "rename") return await sink.rename(path, event.to);
    return await sink.remove(path);
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.#failed();
  }
}
