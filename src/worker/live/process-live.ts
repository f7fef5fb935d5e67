import { mkdir } from "node:fs/promises";
import type { LiveEngine } from "../../engine/engine.ts";
import { isLive } from "../../plan/live/live-protocols.ts";
import { planLive } from "../../plan/live/plan-live.ts";
import type { Assignment } from "../../profile/profile.ts";
import type { Work } from "../../queue/queue.ts";
import { TaskError, toTaskError } from "../../task/errors.ts";
import { LiveSetPublisher } from "../live-set/live-set-publisher.ts";
import { prepareTargets, type TargetFailures } from "../output/deliver-targets.ts";
import { retryDelayMs } from "../retry.ts";
import type { Line } from "../run.ts";
import { openLiveEdge } from "../source/live-edge-source.ts";
import { UrlSource } from "../source/live-source.ts";
import { openToSend } from "../source/open-source.ts";
import { withCaptions } from "../source/source-captions.ts";
import { type LiveLimits, LiveSession } from "./live-session.ts";
import { LiveTargets } from "./live-targets.ts";
import { deliverRecordings, nextPart, type RecordingFolders } from "./recordings.ts";

/** Whether a task is one of live streams: its source is one, or one of its targets. */
export const isLiveTask = ({ sourceUrl, targets }: Work["task"]): boolean =>
  isLive(sourceUrl) || targets.some(({ url }) => isLive(url));

/** What a live task needs beside what every task does. */
export type LiveConditions = LiveLimits & {
  readonly now: () => number;
  /** Runs that a task gets in all. */
  readonly attemptsMax: number;
};

/**
 * Runs one claimed live task: waits for the source, feeds all targets by one process, takes the source up again when it
 * was away, and delivers what was recorded when it has ended.
 *
 * @returns the failures of single targets, in their order
 * @throws {TaskError} whatever stops the whole task, or the reason of `signal`
 */
export async function processLive(
  work: Work,
  line: Line,
  folders: RecordingFolders,
  conditions: LiveConditions,
  signal: AbortSignal,
): Promise<readonly TaskError[]> {
  const live = liveEngineOf(line);
  const lost = new AbortController();
  const onError = (error: unknown) => lost.abort(error);
  const either = AbortSignal.any([signal, lost.signal]);
  const failures: TargetFailures = new Map();
  await mkdir(folders.folder, { recursive: true });

  const files = await prepareTargets(work, line, failures, signal, (url) => !isLive(url));
  const targets = new LiveTargets(work, line, onError);
  const wanted = (at: number) => files.has(at) || isLive(work.task.targets[at]?.url ?? "");
  const assignments = work.assignments.map((each) => ({
    ...each,
    targets: each.targets.filter(wanted),
  }));
  if (targets.count === 0 && files.size === 0) return inOrder(failures);

  const isRecorded = files.size > 0;
  const first = isRecorded ? await nextPart(folders.kept, work.assignments) : 0;
  if (isRecorded) await mkdir(folders.kept, { recursive: true });
  const onUnread = (cause: unknown) => {
    const error = unrecorded(cause);
    // Its live targets go on; what was recorded until then is delivered all the same.
    if (targets.count === 0) lost.abort(error);
    else line.onLog(error.message);
  };
  const sets = await LiveSetPublisher.open(work, line, folders.kept, files, { onError, onUnread });
  const session = new LiveSession({
    work,
    line,
    live,
    limits: conditions,
    targets,
    assignments,
    folder: folders.folder,
    ...(isRecorded && { recordings: { kept: folders.kept, part: first } }),
    sentBytes: () => ({ ...targets.sentBytes, ...sets.sentBytes }),
    onRun: (plan) => sets.begin(plan),
    onUnrecorded: (event) => {
      if (event.kind === "unrecorded") onUnread(event.why);
    },
    now: conditions.now,
  });
  sets.start(either);
  try {
    const place = { live, assignments, folder: folders.folder, ...conditions };
    const isFollowed = await runSource(work, line, session, place, either).finally(() => {
      targets.pause();
      targets.logSent();
      // Whatever ended it: what was sent since the last report is told too.
      if (session.hasProduced) line.onProgress(session.delivering());
    });
    if (isFollowed && !session.hasProduced && first === 0) throw session.neverCame();

    for (const [index, failure] of await targets.finish()) failures.set(index, failure);
    if (isRecorded) {
      line.onProgress(session.delivering());
      for (const [index, failure] of await sets.finish(either)) failures.set(index, failure);
      await deliverRecordings(work, line, folders, files, failures, either);
    }
  } catch (error) {
    const reason = either.aborted ? either.reason : error;
    await sets.abandon(reason, isFinal(toTaskError(reason), work, conditions));
    throw error;
  }
  return inOrder(failures);
}

function liveEngineOf({ engine: { live } }: Line): LiveEngine {
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

/** Whether no other run goes on with a task that failed so. */
const isFinal = ({ code }: TaskError, { failures }: Work, { attemptsMax }: LiveConditions) =>
  code !== "lease_lost" &&
  code !== "shutdown" &&
  retryDelayMs(code, failures + 1, attemptsMax) === undefined;

/** Where a source is read, and for what. */
type SourcePlace = LiveConditions & {
  readonly live: LiveEngine;
  readonly assignments: readonly Assignment[];
  readonly folder: string;
};

/** @returns whether the source was one that is followed, rather than a file with an end of its own */
async function runSource(
  { task }: Work,
  line: Line,
  session: LiveSession,
  { live, assignments, folder, ...limits }: SourcePlace,
  signal: AbortSignal,
): Promise<boolean> {
  const { sourceUrl } = task;
  if (isLive(sourceUrl)) {
    await session.follow(new UrlSource(sourceUrl, live, limits), signal);
    return true;
  }
  const source = await openToSend(sourceUrl, line, { folder, signal });
  if ("path" in source) {
    const request = { assignments, targetUrls: task.targets.map(({ url }) => url) };
    // All of a file is read for it, so not for what is copied.
    const { asksForCaptions } = planLive(request, source.media, line.engine.capabilities);
    const { path, media } = asksForCaptions ? await withCaptions(source, signal) : source;
    await session.play(path, media, signal);
    return false;
  }
  const { read, place } = source;
  await openLiveEdge(read, line, place, (relayed) => session.follow(relayed, signal));
  return true;
}

const inOrder = (failures: ReadonlyMap<number, TaskError>): readonly TaskError[] =>
  [...failures].sort(([a], [b]) => a - b).map(([, failure]) => failure);
