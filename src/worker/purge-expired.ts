import type { TaskStore } from "../store/store.ts";
import type { KeptEncodes } from "./file/kept-encodes.ts";
import { sweepRecordings } from "./live/sweep-recordings.ts";
import type { ResultCache } from "./reuse/result-cache.ts";

/** What has an end to its time. */
export type Expiring = {
  readonly tasks: Pick<TaskStore, "ended" | "purge">;
  readonly kept: Pick<KeptEncodes, "sweep">;
  readonly results?: Pick<ResultCache, "sweep"> | undefined;
  /** Absolute path of the folder of recordings. */
  readonly recordings: string;
  /** Whether this node removes tasks, too: of a large fleet a few nodes do. */
  readonly isKeeper: () => boolean;
};

/**
 * Removes what has expired. The recordings of tasks that have ended come first: once the row of a deleted task is purged, nobody
 * knows that they are nobody's, and a service that was down for a while finds both to be removed at once.
 */
export async function purgeExpired({
  tasks,
  kept,
  results,
  recordings,
  isKeeper,
}: Expiring): Promise<void> {
  await sweepRecordings(recordings, tasks);
  await kept.sweep();
  await results?.sweep();
  if (isKeeper()) await tasks.purge();
}
