import { mkdir, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDiskFull } from "../../lib/errno-of.ts";
import { maskSecrets } from "../../lib/mask.ts";
import { TaskError } from "../../task/errors.ts";
import type { RunRequest } from "../engine.ts";
import type { Exit } from "../process/subprocess.ts";
import { createDamageReader } from "./damage-reader.ts";
import { judgeExit } from "./judge-stderr.ts";
import { sourceGuards } from "./probing.ts";
import { createProgressReader } from "./progress.ts";
import { createRunLog, RUN_LOG_LEVEL } from "./run-log.ts";
import { watch } from "./watchdog.ts";

/** The limits of a run, for any engine. */
export type RunLimits = {
  /** The largest frame of the source, width times height. */
  readonly maxPixels: number;
  /** A run without progress for so long is ended. */
  readonly stallTimeoutMs: number;
  /** As in `Capabilities`. */
  readonly outputPixelsMax?: number;
};

/** A step to run, or a part of one. */
export type StepRequest = RunRequest;

/** What an engine's ffmpeg is given. */
export type FfmpegRun = {
  readonly args: readonly string[];
  /** Called when it has started, with the function that measures its work (`WatchOptions`). */
  readonly onStart: (work: () => number) => void;
  readonly onStdout: (chunk: string) => void;
  readonly onStderrLine: (line: string) => void;
};

/** An engine's ffmpeg, run to its end in the request's work folder. */
export type Ffmpeg = (run: FfmpegRun, signal: AbortSignal) => Promise<Exit>;

// The share of frames that may fail to decode: all, as versions of ffmpeg count differently. The loss is measured
// afterwards (`judgeDamage`).
const ERROR_RATE_MAX = 1;
// Seconds between two reports of progress.
const REPORT_PERIOD = 0.5;
// With less silence in the audio, the source is not examined.
const FILLED_SECONDS_MAX = 0.25;
// Below this a disk counts as full: HLS segments that do not fit are lost without a message and with exit code 0.
const DISK_BYTES_MIN = 64 * 1024;

const scratchFull = (cause?: unknown): TaskError =>
  new TaskError("scratch_full", "Cannot write the output: the scratch disk is full", { cause });

/**
 * Runs a step with the ffmpeg of any engine: makes the folders that it writes to, follows its progress, ends it if it stalls, and
 * judges how it ended. It throws like `Engine.run`.
 */
export async function runStep(
  ffmpeg: Ffmpeg,
  limits: RunLimits,
  request: StepRequest,
  signal: AbortSignal,
): Promise<void> {
  const { step, folder } = request;
  try {
    for (const name of step.writes) await mkdir(dirname(join(folder, name)), { recursive: true });
    const paths = step.writes.map((name) => join(folder, name));
    const error = judgeExit(await follow(ffmpeg, limits, { ...request, paths }, signal));
    const isUnclear = !error || error.code === "unknown" || error.code === "internal";
    if (isUnclear && (await isFull(folder))) throw scratchFull(error);
    if (error) throw error;
  } catch (error) {
    throw isDiskFull(error) ? scratchFull(error) : error;
  }
}

/** A run that is followed. */
type Followed = Pick<
  RunRequest,
  "step" | "onProgress" | "onLog" | "onDamage" | "isOurs" | "isServed"
> & {
  /** Absolute paths of the files that it writes; none if it writes streams. */
  readonly paths: readonly string[];
  /** What it reads beside its source, by its names. */
  readonly further?: Readonly<Record<string, unknown>>;
};

/**
 * Runs ffmpeg for a step with the options that every run has, reports its progress, and ends it if it stalls. How it ended is
 * not judged.
 *
 * @throws {TaskError} `encoder_stalled`
 */
export async function follow(
  ffmpeg: Ffmpeg,
  { maxPixels, stallTimeoutMs }: RunLimits,
  { step, paths, further, isOurs, isServed, onProgress, onLog, onDamage }: Followed,
  signal: AbortSignal,
): Promise<Exit> {
  const stalled = new AbortController();
  let dog: ReturnType<typeof watch> | undefined;
  let position = "";
  const onStdout = createProgressReader(({ sizeBytes, isEnd, droppedFrames: _, ...progress }) => {
    const now = `${progress.outTimeSeconds} ${progress.frames} ${sizeBytes} ${isEnd}`;
    if (now !== position) dog?.moved();
    position = now;
    onProgress(progress);
  });
  const onStall = () => {
    const why = `Cannot encode: no progress for ${stallTimeoutMs / 1000} s`;
    stalled.abort(new TaskError("encoder_stalled", why));
  };
  const onStart = (work: () => number) => {
    dog = watch({ work, writes: paths, stallTimeoutMs, onStall });
  };
  const reader = createDamageReader();
  const log = createRunLog(reader.read, (line) => onLog(maskSecrets(line)));
  const guards = isOurs ? [] : sourceGuards(maxPixels, undefined, isServed ? "http,tcp" : "file");
  const inputs = further ? guardedFurther(step.args, further, maxPixels) : step.args;
  const args = [...generalArgs(step.name), ...guards, ...inputs];
  try {
    const either = AbortSignal.any([signal, stalled.signal]);
    const exit = await ffmpeg({ args, onStart, onStdout, onStderrLine: log.read }, either);
    const damage = { ...reader.damage(), isFilled: log.silentSeconds() > FILLED_SECONDS_MAX };
    if ((damage.isTold || damage.isFilled) && !isOurs) onDamage?.(damage);
    return { ...exit, stderr: log.complaints() };
  } finally {
    dog?.end();
  }
}

/** Limits the pictures of each input beside the source: options of an input hold for that one alone. */
const guardedFurther = (
  args: readonly string[],
  further: Readonly<Record<string, unknown>>,
  maxPixels: number,
): readonly string[] =>
  args.flatMap((arg, at) => {
    const name = args[at + 1];
    const isInput = arg === "-i" && name !== undefined && Object.hasOwn(further, name);
    return isInput ? ["-max_pixels", String(maxPixels), arg] : [arg];
  });

const generalArgs = (step: RunRequest["step"]["name"]): readonly string[] => [
  ...["-hide_banner", "-nostdin", "-nostats", "-y", "-v", RUN_LOG_LEVEL],
  ...["-progress", "pipe:1", "-stats_period", String(REPORT_PERIOD)],
  ...["-max_error_rate", String(ERROR_RATE_MAX)],
  // The first pass of libvpx makes statistics but no packets, which ffmpeg reports as an empty output. Nobody may say anything.
  ...(step === "first pass" || step === "subtitles" ? [] : ["-abort_on", "empty_output"]),
];

/** Whether the disk is full, as far as it can be found out: Deno needs a separate permission for it. */
async function isFull(folder: string): Promise<boolean> {
  const disk = await statfs(folder).catch(() => undefined);
  return disk !== undefined && disk.bavail * disk.bsize < DISK_BYTES_MIN;
}
