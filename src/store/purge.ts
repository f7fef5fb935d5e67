import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../db/database.ts";
import type { IdempotencyKeys } from "./idempotency-keys.ts";
import type { Nonces } from "./nonces.ts";
import type { Retention } from "./retention.ts";

/** How many expired rows of nonces and of keys one transaction deletes at most: a fraction of a millisecond. */
const ROWS_MAX = 1000;
/** The same of tasks and events, which are large and lie anywhere in the file. */
const TASK_ROWS_MAX = 250;
/** How many batches one call makes at most: of the tasks, 18 million rows a day, if it is called every minute. */
const BATCHES_MAX = 50;
/** Between two batches, so that other processes find the database free, too. */
const PAUSE_MS = 10;

/** The tables that rows are purged from. */
export type Purged = {
  readonly nonces: Nonces;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly retention: Retention;
};

/**
 * Deletes what has expired, in transactions of few rows each, and gives the space back. What one call leaves is for the next; only
 * nonces and keys, of which many may come in a minute, are deleted whole.
 *
 * @returns how many rows it deleted
 */
export async function purge(
  database: Database,
  { nonces, idempotencyKeys, retention }: Purged,
  nowMs: number,
): Promise<number> {
  const ofCalls = () => [nonces.purge(nowMs, ROWS_MAX), idempotencyKeys.purge(nowMs, ROWS_MAX)];
  let total = 0;
  let purged: readonly number[];
  do {
    purged = await database.write(ofCalls);
    total += purged.reduce((sum, rows) => sum + rows, 0);
  } while (purged.includes(ROWS_MAX));
  const rows = await inSteps(() => database.write(() => retention.purge(nowMs, TASK_ROWS_MAX)));
  await inSteps(() => database.giveSpaceBack());
  return total + rows;
}

/** Repeats a step until it does nothing more, up to a limit. @returns the sum of what the steps did */
async function inSteps(step: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let number = 0; number < BATCHES_MAX; number++) {
    const done = await step();
    if (done === 0) break;
    total += done;
    await pause(PAUSE_MS);
  }
  return total;
}
