import { EXCHANGE, type StreamEvent, type StreamMount } from "../../wasm/protocol.ts";

/** A source that is read from wherever it lies. Its reads end by themselves when it does not deliver. */
export type AsyncSource = {
  readonly sizeBytes: number;
  /** At least one byte and at most `length` of them, from `position` on. */
  read(position: number, length: number): Promise<Uint8Array>;
};

/** Where outputs go while they are written. Calls come one after the other; positions in a file may go back. */
export type AsyncSink = {
  write(path: string, position: number, bytes: Uint8Array): Promise<void>;
  /** The file is as long now, and nobody writes it. */
  close(path: string, sizeBytes: number): Promise<void>;
  rename(path: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
};

/** What a run reads and writes where there is no disk: sources by name, and all else. */
export type Streams = {
  readonly sources: Readonly<Record<string, AsyncSource>>;
  readonly sink: AsyncSink;
};

/** The host's side of a thread's streams: answers its reads, and hands on what it writes. */
export class StreamHost {
  readonly mount: StreamMount;
  readonly #streams: Streams;
  readonly #words: Int32Array;
  readonly #data: Uint8Array;
  readonly #failed: () => void;
  #written: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /** @param failed - is told of the first failure: nothing of what the run still does is of use */
  constructor(streams: Streams, failed: () => void) {
    const exchange = new SharedArrayBuffer(EXCHANGE.bytes);
    const sizes = Object.entries(streams.sources).map(([name, { sizeBytes }]) => [name, sizeBytes]);
    this.mount = { sources: Object.fromEntries(sizes), exchange };
    this.#streams = streams;
    this.#words = new Int32Array(exchange, 0, EXCHANGE.dataOffset / 4);
    this.#data = new Uint8Array(exchange, EXCHANGE.dataOffset, EXCHANGE.dataLength);
    this.#failed = failed;
  }

  /** The first failure of a source or the sink. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Takes what the thread says. */
  hear(event: StreamEvent): void {
    if (event.type === "read") void this.#answer(event.message, event.position, event.length);
    else this.#written = this.#written.then(() => this.#handOn(event));
  }

  /** Resolves when all that was written is disposed of, or was given up. */
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
