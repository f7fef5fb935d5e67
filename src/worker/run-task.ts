import { rm } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Work } from "../queue/queue.ts";
import { TaskError } from "../task/errors.ts";
import type { Line } from "./line.ts";
import { processStreamed } from "./process-streamed.ts";
import { processTask } from "./process-task.ts";

const log = getLogger(["pontus", "worker"]);

/**
 * Runs one claimed task by the line that suits this host, and leaves nothing of it in scratch.
 *
 * @param scratch - absolute path of this instance's scratch folder; nothing where nothing may be written
 * @returns the failures of single targets, in their order
 * @throws {TaskError} whatever stops the whole task, or the reason of `signal`
 */
export async function runTask(
  work: Work,
  line: Line,
  scratch: string | undefined,
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
    return await processTask(work, line, folder, signal);
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
