/** Follows work of which several pieces may be under way at once. */
export class UnderWay {
  readonly #all = new Set<Promise<unknown>>();

  /** Follows a piece to its end. @returns the piece */
  follow<T>(work: T): T {
    if (work instanceof Promise) {
      this.#all.add(work);
      const forget = () => this.#all.delete(work);
      work.then(forget, forget);
    }
    return work;
  }

  /** Settles once what is under way now has ended, well or not. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#all);
  }
}
