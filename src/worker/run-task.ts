import { rm } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { onceLoaded } from "../lib/once.ts";
import { isAnyLive } from "../plan/live/places.ts";
import { TaskError } from "../task/errors.ts";
import type { KeptEncodes } from "./file/kept-encodes.ts";
import { processTask } from "./file/process-task.ts";
import type { LiveConditions } from "./live/process-live.ts";
import { recordingsOf } from "./live/sweep-recordings.ts";
import type { Sharing, SliceLengths } from "./parts/slicing.ts";
import type { Results } from "./reuse/result-keys.ts";
import type { Run } from "./run.ts";

const log = getLogger(["pontus", "worker"]);

// Loaded with the first task that needs them, as most hosts have tasks of files alone.
const diskless = onceLoaded(() => import("./diskless/process-streamed.ts"));
const living = onceLoaded(() => import("./live/process-live.ts"));

/** What this host gives to runs. */
export type Host = {
  /** Absolute path of this instance's scratch folder; undefined if nothing may be written. */
  readonly scratch: string | undefined;
  /** Keeps outputs that could not be delivered for a later run. */
  readonly kept: KeptEncodes;
  /** Absolute path of the folder of recordings. */
  readonly recordings: string;
  readonly live: LiveConditions;
  /** Absolute path of the folder of the operator's own fonts; undefined if there is none. */
  readonly fonts?: string | undefined;
  /** How long encodes are shared with other workers; undefined if they are not. */
  readonly shared?: Sharing | undefined;
  /** What runs use again of each other; undefined if nothing is kept. */
  readonly results?: Results | undefined;
  /** How long encodes are cut whose finished slices are kept for a later run; undefined if none are. */
  readonly resumed?: SliceLengths | undefined;
};

/** The time limit of a run in ms: the task's own, else the default; a live task has no default limit, as it ends with its source. */
export function limitMsOf({ task, places }: Run, defaultMs: number): number | undefined {
  if (task.timeoutSeconds) return task.timeoutSeconds * 1000;
  return isAnyLive(places) ? undefined : defaultMs;
}

/**
 * Carries out the run of a task by the line that suits this host, and leaves nothing of it in scratch. Failures of single targets
 * are in `run.failures`.
 *
 * @throws {TaskError} whatever stops the whole task, or the reason of the run's signal
 */
export async function runTask(
  run: Run,
  { scratch, kept, recordings, live, ...more }: Host,
): Promise<void> {
  const { task, claim, engine } = run;
  run.decide(`Begins with the engine ${engine.name}: ffmpeg ${engine.capabilities.version}`);
  if (scratch === undefined) {
    const { streamed } = engine;
    if (!streamed)
      throw new TaskError("encoder_missing", "Cannot transcode: this engine needs a disk");
    return await (await diskless()).processStreamed(run, streamed);
  }
  const folder = join(scratch, `${task.id}-${claim.attempt}`);
  try {
    const { retries } = live;
    if (!isAnyLive(run.places)) return await processTask(run, { folder, kept, retries, ...more });
    await run.judgeAgain();
    const folders = { folder, kept: join(recordings, recordingsOf(task)) };
    return await (await living()).processLive(run, folders, live);
  } finally {
    await run.end();
    // Before the end is recorded: if scratch and store share a full disk, this makes room for the record.
    await rm(folder, { recursive: true, force: true }).catch((error) =>
      log.warn("Cannot empty the work folder of task {taskId}: {error}", {
        taskId: task.id,
        error,
      }),
    );
  }
}
