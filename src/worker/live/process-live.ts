import { mkdir } from "node:fs/promises";
import type { LiveEngine } from "../../engine/engine.ts";
import { planLive } from "../../plan/live/plan-live.ts";
import type { Assignment } from "../../profile/profile.ts";
import { TaskError, toTaskError } from "../../task/errors.ts";
import { LiveSetPublisher } from "../live-set/live-set-publisher.ts";
import { prepareTargets } from "../output/deliver-targets.ts";
import { isLastRun, type RetryLimits } from "../retry.ts";
import type { Run } from "../run.ts";
import { openLiveEdge } from "../source/live-edge-source.ts";
import { UrlSource } from "../source/live-source.ts";
import { openToSend } from "../source/open-source.ts";
import { withCaptions } from "../source/source-captions.ts";
import { LiveSession } from "./live-session.ts";
import { LiveTargets } from "./live-targets.ts";
import { deliverRecordings, nextPart, type RecordingFolders } from "./recordings.ts";

/** What a live task needs in addition. */
export type LiveConditions = {
  /** A task fails if none of its targets takes the stream for longer. */
  readonly targetTimeoutMs: number;
  readonly retries: RetryLimits;
};

/**
 * Carries out the run of a live task: waits for the source, feeds all targets by one process, goes on when a source that was away is
 * back, and delivers the recordings when the stream has ended.
 *
 * @throws {TaskError} whatever stops the whole task, or the reason of the run's signal
 */
export async function processLive(
  run: Run,
  folders: RecordingFolders,
  conditions: LiveConditions,
): Promise<void> {
  const live = liveEngineOf(run);
  await mkdir(folders.folder, { recursive: true });

  const files = await prepareTargets(run, (kind) => kind !== "live");
  const targets = new LiveTargets(run);
  const wanted = (at: number) => files.has(at) || run.kindOf(at) === "live";
  const assignments = run.assignments.map((each) => ({
    ...each,
    targets: each.targets.filter(wanted),
  }));
  if (targets.count === 0 && files.size === 0) return;

  const isRecorded = files.size > 0;
  const first = isRecorded ? await nextPart(folders.kept, run.assignments) : 0;
  if (isRecorded) await mkdir(folders.kept, { recursive: true });
  const onUnread = (cause: unknown) => {
    const error = unrecorded(cause);
    // Live targets go on; what is recorded so far is still delivered.
    if (targets.count === 0) run.abort(error);
    else run.onLog(error.message);
  };
  const sets = await LiveSetPublisher.open(run, folders.kept, files, onUnread);
  const session = new LiveSession({
    run,
    live,
    targetTimeoutMs: conditions.targetTimeoutMs,
    targets,
    assignments,
    folder: folders.folder,
    ...(isRecorded && { recordings: { kept: folders.kept, part: first } }),
    sentBytes: () => ({ ...targets.sentBytes, ...sets.sentBytes }),
    onRun: (plan) => sets.begin(plan),
    onUnrecorded: onUnread,
  });
  sets.start();
  try {
    const place = { live, assignments, folder: folders.folder };
    const isFollowed = await run
      .timed("stream", () => runSource(run, session, place))
      .finally(() => {
        targets.pause();
        targets.logSent();
        // However it ended, the progress includes what was sent since the last report.
        if (session.hasProduced) run.onProgress(session.delivering());
      });
    if (isFollowed && !session.hasProduced && first === 0) throw session.neverCame();

    await targets.finish();
    if (isRecorded) {
      run.onProgress(session.delivering());
      await run.timed("deliver", async () => {
        await sets.finish();
        await deliverRecordings(run, folders, files);
      });
    }
  } catch (error) {
    // The first reason stands: a failure of what is closed meanwhile is none of the task's.
    run.abort(error);
    const { reason } = run.signal;
    const { task, failedRuns: failures, now } = run;
    const failed = { task, failures, nowMs: now() };
    const isFinal = isLastRun(toTaskError(reason).code, failed, conditions.retries);
    await sets.abandon(reason, isFinal);
    throw error;
  }
}

/** What runs live streams. @throws {TaskError} `input_not_supported` if the engine runs none */
export function liveEngineOf({ engine: { live } }: Run): LiveEngine {
  if (live) return live;
  throw new TaskError(
    "input_not_supported",
    "Cannot run a live task: the engine reaches no network",
  );
}

const unrecorded = (cause: unknown): TaskError => {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TaskError("scratch_full", `Cannot record: ${why}`, { cause });
};

/** What reading the source needs. */
type SourcePlace = {
  readonly live: LiveEngine;
  readonly assignments: readonly Assignment[];
  readonly folder: string;
};

/** @returns whether the source is a stream that is followed, rather than a file */
async function runSource(
  run: Run,
  session: LiveSession,
  { live, assignments, folder }: SourcePlace,
): Promise<boolean> {
  const { engine, places, signal } = run;
  const { sourceUrl } = run.task;
  if (places.source.kind === "live") {
    await session.follow(new UrlSource(sourceUrl, live, run));
    return true;
  }
  const source = await openToSend(sourceUrl, run, folder);
  if ("path" in source) {
    const request = { assignments, targets: places.targets };
    // This reads the whole file, so it is done only if the plan asks for it.
    const { asksForCaptions } = planLive(request, source.media, engine.capabilities);
    const { path, media } = asksForCaptions ? await withCaptions(source, signal) : source;
    await session.play(path, media);
    return false;
  }
  const { read, place } = source;
  await openLiveEdge(read, run, place, (relayed) => session.follow(relayed));
  return true;
}
