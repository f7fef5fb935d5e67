import { toTaskError } from "../task/errors.ts";
import { sleep } from "./sleep.ts";

/** How often, and how long, something is tried to be written where the store is full or busy. */
const AGAIN_MS = 500;
const LONGEST_MS = 600_000;

/** What ends the tries before their time. */
export type Insistence = {
  readonly now: () => number;
  /** Ends a wait between two tries. */
  readonly wake: Promise<void>;
  readonly isOver: () => boolean;
};

/**
 * Writes to the store, again and again while it is full or busy, for up to ten minutes: what was done is not to be done twice.
 *
 * @throws {TaskError} what the last try threw; at once where it is something else than `service_unavailable`
 */
export async function insist<T>(
  write: () => Promise<T>,
  { now, wake, isOver }: Insistence,
): Promise<T> {
  const giveUpMs = now() + LONGEST_MS;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      const isBusy = toTaskError(error).code === "service_unavailable";
      if (!isBusy || now() >= giveUpMs || isOver()) throw error;
      await sleep(AGAIN_MS, wake);
    }
  }
}
