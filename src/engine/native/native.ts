import { randomUUID } from "node:crypto";
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Capabilities } from "../../plan/plan.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Tail } from "../../probe/tail.ts";
import type { Engine, LiveEngine, ProbeRequest, RunRequest, TailRequest } from "../engine.ts";
import { blameHead, headOf } from "../ffmpeg/blame-head.ts";
import { appliesCrops } from "../ffmpeg/header-reads.ts";
import { standbyArgs } from "../ffmpeg/probe-with.ts";
import { type FfmpegRun, type RunLimits, runStep } from "../ffmpeg/run-step.ts";
import { cpuMsOf } from "../ffmpeg/watchdog.ts";
import { FoundDevice } from "../hardware/hardware-device.ts";
import type { NativeLiveOptions } from "../native-live/native-live.ts";
import { inputBytesOf, probeLimits, stepLimits, UNBOUNDED } from "../process/bounds.ts";
import { endOrphansBelow, noteEncoder } from "../process/orphans.ts";
import { type Exit, runSubprocess } from "../process/subprocess.ts";
import { lateLive } from "./late-live.ts";
import { askPrograms } from "./native-capabilities.ts";
import { deviceOptions, type HardwareWish, ON_DEVICE } from "./native-hardware.ts";
import { type ProbeOptions, probeFile, readFileTail } from "./native-probe.ts";
import { rememberAbilities } from "./remembered-capabilities.ts";
import { StandbyProbe } from "./standby-probe.ts";

/** The options of a native engine; times are limits. */
export type NativeEngineOptions = ProbeOptions &
  RunLimits & {
    /** How the peers of live streams are called; without it there are none. */
    readonly peers?: NativeLiveOptions["peers"];
    /** The name (in PATH) or the path of the program. */
    readonly ffmpeg: string;
    /** How many threads one run may use. */
    readonly threads: number;
    /** The file that remembers what the programs can do; without one they are asked at every start. */
    readonly capabilitiesFile?: string;
    /** Which hardware encoders are looked for; without it none are. */
    readonly hardware?: HardwareWish;
  };

// By then the encoder of a probed task is running, so the next ffprobe does not slow its start.
const STANDBY_DELAY_MS = 200;

/** The engine that runs the machine's ffmpeg and ffprobe, each run in its own process group. */
export class NativeEngine implements Engine {
  readonly name = "native";
  readonly capabilities: Capabilities;
  readonly live?: LiveEngine;
  readonly hardware?: FoundDevice;
  readonly #options: NativeEngineOptions;
  #standby: StandbyProbe | undefined;
  #standbyFolder: string | undefined;
  #starting: Promise<void> | undefined;

  private constructor(options: NativeEngineOptions, capabilities: Capabilities) {
    this.#options = { ...options, areCropsRead: !appliesCrops(capabilities) };
    this.capabilities = capabilities;
    const { peers, hardware } = options;
    if (hardware)
      this.hardware = new FoundDevice(deviceOptions(options, hardware, capabilities.encoders));
    if (peers) this.live = lateLive({ ...options, peers });
  }

  /**
   * Asks both programs what they can do, or remembers it.
   *
   * @throws {TaskError} `encoder_missing`, naming the program that is missing
   */
  static async open(options: NativeEngineOptions): Promise<NativeEngine> {
    const { ffmpeg, ffprobe, threads, capabilitiesFile, outputPixelsMax } = options;
    const ask = () => askPrograms(ffmpeg, ffprobe);
    const abilities = capabilitiesFile
      ? await rememberAbilities(capabilitiesFile, [ffmpeg, ffprobe], ask)
      : await ask();
    const most = outputPixelsMax !== undefined && { outputPixelsMax };
    return new NativeEngine(options, { ...abilities, threads, ...most });
  }

