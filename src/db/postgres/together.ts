import { AsyncLocalStorage } from "node:async_hooks";
import { TaskError } from "../../task/errors.ts";

/** How many calls one transaction carries out at most. */
const CALLS_MAX = 64;
/** A transaction that takes longer waits for others: those behind it need not. */
const SLOW_MS = 50;

/** How calls are carried out. */
type Ways<Call, Answer> = {
  /** Several in one transaction, all or nothing; what it throws is of them all. @returns their answers, in order */
  readonly together: (calls: readonly Call[]) => Promise<readonly Answer[]>;
  /** One in a transaction of its own. */
  readonly alone: (call: Call) => Promise<Answer>;
};

type Waiting<Call, Answer> = {
  readonly call: Call;
  readonly resolve: (answer: Answer | Promise<Answer>) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Carries calls out that come while others are being written in one transaction, which the disk has to sync once for them all. None waits
 * for others to come: one that finds nothing under way begins at once. Calls that cannot be written together are written one by one, so
 * that none is refused for another.
 */
export class Together<Call, Answer> {
  readonly #ways: Ways<Call, Answer>;
  readonly #waiting: Waiting<Call, Answer>[] = [];
  /** What is written for many is no part of what one of them is in. */
  readonly #apart = AsyncLocalStorage.snapshot();
  #isWriting = false;

  constructor(ways: Ways<Call, Answer>) {
    this.#ways = ways;
  }

  /** @returns the answer of a call, once it is on disk. @throws as it does alone */
  run(call: Call): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      this.#apart(() => this.#next());
    });
  }

  #next(): void {
    if (this.#isWriting || this.#waiting.length === 0) return;
    this.#isWriting = true;
    const goOn = (): void => {
      clearTimeout(late);
      if (hasGoneOn) return;
      hasGoneOn = true;
      this.#isWriting = false;
      this.#next();
    };
    let hasGoneOn = false;
    const late = setTimeout(goOn, SLOW_MS);
    void this.#write(this.#waiting.splice(0, CALLS_MAX)).then(goOn);
  }

  /** Never rejects. */
  async #write(batch: readonly Waiting<Call, Answer>[]): Promise<void> {
    const [first, second] = batch;
    if (first && !second) return this.#writeAlone(first);
    try {
      const answers = await this.#ways.together(batch.map(({ call }) => call));
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      // Alone they would not be written either; or they may be written already.
      if (error instanceof TaskError && error.code === "service_unavailable")
        for (const { reject } of batch) reject(error);
      else await Promise.all(batch.map((each) => this.#writeAlone(each)));
    }
  }

  async #writeAlone({ call, resolve, reject }: Waiting<Call, Answer>): Promise<void> {
    try {
      resolve(await this.#ways.alone(call));
    } catch (error) {
      reject(error);
    }
  }
}
