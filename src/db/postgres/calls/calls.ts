import { AsyncLocalStorage } from "node:async_hooks";
import type pg from "pg";

/** What the statements of one call share. */
export type Call = {
  readonly client: pg.PoolClient;
  /** What is to be done after its commit; only of a write. */
  readonly afterwards?: (() => void)[];
};

/** Calls that are under way: whatever is awaited in one finds it, so that nothing passes its connection on. */
export class Calls {
  readonly #calls = new AsyncLocalStorage<Call>();
  readonly #over = new WeakSet<Call>();

  /** The call that this is in. One that has ended is none to what it left running: its connection is another's by now. */
  get under(): Call | undefined {
    const call = this.#calls.getStore();
    return call && !this.#over.has(call) ? call : undefined;
  }

  get current(): Call {
    const call = this.under;
    if (!call) throw new Error("Cannot query: this is neither in a read nor in a write");
    return call;
  }

  /** What is to be done after the commit of the write that this is in. */
  get afterwards(): (() => void)[] {
    const { afterwards } = this.current;
    if (!afterwards) throw new Error("Cannot write: this is in a read");
    return afterwards;
  }

  async run<T>(call: Call, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#calls.run(call, work);
    } finally {
      this.#over.add(call);
    }
  }
}
