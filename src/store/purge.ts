import { setTimeout as pause } from "node:timers/promises";

/** How many expired rows of nonces and of keys one transaction deletes at most: a fraction of a millisecond. */
const ROWS_MAX = 1000;
/** The same of tasks and events, which are large and lie anywhere in the file. */
const TASK_ROWS_MAX = 250;
/** How many batches one call makes at most: of the tasks, 18 million rows a day, if it is called every minute. */
const BATCHES_MAX = 50;
/** Between two batches, so that other processes find the database free, too. */
const PAUSE_MS = 10;

/** What a store deletes in one transaction each, and how many rows that were. */
export type Purging = {
  /** Of nonces and of keys, each at most so many. */
  readonly ofCalls: (rowsMax: number) => Promise<readonly number[]>;
  /** Of tasks, with all that is theirs. */
  readonly ofTasks: (rowsMax: number) => Promise<number>;
  /** Gives some space back to the disk, where that is not done by itself. */
  readonly giveSpaceBack?: () => Promise<number>;
};

/**
 * Deletes what has expired, in transactions of few rows each, and gives the space back. What one call leaves is for the next; only
 * nonces and keys, of which many may come in a minute, are deleted whole.
 *
 * @returns how many rows it deleted
 */
export async function purge({ ofCalls, ofTasks, giveSpaceBack }: Purging): Promise<number> {
  let total = 0;
  let purged: readonly number[];
  do {
    purged = await ofCalls(ROWS_MAX);
    total += purged.reduce((sum, rows) => sum + rows, 0);
  } while (purged.includes(ROWS_MAX));
  const rows = await inSteps(() => ofTasks(TASK_ROWS_MAX));
  if (giveSpaceBack) await inSteps(giveSpaceBack);
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
