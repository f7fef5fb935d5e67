import type { TaskStore } from "../store/store.ts";
import type { KeptEncodes } from "./file/kept-encodes.ts";
import { sweepRecordings } from "./live/sweep-recordings.ts";

/** What has an end to its time. */
export type Expiring = {
  readonly tasks: Pick<TaskStore, "ended" | "purge">;
  readonly kept: Pick<KeptEncodes, "sweep">;
  /** Absolute path of the folder of recordings. */
  readonly recordings: string;
};

/**
 * Removes what has expired. The recordings of tasks that have ended come first: once the row of a deleted task is purged, nobody
 * knows that they are nobody's, and a service that was down for a while finds both to be removed at once.
 */
export async function purgeExpired({ tasks, kept, recordings }: Expiring): Promise<void> {
  await sweepRecordings(recordings, tasks);
  await kept.sweep();
  await tasks.purge();
}
