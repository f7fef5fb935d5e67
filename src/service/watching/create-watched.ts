import type { Queue } from "../../queue/queue.ts";
import type { ClientStore, TaskStore, WatchedStore } from "../../store/store.ts";
import { TaskError } from "../../task/errors.ts";
import type { WatchedFile } from "../../task/watched-file.ts";
import { type JudgeTaskPorts, judgeTask, type TaskRequest } from "../create-task.ts";
import { type Found, targetOf, type Watch, watchKey } from "./template.ts";

/** What making tasks of the files of watched folders needs. */
export type WatchedPorts = JudgeTaskPorts & {
  readonly tasks: Pick<TaskStore, "createWatched">;
  readonly watched: WatchedStore;
  readonly clients: Pick<ClientStore, "byCode">;
  readonly queue: Pick<Queue, "announceWork">;
  /** @throws {TaskError} `service_unavailable` while no task is taken */
  readonly refuseWhileClosed: () => void;
  /** How many tasks of a client may be pending, where its record does not say; 0 is any number. */
  readonly pendingMax: number;
};

/** A file of a watched folder, and whether another is still where it was. */
export type WholeFile = Found & {
  /** Whether a file of the folder is there, by its path. */
  readonly isThere: (path: string) => boolean;
};

/** A file as the store knows it. */
export const watchedFileOf = (
  watch: Watch,
  { path, version }: Pick<Found, "path" | "version">,
): WatchedFile => ({ watch: watchKey(watch), path, version });

/**
 * Makes the task of a file, in one transaction with the note that it has been made.
 *
 * @returns the task's id; undefined if another instance has made it meanwhile
 * @throws {TaskError} `service_unavailable`, `too_many_requests`, `task_conflict` (an unfinished task writes there, or its target is that of
 *   another file), `access_denied` (also where the client is disabled, or there is none), and what judging a task throws
 */
export async function createWatchedTask(
  ports: WatchedPorts,
  watch: Watch,
  file: WholeFile,
): Promise<string | undefined> {
  ports.refuseWhileClosed();
  const client = await clientOf(ports, watch);
  const task = await judgeTask(ports, client, requestOf(watch, file));
  const watched = watchedFileOf(watch, file);
  const [target] = task.targets;
  if (target) await refuseOthers(ports, watched, target, file.isThere);
  try {
    const pendingMax = client.pendingMax ?? ports.pendingMax;
    const id = await ports.tasks.createWatched(task, watched, pendingMax);
    ports.queue.announceWork();
    return id;
  } catch (error) {
    if ((await ports.watched.taken([watched])).length > 0) return undefined;
    throw error;
  }
}

/** Judges what a watch would ask for. @throws {TaskError} as `createWatchedTask` */
export async function judgeWatch(ports: WatchedPorts, watch: Watch): Promise<void> {
  const extension = watch.extensions[0] ?? "mp4";
  const sample = { path: `sample.${extension}`, version: "", nowMs: 0 };
  await judgeTask(ports, await clientOf(ports, watch), requestOf(watch, sample));
}

/** The source is a plain path, in which nothing is decoded. */
const requestOf = (watch: Watch, file: Found): TaskRequest => ({
  sourceUrl: `${watch.source}${file.path}`,
  profileName: watch.profileName,
  targets: [{ url: targetOf(watch, file) }],
  priority: 0,
});

async function clientOf({ clients }: WatchedPorts, { clientCode }: Watch) {
  const client = await clients.byCode(clientCode);
  if (client && !client.disabled) return client;
  const why = client ? "it is disabled" : "there is none";
  throw new TaskError("access_denied", `Cannot create task for client "${clientCode}": ${why}`);
}

/** Two files that are both there must not overwrite each other's output; a file that has gone makes room for another. */
async function refuseOthers(
  { watched }: WatchedPorts,
  { watch, path }: WatchedFile,
  { url, key }: { readonly url: string; readonly key: string },
  isThere: (path: string) => boolean,
): Promise<void> {
  const others = await watched.ofTarget(key);
  // Those of other watches are none of its business: theirs may be gone for long, and nobody looks any more.
  const other = others.find(
    (each) => each.watch === watch && each.path !== path && isThere(each.path),
  );
  if (other)
    throw new TaskError(
      "task_conflict",
      `Cannot create task of "${path}": its target "${url}" is that of the file "${other.path}"`,
    );
}
