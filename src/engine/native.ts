import { randomUUID } from "node:crypto";
import { mkdir, rm, statfs, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { maskCredentials } from "../lib/mask.ts";
import type { Capabilities } from "../plan/plan.ts";
import type { MediaInfo } from "../probe/media.ts";
import { TaskError } from "../task/errors.ts";
import type { Engine, ProbeRequest, RunRequest } from "./engine.ts";
import { judgeExit } from "./judge-stderr.ts";
import { readCapabilities } from "./native-capabilities.ts";
import { type ProbeOptions, probeFile, sourceGuards, standbyArgs } from "./native-probe.ts";
import { endOrphansBelow, noteEncoder } from "./orphans.ts";
import { createProgressReader } from "./progress.ts";
import { StandbyProbe } from "./standby-probe.ts";
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

// By then a task that was probed has its encoder running; the next ffprobe shall not compete with its start.
const STANDBY_DELAY_MS = 200;

const scratchFull = (cause?: unknown): TaskError =>
  new TaskError("scratch_full", "Cannot write the output: the scratch disk is full", { cause });

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");

/** The engine that runs the ffmpeg and ffprobe of the machine, each run in a process group of its own. */
export class NativeEngine implements Engine {
  readonly name = "native";
  readonly capabilities: Capabilities;
  readonly #options: NativeEngineOptions;
  #standby: StandbyProbe | undefined;
  #standbyFolder: string | undefined;
  #starting: Promise<void> | undefined;

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

  async probe(request: ProbeRequest, signal: AbortSignal): Promise<MediaInfo> {
    signal.throwIfAborted();
    if (request.side === "output") return probeFile(this.#options, request, signal);
    const standby = this.#takeStandby();
    try {
      return await probeFile(this.#options, request, signal, standby);
    } finally {
      // The next one starts when this task's encoder does, or later: never before it.
      if (standby) setTimeout(() => void this.#replaceStandby(), STANDBY_DELAY_MS).unref();
    }
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

  async standBy(folder: string): Promise<void> {
    this.#standbyFolder = folder;
    await this.#replaceStandby();
  }

  async close(): Promise<void> {
    this.#standbyFolder = undefined;
    await this.#starting;
    await this.#takeStandby()?.end();
  }

  #takeStandby(): StandbyProbe | undefined {
    const standby = this.#standby;
    this.#standby = undefined;
    return standby?.isReady ? standby : undefined;
  }

  /** Starts a ffprobe to stand by, unless one does, or is about to. */
  #replaceStandby(): Promise<void> {
    if (this.#standby?.isReady || this.#standbyFolder === undefined) return Promise.resolve();
    this.#starting ??= this.#startStandby(this.#standbyFolder).finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #startStandby(parent: string): Promise<void> {
    const { ffprobe, graceMs } = this.#options;
    const folder = join(parent, `standby-${randomUUID()}`);
    const args = standbyArgs(this.#options);
    // Without it probes take longer, and nothing else is different.
    this.#standby = await StandbyProbe.start({ ffprobe, args, graceMs, folder }).catch(
      () => undefined,
    );
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
