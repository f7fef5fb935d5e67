/** Someone who waits for a place. */
type Waiting = { readonly owner: object; readonly enter: () => void };

/**
 * Places for runs that go on at once, shared by all tasks of an engine: many slices of many tasks do not crowd the cores.
 *
 * Each owner always has one run under way, so that a task that begins gets on at once, however many slices of others there are;
 * only further ones wait.
 */
export class Places {
  readonly #max: number;
  readonly #taken = new Map<object, number>();
  #waiting: readonly Waiting[] = [];

  /** @param max - from so many runs on, nobody begins a further one */
  constructor(max: number) {
    this.#max = max;
  }

  /** Does something in a place of an owner's, once there is one; rejects with the signal's reason where it aborts before. */
  async use<T>(owner: object, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(owner, signal);
    try {
      return await work();
    } finally {
      this.#leave(owner);
    }
  }

  async #enter(owner: object, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#mayEnter(owner)) return this.#take(owner);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { owner, enter: resolve };
    const abort = () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      reject(signal.reason);
    };
    this.#waiting = [...this.#waiting, waiting];
    signal.addEventListener("abort", abort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #mayEnter(owner: object): boolean {
    const all = [...this.#taken.values()].reduce((sum, count) => sum + count, 0);
    return !this.#taken.has(owner) || all < this.#max;
  }

  #take(owner: object): void {
    this.#taken.set(owner, (this.#taken.get(owner) ?? 0) + 1);
  }

  #leave(owner: object): void {
    const count = (this.#taken.get(owner) ?? 0) - 1;
    if (count > 0) this.#taken.set(owner, count);
    else this.#taken.delete(owner);
    // Who has nothing under way comes first: else another one would take the place, and both were over it.
    const isIdle = ({ owner: other }: Waiting) => !this.#taken.has(other);
    const row = [...this.#waiting.filter(isIdle), ...this.#waiting.filter((w) => !isIdle(w))];
    for (const waiting of row) {
      if (!this.#mayEnter(waiting.owner)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      // Here, and not by the one who waits: the next in the row is judged by it.
      this.#take(waiting.owner);
      waiting.enter();
    }
  }
}
