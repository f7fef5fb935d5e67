import { getLogger } from "@logtape/logtape";
import { sleep } from "../../lib/sleep.ts";
import type { Queue, Work, Worker } from "../../queue/queue.ts";

const log = getLogger(["pontus", "worker"]);

/** The longest sleep of an idle worker, unless its queue names another: a lost wake-up delays a task by this much at most. */
const IDLE_MS_MAX = 5_000;
/** The pause after a claim that failed. */
const FAILED_MS = 1_000;
/** How many tasks are claimed at once: others wait for their turns meanwhile. */
const CLAIMS_MAX = 16;

/** Waits for a time or a promise, whichever ends first. */
export type Pause = (ms: number, wake: Promise<void>) => Promise<void>;

/** What a loop claims with, and for whom. */
export type ClaimLoopParts = {
  readonly queue: Pick<Queue, "claim" | "claimMany" | "nextDueMs" | "idleMs">;
  readonly self: Worker;
  /** How many more tasks may begin now. */
  readonly freeSlots: () => number;
  /** Begins a run; it calls `wake` when a slot is free again. */
  readonly begin: (work: Work) => void;
  /** Begins something else in a slot that no task waits for, and calls `wake` as `begin` does. @returns whether there was anything */
  readonly spare?: (wake: () => void) => Promise<boolean>;
  /** Aborted when nothing more must be claimed. */
  readonly stopping: AbortSignal;
  readonly now: () => number;
  /** By default of real time. */
  readonly pause?: Pause;
};

/** Claims tasks as long as there are free slots and tasks, then sleeps until it is woken, a task is due, or some seconds are over. */
export class ClaimLoop {
  readonly #parts: ClaimLoopParts;
  readonly #pause: Pause;
  #wake = Promise.withResolvers<void>();
  #isClaiming = false;

  constructor(parts: ClaimLoopParts) {
    this.#parts = parts;
    this.#pause = parts.pause ?? sleep;
  }

  /** Whether a task is being taken up. */
  get isClaiming(): boolean {
    return this.#isClaiming;
  }

  /** There may be work, or a free slot. */
  wake(): void {
    this.#wake.resolve();
  }

  /** @returns when it was stopped, and no claim is under way */
  async run(): Promise<void> {
    const { stopping } = this.#parts;
    while (!stopping.aborted) {
      this.#wake = Promise.withResolvers();
      const sleepMs = await this.#claimAll().catch((error: unknown) => {
        log.error("Cannot claim a task: {error}", { error });
        return FAILED_MS;
      });
      await this.#pause(sleepMs, this.#wake.promise);
    }
  }

  /** Claims until no slot is free, or there is no task. @returns how long nothing is to be expected, in ms */
  async #claimAll(): Promise<number> {
    const { queue, self, now } = this.#parts;
    let isMore = true;
    while (isMore && this.#mayClaim()) isMore = await this.#claimSome();
    const dueMs = this.#mayClaim() ? await queue.nextDueMs(self) : undefined;
    const isWaiting = dueMs !== undefined && dueMs <= now();
    // Tasks are looked for before the next.
    if (this.#mayClaim() && !isWaiting && (await this.#beginSpare())) return 0;
    const idleMs = queue.idleMs?.() ?? IDLE_MS_MAX;
    return dueMs === undefined ? idleMs : Math.min(idleMs, Math.max(1, dueMs - now()));
  }

  async #beginSpare(): Promise<boolean> {
    this.#isClaiming = true;
    try {
      return (await this.#parts.spare?.(() => this.wake())) ?? false;
    } finally {
      this.#isClaiming = false;
    }
  }

  /** @returns whether there was a task to claim */
  async #claimSome(): Promise<boolean> {
    this.#isClaiming = true;
    try {
      const { queue, self, freeSlots, begin } = this.#parts;
      const max = Math.min(CLAIMS_MAX, freeSlots());
      const works = (await queue.claimMany?.(self, max)) ?? [await queue.claim(self)];
      for (const work of works) if (work) begin(work);
      return works.some((work) => work !== undefined);
    } finally {
      this.#isClaiming = false;
    }
  }

  #mayClaim(): boolean {
    const { freeSlots, stopping } = this.#parts;
    return !stopping.aborted && freeSlots() > 0;
  }
}
