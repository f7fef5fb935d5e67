import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isLive } from "../../plan/live/live-protocols.ts";
import { isLiveSet, recordingFolder } from "../../plan/live/plan-live.ts";
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

/** Where a live task records: `kept` outlives a crash of the service, `folder` is the attempt's own. Absolute paths. */
export type RecordingFolders = { readonly kept: string; readonly folder: string };

/** A file, the list of a set's segments, or the folder of a set whose streams are apart. */
const PART = /^part-(\d+)(?:\.mp4|\.m3u8)?$/;

async function partsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => PART.test(name)).sort();
}

/** The number that the next run of a task's recordings has: those of earlier runs, also of another service, are kept. */
export async function nextPart(kept: string, assignments: readonly Assignment[]): Promise<number> {
  const lists = await Promise.all(
    assignments.map((_, index) => partsIn(join(kept, recordingFolder(index)))),
  );
  const numbers = lists.flat().map((name) => Number(PART.exec(name)?.[1]));
  return Math.max(-1, ...numbers) + 1;
}

/**
 * Makes the files of a task's recordings and delivers them: the parts are joined, then copied into what each target asks
 * for, verified, and delivered as every other product.
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
    // Those have got their segments while these were made.
    if (isLiveSet(rendition)) continue;
    const files = targets.filter(
      (at) => wanted.has(at) && !run.failures.has(at) && !isLive(run.targetUrl(at)),
    );
    if (files.length === 0) continue;
    const parts = join(kept, recordingFolder(index));
    await mkdir(parts, { recursive: true });
    const joined = await joinParts(parts, run);
    const own = join(folder, `delivered-${index}`);
    await mkdir(own, { recursive: true });
    const media = await engine.probe({ path: joined, side: "source" }, signal);
    const request = run.planRequest([{ rendition: copyOf(rendition), targets: files }]);
    const plan = planTask(request, media, engine.capabilities);
    const { onPlan, onLog, warn } = run;
    // The task's progress is that of its stream.
    await runLine({ onPlan, onLog, warn, onProgress: () => {} }, media, {
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

/** It was encoded while it was recorded. */
const copyOf = ({ container, video, audio }: Rendition): Rendition => ({
  container: recordedAs(container),
  video: video === "none" ? "none" : "copy",
  audio: audio === "none" ? "none" : "copy",
});

const pictureOf = ({ video }: MediaInfo): string =>
  video ? `${video.codec} ${video.width}x${video.height}` : "";
const soundOf = ({ audio }: MediaInfo): string =>
  audio ? [audio.codec, audio.samplerateHz, audio.channels].join(" ") : "";

/** `h264 160x120 and aac 48000 2`; nothing where there is neither picture nor sound. */
const streamsOf = (media: MediaInfo): string =>
  [pictureOf(media), soundOf(media)].filter(Boolean).join(" and ");

/** Sound that came late, or went, is no other sound: what there is of it can be played. */
const isAlike = (first: MediaInfo, next: MediaInfo): boolean =>
  pictureOf(first) === pictureOf(next) &&
  (!first.audio || !next.audio || soundOf(first) === soundOf(next));

/**
 * One file of all parts, also of those that a crash cut off: they are read up to their last whole fragment.
 *
 * @throws {TaskError} `output_not_supported` where copies of a source that changed its streams would follow each other
 */
async function joinParts(folder: string, { engine, signal, onLog }: Run): Promise<string> {
  const whole: string[] = [];
  let first: MediaInfo | undefined;
  for (const name of await partsIn(folder)) {
    const path = join(folder, name);
    // One that was begun and got nothing.
    if (!(await cutToFragments(path, signal))) continue;
    const media = await engine.probe({ path, side: "output" }, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (!media || streamsOf(media) === "") continue;
    first ??= media;
    // A player would take what follows for more of the same, and play noise.
    if (!isAlike(first, media))
      throw new TaskError(
        "output_not_supported",
        `Cannot join the recording: ${streamsOf(first)} became ${streamsOf(media)} on the way, and it was copied`,
      );
    whole.push(name);
  }
  const inputPath = join(folder, "input");
  await writeFile(inputPath, whole.map((name) => `file '${name}'\n`).join(""));
  const step = {
    name: "copy",
    args: ["-f", "concat", "-i", "input", "-map", "0", "-c", "copy", "-f", "mp4", "joined.mp4"],
    writes: ["joined.mp4"],
    share: 1,
  } as const;
  await engine.run({ step, folder, inputPath, isOurs: true, onProgress: () => {}, onLog }, signal);
  return join(folder, "joined.mp4");
}
