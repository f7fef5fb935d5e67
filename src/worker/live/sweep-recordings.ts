import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TaskStore } from "../../store/store.ts";

/**
 * Removes the recordings of tasks that ended while no worker ran them: cancelled between two runs, or given up by recovery. A worker
 * removes those of the tasks that it ends itself.
 *
 * @param root - absolute path of the folder of recordings, with one folder for each task; it may be missing
 */
export async function sweepRecordings(
  root: string,
  store: Pick<TaskStore, "ended">,
): Promise<void> {
  const names = await readdir(root).catch(() => []);
  if (names.length === 0) return;
  for (const name of await store.ended(names))
    await rm(join(root, name), { recursive: true, force: true });
}
