/** A run that waits for a place. */
type Waiting = { readonly owner: object; readonly enter: () => void };

/**
 * Places for concurrent runs, shared by all tasks of an engine, so that many slices of many tasks do not overload the cores.
 *
 * Each owner may always have one run under way, so that a new task makes progress at once, however many slices of others there
 * are; only its further runs wait.
 */
export class Places {
  readonly #max: number;
  readonly #taken = new Map<object, number>();
  #waiting: readonly Waiting[] = [];

  /** @param max - with so many runs under way, further ones wait */
  constructor(max: number) {
    this.#max = max;
  }

  /** Runs something in a place for its owner, once there is one; rejects with the signal's reason if it aborts before. */
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
    // An owner with nothing under way comes first; otherwise another would take the place, and both would exceed the limit.
    const isIdle = ({ owner: other }: Waiting) => !this.#taken.has(other);
    const row = [...this.#waiting.filter(isIdle), ...this.#waiting.filter((w) => !isIdle(w))];
    for (const waiting of row) {
      if (!this.#mayEnter(waiting.owner)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      // Counted here and not by the one that waits, as the next in line depends on it.
      this.#take(waiting.owner);
      waiting.enter();
    }
  }
}
