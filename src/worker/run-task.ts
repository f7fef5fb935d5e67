import { rm } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Work } from "../queue/queue.ts";
import { TaskError } from "../task/errors.ts";
import { processStreamed } from "./diskless/process-streamed.ts";
import type { KeptEncodes } from "./file/kept-encodes.ts";
import { processTask } from "./file/process-task.ts";
import { isLiveTask, type LiveConditions, processLive } from "./live/process-live.ts";
import type { Line } from "./run.ts";

const log = getLogger(["pontus", "worker"]);

/** What this host gives to runs. */
export type Host = {
  /** Absolute path of this instance's scratch folder; nothing where nothing may be written. */
  readonly scratch: string | undefined;
  /** What could not be delivered waits here for a later run. */
  readonly kept: KeptEncodes;
  /** Absolute path of the folder of recordings. */
  readonly recordings: string;
  readonly live: LiveConditions;
};

/** How long a run may take, in ms: as its task says, else so long by default; a live one ends with its source. */
export function limitMsOf(task: Work["task"], defaultMs: number): number | undefined {
  if (task.timeoutSeconds) return task.timeoutSeconds * 1000;
  return isLiveTask(task) ? undefined : defaultMs;
}

/**
 * Runs one claimed task by the line that suits this host, and leaves nothing of it in scratch.
 *
 * @returns the failures of single targets, in their order
 * @throws {TaskError} whatever stops the whole task, or the reason of `signal`
 */
export async function runTask(
  work: Work,
  line: Line,
  { scratch, kept, recordings, live }: Host,
  signal: AbortSignal,
): Promise<readonly TaskError[]> {
  const { task, claim } = work;
  if (scratch === undefined) {
    const { streamed } = line.engine;
    if (!streamed)
      throw new TaskError("encoder_missing", "Cannot transcode: this engine needs a disk");
    return await processStreamed(work, line, streamed, signal);
  }
  const folder = join(scratch, `${task.id}-${claim.attempt}`);
  try {
    if (!isLiveTask(task)) return await processTask(work, line, { folder, kept }, signal);
    const folders = { folder, kept: join(recordings, task.id) };
    return await processLive(work, line, folders, live, signal);
  } finally {
    // Before the end is recorded: where scratch and store share a disk that is full, there is no room for it otherwise.
    await rm(folder, { recursive: true, force: true }).catch((error) =>
      log.warn("Cannot empty the work folder of task {taskId}: {error}", {
        taskId: task.id,
        error,
      }),
    );
  }
}
