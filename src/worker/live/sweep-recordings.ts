import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TaskStore } from "../../store/store.ts";

/**
 * Removes what was recorded of tasks that ended while nobody ran them: cancelled between two runs, or given up by recovery. A
 * worker takes away those that it ends itself.
 *
 * @param root - absolute path of the folder of recordings, which has a folder a task; it may not be there
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
