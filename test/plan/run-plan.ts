import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { ProbeRequest } from "../../src/engine/engine.ts";
import { appliesCrops } from "../../src/engine/ffmpeg/header-reads.ts";
import { type EncoderExit, judgeExit } from "../../src/engine/ffmpeg/judge-stderr.ts";
import { probeFile } from "../../src/engine/native/native-probe.ts";
import { type FurtherFile, furtherFileAt } from "../../src/plan/further.ts";
import type { Capabilities, Expectation, Plan } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import { judgeOutput } from "../../src/plan/verify/verify.ts";
import { pictureDemuxerOf } from "../../src/probe/bytes/picture-head.ts";
import type { MediaInfo, VideoStream } from "../../src/probe/media.ts";
import type { AdaptiveSet, Rendition, VideoEncode } from "../../src/profile/profile.ts";
import type { Clip } from "../../src/task/task.ts";
import { withCaptions } from "../../src/worker/source/source-captions.ts";
import { ffmpeg, tempFolder } from "../fixtures/clips.ts";
import { knownAbilities } from "../fixtures/known-programs.ts";
import { aCustomVideo, aVideo } from "./builders.ts";

/** Of one test that runs ffmpeg, on a loaded machine. */
export const TIMEOUT_MS = 120_000;

const run = promisify(execFile);
let known: Promise<Capabilities> | undefined;

/** What came of a plan: the probed source, the work folder, and the probe of each product. */
export type Made = {
  readonly source: MediaInfo;
  readonly plan: Plan;
  readonly folder: string;
  readonly outputs: readonly MediaInfo[];
};

/** What the machine's ffmpeg can do. */
export function capabilitiesHere(): Promise<Capabilities> {
  known ??= knownAbilities().then((told) => ({ ...told, threads: 2 }));
  return known;
}

const NEVER = new AbortController().signal;
const LIMITS = { ffprobe: "ffprobe", maxPixels: 36e6, probeTimeoutMs: 60_000, graceMs: 100 };

/** Probes a real file as the engine does, by default with all packets counted. */
export const probe = (
  path: string,
  side: "source" | "output",
  packets = true,
  isFrameRead = false,
): Promise<MediaInfo> =>
  probeAsked({ path, side, packets, ...(isFrameRead && { firstFrame: true }) });

/** Probes a real file as the engine does. */
export async function probeAsked(request: ProbeRequest): Promise<MediaInfo> {
  const options = { ...LIMITS, areCropsRead: !appliesCrops(await capabilitiesHere()) };
  return probeFile(options, request, NEVER);
}

/** A run that takes longer stands still: they take a second or two. */
const STALL_MS = 60_000;

/** Runs a step, and judges as the engine does how it ended. */
export async function runStep(args: readonly string[], cwd: string): Promise<void> {
  const limits = { timeout: STALL_MS, killSignal: "SIGKILL" } as const;
  try {
    await run("ffmpeg", ["-nostdin", "-hide_banner", "-v", "error", ...args], { cwd, ...limits });
  } catch (error) {
    throw judgeExit(error as EncoderExit) ?? error;
  }
}

/** Plans for a real file, with pictures to be laid over it, and runs the steps as they stand with the machine's ffmpeg. */
async function runPlan(
  path: string,
  renditions: readonly Rendition[],
  clip?: Clip,
  pictures: readonly string[] = [],
  set?: AdaptiveSet,
): Promise<Made> {
  const assignments = renditions.map((rendition, index) => ({
    ...{ rendition, targets: [index] },
    ...(set && index === 0 && { set }),
  }));
  const capabilities = await capabilitiesHere();
  const further = await Promise.all(pictures.map(pictureAt));
  const planFor = (media: MediaInfo) =>
    planTask({ assignments, tag: "t1", further, ...(clip && { clip }) }, media, capabilities);
  const media = await probe(path, "source");
  const isAsked = planFor(media).asksForCaptions === true;
  const source = isAsked ? (await withCaptions({ path, media }, NEVER)).media : media;
  const plan = planFor(source);
  const folder = tempFolder();
  symlinkSync(path, join(folder, "input"));
  for (const { url, file } of further) symlinkSync(url, join(folder, file));
  for (const { args, writes } of plan.steps) {
    for (const name of writes) mkdirSync(dirname(join(folder, name)), { recursive: true });
    await runStep(args, folder);
  }
  const outputs: MediaInfo[] = [];
  for (const { entry, expect, segments, set: made } of plan.products)
    outputs.push(
      // The playlist of all of an adaptive set is made later.
      await probe(
        join(folder, made ? `${segments}/media_0.m3u8` : entry),
        "output",
        true,
        expect.video?.colour !== undefined,
      ),
    );
  return { source, plan, folder, outputs };
}

/** A picture that is read beside the source; its path is its address. */
async function pictureAt(url: string, at: number): Promise<FurtherFile> {
  const as = [pictureDemuxerOf(readFileSync(url)) ?? ""];
  const options = { ...LIMITS, areCropsRead: false };
  const media = await probeFile(options, { path: url, side: "source", as }, NEVER);
  return { kind: "picture", name: "the watermark", url, file: furtherFileAt(at), media };
}

/** As `runPlan`, and judges each output as the worker does. */
export async function runAndJudge(
  path: string,
  renditions: readonly Rendition[],
  clip?: Clip,
  pictures: readonly string[] = [],
  set?: AdaptiveSet,
): Promise<Made> {
  const made = await runPlan(path, renditions, clip, pictures, set);
  made.outputs.forEach((output, index) => {
    if (made.plan.products[index]?.set) return;
    judgeOutput(made.plan.products[index]?.expect as Expectation, output, made.source);
  });
  return made;
}

/** What ffmpeg (or ffprobe) writes to its standard output. */
export async function outputOf(
  program: "ffmpeg" | "ffprobe",
  args: readonly string[],
): Promise<Buffer> {
  const options = { encoding: "buffer", maxBuffer: 64 << 20 } as const;
  return (await run(program, ["-hide_banner", "-v", "error", ...args], options)).stdout;
}

/** Makes a file with ffmpeg in a folder of its own. */
export async function madeBy(name: string, args: readonly string[]): Promise<string> {
  const path = join(tempFolder(), name);
  await ffmpeg([...args, path]);
  return path;
}

/** A system profile's video, small and fast, so that even slow encoders take no time. */
export const video = (fields: Partial<VideoEncode> = {}): VideoEncode =>
  aVideo({ width: 160, height: 90, bitrateBps: 100_000, effort: "highPerformance", ...fields });

/** A custom profile's video, fast. */
export const custom = (fields: Partial<VideoEncode> = {}): VideoEncode =>
  aCustomVideo({ bitrateBps: 200_000, effort: "highPerformance", ...fields });
/** An mp4 of video alone. */
export const mp4 = (encode: Rendition["video"]): Rendition => ({
  container: "mp4",
  video: encode,
  audio: "none",
});

/** The probed videos that encodes of a file come to. */
export const videoOf = async (path: string, ...encodes: VideoEncode[]): Promise<VideoStream[]> => {
  const { outputs } = await runAndJudge(path, encodes.map(mp4));
  return outputs.map((output) => output.video as VideoStream);
};
