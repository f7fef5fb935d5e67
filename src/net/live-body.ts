/** Smaller pieces may wait in a stream of Node's that has asked for more already; the default high-water mark is 64 KiB. */
const KEPT_BYTES_MAX = 128 << 10;

/**
 * A body that is sent as it is made: pushed on one side, one piece after the other, and read once on the other, by a writable
 * stream of `node:stream`.
 */
export class LiveBody {
  #next = Promise.withResolvers<Uint8Array | undefined>();
  /** Of the piece that is under way: settles when the reader has asked for one more. */
  #taken = Promise.withResolvers<void>();
  #failure: { readonly error: unknown } | undefined;

  /** Gives the next piece; resolves when the reader has asked for one more and reads this no longer. @throws what it failed with */
  async push(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    this.#taken = Promise.withResolvers();
    const { promise } = this.#taken;
    this.#next.resolve(bytes);
    await promise;
  }

  /** Nobody reads it any more: pushing rejects from now on. */
  fail(error: unknown): void {
    this.#failure = { error };
    // Perhaps nobody pushes now.
    this.#taken.promise.catch(() => {});
    this.#taken.reject(error);
  }

  /** There is no more. */
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
