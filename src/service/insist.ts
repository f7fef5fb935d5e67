import { sleep } from "../lib/sleep.ts";
import { toTaskError } from "../task/errors.ts";

/** The pause between two tries to write to a store that is full or busy, and the time after which it gives up. */
const AGAIN_MS = 500;
const LONGEST_MS = 600_000;

/** What ends the tries early. */
export type Insistence = {
  readonly now: () => number;
  /** Ends the pause between two tries. */
  readonly wake: Promise<void>;
  readonly isOver: () => boolean;
};

/**
 * Writes to the store. While the store is full or busy it tries again, for up to ten minutes: without the record, the work would be
 * done twice.
 *
 * @throws {TaskError} what the last try threw; at once if that is not `service_unavailable`
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
