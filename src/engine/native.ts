import { mkdir, rm, statfs, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { maskCredentials } from "../lib/mask.ts";
import type { Capabilities } from "../plan/plan.ts";
import type { MediaInfo } from "../probe/media.ts";
import { TaskError } from "../task/errors.ts";
import type { Engine, ProbeRequest, RunRequest } from "./engine.ts";
import { judgeExit } from "./judge-stderr.ts";
import { readCapabilities } from "./native-capabilities.ts";
import { type ProbeOptions, probeFile, sourceGuards } from "./native-probe.ts";
import { endOrphansBelow, noteEncoder } from "./orphans.ts";
import { createProgressReader } from "./progress.ts";
import { type Exit, runSubprocess } from "./subprocess.ts";
import { watch } from "./watchdog.ts";

/** What a native engine is made of; times are limits. */
export type NativeEngineOptions = ProbeOptions & {
  /** Name in PATH, or path, of the program. */
  readonly ffmpeg: string;
  /** A run that makes no progress for so long is ended. */
  readonly stallTimeoutMs: number;
  /** Threads one run may use. */
  readonly threads: number;
};

// The share of frames that may fail to decode: one flaw is concealed, a broken file is refused.
const ERROR_RATE_MAX = 0.01;
// Seconds between two reports of progress.
const REPORT_PERIOD = 0.5;
// Below this a disk counts as full: HLS segments that do not fit are lost without a word and with exit code 0.
const DISK_BYTES_MIN = 64 * 1024;

const scratchFull = (cause?: unknown): TaskError =>
  new TaskError("scratch_full", "Cannot write the output: the scratch disk is full", { cause });

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");

/** The engine that runs the ffmpeg and ffprobe of the machine, each run in a process group of its own. */
export class NativeEngine implements Engine {
  readonly name = "native";
  readonly capabilities: Capabilities;
  readonly #options: NativeEngineOptions;

  private constructor(options: NativeEngineOptions, capabilities: Capabilities) {
    this.#options = options;
    this.capabilities = capabilities;
  }

  /**
   * Asks both programs what they can do.
   *
   * @throws {TaskError} `encoder_missing`, naming the program that is missing
   */
  static async open(options: NativeEngineOptions): Promise<NativeEngine> {
    const { ffmpeg, ffprobe, threads } = options;
    return new NativeEngine(options, await readCapabilities(ffmpeg, ffprobe, threads));
  }

  probe(request: ProbeRequest, signal: AbortSignal): Promise<MediaInfo> {
    return probeFile(this.#options, request, signal);
  }

  async run(request: RunRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    try {
      await prepare(request);
      const error = judgeExit(await this.#encode(request, signal));
      const isUnclear = !error || error.code === "unknown" || error.code === "internal";
      if (isUnclear && (await isFull(request.folder))) throw scratchFull(error);
      if (error) throw error;
    } catch (error) {
      throw isDiskFull(error) ? scratchFull(error) : error;
    }
  }

  endOrphans(folder: string): Promise<number> {
    return endOrphansBelow(folder, this.#options.graceMs);
  }

  async #encode(request: RunRequest, signal: AbortSignal): Promise<Exit> {
    const { ffmpeg, graceMs, maxPixels, stallTimeoutMs } = this.#options;
    const { step, folder, onProgress, onLog } = request;
    const stalled = new AbortController();
    let forget = () => {};
    let dog: ReturnType<typeof watch> | undefined;
    let position = "";
    const readProgress = createProgressReader(({ sizeBytes, isEnd, ...progress }) => {
      const now = `${progress.outTimeSeconds} ${progress.frames} ${sizeBytes} ${isEnd}`;
      if (now !== position) dog?.moved();
      position = now;
      onProgress(progress);
    });
    const onSpawn = (pid: number) => {
      forget = noteEncoder(folder, pid);
      const writes = step.writes.map((name) => join(folder, name));
      const onStall = () =>
        stalled.abort(
          new TaskError(
            "encoder_stalled",
            `Cannot encode: no progress for ${stallTimeoutMs / 1000} s`,
          ),
        );
      dog = watch({ pid, writes, stallTimeoutMs, onStall });
    };
    try {
      return await runSubprocess(
        {
          command: ffmpeg,
          args: [...generalArgs(), ...sourceGuards(maxPixels), ...step.args],
          cwd: folder,
          graceMs,
          onSpawn,
          onStdout: readProgress,
          onStderrLine: (line) => onLog(maskCredentials(line)),
        },
        AbortSignal.any([signal, stalled.signal]),
      );
    } finally {
      dog?.end();
      forget();
    }
  }
}

const generalArgs = (): readonly string[] => [
  ...["-hide_banner", "-nostdin", "-nostats", "-y", "-v", "error"],
  ...["-progress", "pipe:1", "-stats_period", String(REPORT_PERIOD)],
  ...["-max_error_rate", String(ERROR_RATE_MAX), "-abort_on", "empty_output"],
];

/** Makes the folders of what is written, and the name `input`. */
async function prepare({ step, folder, inputPath }: RunRequest): Promise<void> {
  for (const name of step.writes) await mkdir(dirname(join(folder, name)), { recursive: true });
  const link = join(folder, "input");
  if (link === inputPath) return;
  await rm(link, { force: true });
  await symlink(inputPath, link);
}

async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < DISK_BYTES_MIN;
}
