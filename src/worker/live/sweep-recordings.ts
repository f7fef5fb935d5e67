import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TaskStore } from "../../store/store.ts";
import type { Task } from "../../task/task.ts";

/**
 * The name of the folder of what a task records. All runs since the task was created, or retried by its caller, share it; those after
 * a retry have another, so that a process that still clears up after the former ones takes nothing of theirs.
 */
export function recordingsOf({ id, attempts, startMs }: Task): string {
  const first = attempts.find((attempt) => attempt.startMs === startMs)?.attempt ?? 1;
  return first === 1 ? id : `${id}.${first}`;
}

/**
 * Removes the recordings of tasks that ended while no worker ran them: cancelled between two runs, or given up by recovery. A worker
 * removes those of the tasks that it ends itself.
 *
 * @param root - absolute path of the folder of recordings, with folders named by `recordingsOf`; it may be missing
 */
export async function sweepRecordings(
  root: string,
  store: Pick<TaskStore, "ended">,
): Promise<void> {
  const names = await readdir(root).catch(() => []);
  if (names.length === 0) return;
  const ended = await store.ended(names.map(taskIdOf));
  for (const name of names.filter((each) => ended.includes(taskIdOf(each))))
    await rm(join(root, name), { recursive: true, force: true });
}

const taskIdOf = (name: string): string => name.split(".", 1)[0] ?? "";
