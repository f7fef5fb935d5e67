import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { joinParts } from "../../plan/join.ts";
import { recordingFolder } from "../../plan/live/plan-live.ts";
import { planTask } from "../../plan/plan-task.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { recordedAs } from "../../profile/container-rules.ts";
import type { Assignment, Rendition } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import { deliverProducts } from "../output/deliver-targets.ts";
import { verifyProducts } from "../output/verify-products.ts";
import { cutToFragments } from "../output/whole-fragments.ts";
import type { Run } from "../run.ts";
import { runLine } from "../runner.ts";

/** Absolute paths of the folders of a live task: `kept` outlives a crash of the service, `folder` is the attempt's own. */
export type RecordingFolders = { readonly kept: string; readonly folder: string };

/** A part of a recording: a file, a list of segments, or the folder of a set with separate streams. */
const PART = /^part-(\d+)(?:\.mp4|\.m3u8)?$/;

async function partsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => PART.test(name)).sort();
}

/** The number of the next part of a task's recordings: parts of earlier runs are kept, also those of another service. */
export async function nextPart(kept: string, assignments: readonly Assignment[]): Promise<number> {
  const lists = await Promise.all(
    assignments.map((_, index) => partsIn(join(kept, recordingFolder(index)))),
  );
  const numbers = lists.flat().map((name) => Number(PART.exec(name)?.[1]));
  return Math.max(-1, ...numbers) + 1;
}

/**
 * Delivers the recordings of a task: joins their parts, copies them into the container of each target, verifies the files and
 * delivers them like all other products.
 *
 * @param wanted - indexes of the file targets that can be written
 * @throws {TaskError} as `processTask`
 */
export async function deliverRecordings(
  run: Run,
  { kept, folder }: RecordingFolders,
  wanted: ReadonlySet<number>,
): Promise<void> {
  const { engine, signal } = run;
  for (const [index, { rendition, targets }] of run.assignments.entries()) {
    // Targets of live sets get their segments while these are made.
    const files = targets.filter(
      (at) => wanted.has(at) && !run.failures.has(at) && run.kindOf(at) === "file",
    );
    if (files.length === 0) continue;
    const parts = join(kept, recordingFolder(index));
    await mkdir(parts, { recursive: true });
    const joined = await joinRecorded(parts, run);
    const own = join(folder, `delivered-${index}`);
    await mkdir(own, { recursive: true });
    const media = await engine.probe({ path: joined, side: "source" }, signal);
    const request = run.planRequest([{ rendition: copyOf(rendition), targets: files }]);
    const plan = planTask(request, media, engine.capabilities);
    const { onPlan, onLog, decide, warn } = run;
    // The progress of the task is that of its stream.
    await runLine({ onPlan, onLog, decide, warn, onProgress: () => {} }, media, {
      // It was encoded while it was recorded, so there is nothing but this copy.
      plan: async () => ({ plan, media }),
      runStep: (step, reports) =>
        engine.run({ step, folder: own, inputPath: joined, ...reports }, signal),
      verify: () => verifyProducts(plan, { folder: own, sourcePath: joined, media }, run),
      deliver: (verified) => deliverProducts(run, verified),
      discard: async () => {},
    });
  }
}

/** The rendition as a copy: a recording is already encoded. */
const copyOf = ({ container, video, audio }: Rendition): Rendition => ({
  container: recordedAs(container),
  video: video === "none" ? "none" : "copy",
  audio: audio === "none" ? "none" : "copy",
});

const videoOf = ({ video }: MediaInfo): string =>
  video ? `${video.codec} ${video.width}x${video.height}` : "";
const audioOf = ({ audio }: MediaInfo): string =>
  audio ? [audio.codec, audio.samplerateHz, audio.channels].join(" ") : "";

/** Such as `h264 160x120 and aac 48000 2`; empty if there is neither video nor audio. */
const streamsOf = (media: MediaInfo): string =>
  [videoOf(media), audioOf(media)].filter(Boolean).join(" and ");

/** Whether parts can be joined. Audio may be missing in some of them: players play what there is. */
const isAlike = (first: MediaInfo, next: MediaInfo): boolean =>
  videoOf(first) === videoOf(next) &&
  (!first.audio || !next.audio || audioOf(first) === audioOf(next));

/**
 * Joins all parts into one file. Parts that a crash has cut off are read up to their last whole fragment.
 *
 * @throws {TaskError} `output_not_supported` if the source was copied and its streams have changed between parts
 */
async function joinRecorded(folder: string, { engine, signal, onLog }: Run): Promise<string> {
  const whole: string[] = [];
  let first: MediaInfo | undefined;
  for (const name of await partsIn(folder)) {
    const path = join(folder, name);
    // The part was begun, but nothing was written to it.
    if (!(await cutToFragments(path, signal))) continue;
    const media = await engine.probe({ path, side: "output" }, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (!media || streamsOf(media) === "") continue;
    first ??= media;
    // A player would decode the next part like the first one, and play noise.
    if (!isAlike(first, media))
      throw new TaskError(
        "output_not_supported",
        `Cannot join the recording: ${streamsOf(first)} became ${streamsOf(media)} on the way, and it was copied`,
      );
    whole.push(name);
  }
  const inputPath = join(folder, "input");
  const { step, text } = joinParts(whole, "input", "joined.mp4");
  await writeFile(inputPath, text);
  await engine.run({ step, folder, inputPath, isOurs: true, onProgress: () => {}, onLog }, signal);
  return join(folder, "joined.mp4");
}
