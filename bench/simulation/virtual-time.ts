import { drainMicrotasks } from "bun:jsc";
import { Heap } from "./memory/heap.ts";

type Due = { readonly atMs: number; readonly number: number; readonly work: () => void };

/** Somebody who may die: what comes after that does not happen for him. */
export type Living = { isDead: boolean };

/** What nobody is woken by. */
export const NEVER = new Promise<void>(() => {});

/** Time that passes only as things happen: what is due runs in the order of its time, and whatever it sets off runs before time goes on. */
export class VirtualTime {
  readonly #due = new Heap<Due>(
    (a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number),
  );
  #nowMs: number;
  #number = 0;
  #isOver = false;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now = (): number => this.#nowMs;

  /** Has something done at a time. */
  at(atMs: number, work: () => void): void {
    this.#due.push({ atMs: Math.max(atMs, this.#nowMs), number: this.#number++, work });
  }

  /** Has a promise of somebody resolve at a time: never if he is dead by then. */
  until(atMs: number, who: Living): Promise<void> {
    return new Promise((resolve) => this.#resolveAt(atMs, who, resolve));
  }

  /** Waits for a time or a promise, whichever ends first, as somebody does. */
  pauseOf =
    (who: Living) =>
    (ms: number, wake: Promise<void>): Promise<void> =>
      new Promise((resolve) => {
        this.#resolveAt(this.#nowMs + ms, who, resolve);
        // One that goes on for ever would be held by all that ever waited for it.
        if (wake !== NEVER) void wake.then(() => this.#resolveAt(this.#nowMs, who, resolve));
      });

  /** Lets time pass until nothing is due, or it is over. Not to be called by what is awaited: it runs all that is. */
  run(): void {
    drainMicrotasks();
    for (;;) {
      const due = this.#due.pop();
      if (!due || this.#isOver) return;
      this.#nowMs = due.atMs;
      due.work();
      drainMicrotasks();
    }
  }

  /** Ends it. */
  end(): void {
    this.#isOver = true;
  }

  #resolveAt(atMs: number, who: Living, resolve: () => void): void {
    this.at(atMs, () => {
      if (!who.isDead) resolve();
    });
  }
}
