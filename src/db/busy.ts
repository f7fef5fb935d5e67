import { setTimeout as sleep } from "node:timers/promises";
import { isBusy } from "./sqlite-errors.ts";

/** How long a call waits for another process that holds the file; a commit holds it for milliseconds, a backup tool for longer. */
export const BUSY_MS_MAX = 5_000;
/** The first pause between two tries, and the longest. */
const PAUSE_MS = 1;
const PAUSE_MS_MAX = 50;

/** The pause before the next try: it doubles, and has jitter, so that processes that wait for each other do not keep step. */
export const pauseMs = (tries: number): number =>
  Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** tries) * (0.5 + Math.random() / 2);

/** How long to wait for a file that another process holds. */
export type Patience = {
  readonly limitMs: number;
  readonly signal?: AbortSignal;
  /** Called once, before the first pause. */
  readonly onWait?: () => void;
};

/**
 * Runs an action, again while another process holds the file. It never blocks: SQLite's own `busy_timeout` sleeps in the thread that
 * answers calls, and it does not even apply when two processes turn a new file to WAL together.
 *
 * @throws what the last try threw; the signal's reason
 * @see https://sqlite.org/c3ref/busy_handler.html
 */
export async function onceFree<T>(
  action: () => T | Promise<T>,
  { limitMs, signal, onWait }: Patience,
): Promise<T> {
  let endMs: number | undefined;
  for (let tries = 0; ; tries += 1) {
    try {
      return await action();
    } catch (error) {
      if (!isBusy(error)) throw error;
      const nowMs = performance.now();
      if (endMs === undefined) onWait?.();
      endMs ??= nowMs + limitMs;
      if (nowMs >= endMs) throw error;
    }
    await sleep(pauseMs(tries), undefined, signal && { signal });
  }
}