  async probe(request: ProbeRequest, signal: AbortSignal): Promise<MediaInfo> {
    signal.throwIfAborted();
    // What stands by was started for a film.
    if (request.side === "output" || request.as) return probeFile(this.#options, request, signal);
    const standby = this.#takeStandby();
    try {
      return await probeFile(this.#options, request, signal, standby);
    } catch (error) {
      throw await blameHead(error, headOf(request.path));
    } finally {
      // The next one never starts before this task's encoder.
      if (standby) setTimeout(() => void this.#replaceStandby(), STANDBY_DELAY_MS).unref();
    }
  }

  async readTail(request: TailRequest, signal: AbortSignal): Promise<Tail> {
    signal.throwIfAborted();
    return readFileTail(this.#options, request, signal);
  }

  async run(request: RunRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const ffmpeg = (run: FfmpegRun, either: AbortSignal) => this.#encode(request, run, either);
    await runStep(ffmpeg, this.#options, request, signal);
  }

  async standBy(folder: string | undefined): Promise<void> {
    this.hardware?.begin();
    if (folder === undefined) return;
    this.#standbyFolder = folder;
    await this.#replaceStandby();
  }

  async close(): Promise<void> {
    this.#standbyFolder = undefined;
    await this.hardware?.close();
    await this.#starting;
    await this.#takeStandby()?.end();
  }

  #takeStandby(): StandbyProbe | undefined {
    const standby = this.#standby;
    this.#standby = undefined;
    return standby?.isReady ? standby : undefined;
  }

  /** Starts an ffprobe that stands by, unless there is one or it is being started. */
  #replaceStandby(): Promise<void> {
    if (this.#standby?.isReady || this.#standbyFolder === undefined) return Promise.resolve();
    this.#starting ??= this.#startStandby(this.#standbyFolder).finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #startStandby(parent: string): Promise<void> {
    const { ffprobe, graceMs } = this.#options;
    const { bounds = UNBOUNDED, maxPixels } = this.#options;
    const { confinement, allowance } = bounds;
    // What a sandbox shows is settled when it is made, and the source is not known by then.
    if (confinement.sandbox) return;
    const seen = { writes: [], reads: [] };
    const within = { confinement, bounds: { limits: probeLimits(allowance, maxPixels), seen } };
    const folder = join(parent, `standby-${randomUUID()}`);
    const args = standbyArgs(this.#options);
    // Without it probes only take longer.
    this.#standby = await StandbyProbe.start({ ffprobe, args, graceMs, folder, within }).catch(
      () => undefined,
    );
  }

  endOrphans(folder: string): Promise<number> {
    return endOrphansBelow(folder, this.#options.graceMs);
  }

  async #encode(
    { step, folder, inputPath, further = {} }: RunRequest,
    { args, onStart, onStdout, onStderrLine }: FfmpegRun,
    signal: AbortSignal,
  ): Promise<Exit> {
    const { ffmpeg, graceMs, bounds = UNBOUNDED } = this.#options;
    const { confinement, allowance } = bounds;
    let forget = () => {};
    const onSpawn = (pid: number) => {
      forget = noteEncoder(folder, pid);
      onStart(() => cpuMsOf(pid));
    };
    try {
      const named = await nameInputs(args, folder, { input: inputPath, ...further });
      const onDevice = step.hardware && ON_DEVICE;
      const given = { ...allowance, ...onDevice?.allowance };
      const limits = stepLimits(given, step.load, await inputBytesOf(inputPath, folder));
      const reads = [inputPath, ...Object.values(further)];
      const seen = { writes: [folder], reads, ...onDevice?.seen };
      const within = { confinement, bounds: { limits, seen } };
      const program = { command: ffmpeg, args: named, cwd: folder, graceMs, within };
      return await runSubprocess({ ...program, onSpawn, onStdout, onStderrLine }, signal);
    } finally {
      forget();
    }
  }
}

/**
 * Makes links with the names that a step has for what it reads. Deno makes no links if reading or writing is limited to some folders;
 * then the arguments contain the paths.
 */
async function nameInputs(
  args: readonly string[],
  folder: string,
  inputs: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const unlinked = new Map<string, string>();
  for (const [name, path] of Object.entries(inputs))
    if (!(await isLinked(join(folder, name), path))) unlinked.set(name, path);
  return args.map((arg, at) => {
    const path = args[at - 1] === "-i" ? unlinked.get(arg) : undefined;
    return path === undefined ? arg : `file:${path}`;
  });
}

/** Makes a link. @returns whether it is there: false where the runtime makes none */
async function isLinked(link: string, path: string): Promise<boolean> {
  if (link === path) return true;
  await rm(link, { force: true });
  try {
    await symlink(path, link);
    return true;
  } catch (error) {
    if (!(error instanceof Error && error.name === "NotCapable")) throw error;
    return false;
  }
}
