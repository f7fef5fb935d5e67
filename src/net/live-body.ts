/** Smaller chunks may still be queued in a stream of Node that has asked for more; the default high-water mark is 64 KiB. */
const KEPT_BYTES_MAX = 128 << 10;

/**
 * A body that is sent while it is made: chunks are pushed on one side, one after the other, and read once on the other, by a
 * writable stream of `node:stream`.
 */
export class LiveBody {
  #next = Promise.withResolvers<Uint8Array | undefined>();
  /** Of the current chunk: settles when the reader has asked for the next one. */
  #taken = Promise.withResolvers<void>();
  #failure: { readonly error: unknown } | undefined;

  /**
   * Pushes the next chunk; resolves when the reader has asked for one more and is done with this one.
   *
   * @throws what it failed with
   */
  async push(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    this.#taken = Promise.withResolvers();
    const { promise } = this.#taken;
    this.#next.resolve(bytes);
    await promise;
  }

  /** The reader has gone: pushing rejects from now on. */
  fail(error: unknown): void {
    this.#failure = { error };
    // Nobody may be pushing right now.
    this.#taken.promise.catch(() => {});
    this.#taken.reject(error);
  }

  /** Ends the body. */
  end(): void {
    this.#next.resolve(undefined);
  }

  async *read(): AsyncIterable<Uint8Array> {
    for (;;) {
      const bytes = await this.#next.promise;
      if (!bytes) return;
      this.#next = Promise.withResolvers();
      yield bytes.length < KEPT_BYTES_MAX ? new Uint8Array(bytes) : bytes;
      this.#taken.resolve();
    }
  }
}
