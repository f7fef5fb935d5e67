import { randomUUID } from "node:crypto";
import { readlink, rm, symlink } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { errnoOf } from "../../lib/errno-of.ts";
import { onceLoaded } from "../../lib/once.ts";
import type { Capabilities } from "../../plan/plan.ts";
import type { Spread } from "../../plan/sliced.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Tail } from "../../probe/tail.ts";
import type { Engine, LiveEngine, ProbeRequest, RunRequest, TailRequest } from "../engine.ts";
import { appliesCrops } from "../ffmpeg/header-reads.ts";
import { Places } from "../ffmpeg/places.ts";
import type { FfmpegRun, RunLimits } from "../ffmpeg/run-step.ts";
import { cpuMsOf } from "../ffmpeg/watchdog.ts";
import { FoundDevice } from "../hardware/hardware-device.ts";
import type { NativeLiveOptions } from "../native-live/native-live.ts";
import { inputBytesOf, ON_DEVICE, probeLimits, stepLimits, UNBOUNDED } from "../process/bounds.ts";
import { endOrphansBelow, noteEncoder } from "../process/orphans.ts";
import { type Exit, runSubprocess } from "../process/subprocess.ts";
import { ExpectedProbes } from "./expected-probes.ts";
import { lateLive } from "./late-live.ts";
import type { HardwareWish } from "./native-hardware.ts";
import type { ProbeOptions } from "./native-probe.ts";
import { rememberAbilities } from "./remembered-capabilities.ts";
import type { StandbyProbe } from "./standby-probe.ts";

// What runs programs is loaded once work begins: creates only ask what they can do.
const probing = onceLoaded(() => import("./native-probe.ts"));
const blaming = onceLoaded(() => import("../ffmpeg/blame-head.ts"));
const running = onceLoaded(() => import("../ffmpeg/run-step.ts"));

/** The options of a native engine; times are limits. */
export type NativeEngineOptions = ProbeOptions &
  RunLimits & {
    /** How the peers of live streams are called; without it there are none. */
    readonly peers?: NativeLiveOptions["peers"];
    /** The name (in PATH) or the path of the program. */
    readonly ffmpeg: string;
    /** How many threads one run may use. */
    readonly threads: number;
    /** How long encodes are cut for several workers; without it none are. */
    readonly spread?: Spread;
    /** How many slices of all long encodes run at once; by default one for every four cores, as the threads of an encoder use no more well. */
    readonly slicesAtOnce?: number;
    /** The file that remembers what the programs can do; without one they are asked at every start. */
    readonly capabilitiesFile?: string;
    /** Whether there is a single task: then no ffprobe stands by for the source of another one. */
    readonly isForOne?: boolean;
    /** Which hardware encoders are looked for; without it none are. */
    readonly hardware?: HardwareWish;
  };

/** How many cores the encoders of a usual set keep busy. */
const CORES_PER_SLICE = 4;
// By then the encoder of a probed task is running, so the next ffprobe does not slow its start.
const STANDBY_DELAY_MS = 200;

/** The engine that runs the machine's ffmpeg and ffprobe, each run in its own process group. */
export class NativeEngine implements Engine {
  readonly name = "native";
  readonly capabilities: Capabilities;
  readonly live?: LiveEngine;
  readonly hardware?: FoundDevice;
  readonly #options: NativeEngineOptions;
  readonly #places: Places;
  #standby: StandbyProbe | undefined;
  #standbyFolder: string | undefined;
  #starting: Promise<void> | undefined;
  readonly #expected = new ExpectedProbes((request) => this.#startExpected(request));

  private constructor(
    options: NativeEngineOptions,
    capabilities: Capabilities,
    hardware: FoundDevice | undefined,
  ) {
    this.#options = { ...options, areCropsRead: !appliesCrops(capabilities) };
    this.capabilities = capabilities;
    const { peers, slicesAtOnce = Math.ceil(availableParallelism() / CORES_PER_SLICE) } = options;
    this.#places = new Places(slicesAtOnce);
    if (hardware) this.hardware = hardware;
    if (peers) this.live = lateLive({ ...options, peers });
  }

  /**
   * Asks both programs what they can do, or remembers it.
   *
   * @throws {TaskError} `encoder_missing`, naming the program that is missing
   */
  static async open(options: NativeEngineOptions): Promise<NativeEngine> {
    const { ffmpeg, ffprobe, threads, capabilitiesFile, outputPixelsMax, spread } = options;
    const ask = async () => (await import("./native-capabilities.ts")).askPrograms(ffmpeg, ffprobe);
    const abilities = capabilitiesFile
      ? await rememberAbilities(capabilitiesFile, [ffmpeg, ffprobe], ask)
      : await ask();
    const more = {
      ...(outputPixelsMax !== undefined && { outputPixelsMax }),
      ...(spread && { spread }),
    };
    const device = options.hardware && (await deviceOf(options, options.hardware, abilities));
    return new NativeEngine(options, { ...abilities, threads, ...more }, device);
  }

  async probe(request: ProbeRequest, signal: AbortSignal): Promise<MediaInfo> {
    signal.throwIfAborted();
    // Both before there is an error, which one of loading would hide.
    const [{ probeFile }, { blameHead, headOf }] = await Promise.all([probing(), blaming()]);
    if (request.side === "output")
      return probeFile(this.#options, request, signal, this.#expected.take(request));
    // What stands by was started for a film.
    if (request.as) return probeFile(this.#options, request, signal);
    const standby = this.#takeStandby();
    try {
      return await probeFile(this.#options, request, signal, standby);
    } catch (error) {
      throw await blameHead(error, headOf(request.path));
    } finally {
      // The next one never starts before this task's encoder.
      if (standby && !this.#options.isForOne)
        setTimeout(() => void this.#replaceStandby(), STANDBY_DELAY_MS).unref();
    }
  }

  readonly expectProbe = (request: ProbeRequest): Promise<() => Promise<void>> =>
    this.#expected.expect(request);

  async readTail(request: TailRequest, signal: AbortSignal): Promise<Tail> {
    signal.throwIfAborted();
    return (await probing()).readFileTail(this.#options, request, signal);
  }

  async run(request: RunRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { runStep } = await running();
    const run = async (part: RunRequest, either: AbortSignal): Promise<void> => {
      const ffmpeg = (own: FfmpegRun, ended: AbortSignal) => this.#encode(part, own, ended);
      await runStep(ffmpeg, this.#options, part, either);
    };
    if (!request.step.sliced) return run(request, signal);
    const { runSliced } = await import("../ffmpeg/run-sliced.ts");
    const inPlace = (part: RunRequest, either: AbortSignal, isLight = false): Promise<void> =>
      isLight ? run(part, either) : this.#places.use(request, either, () => run(part, either));
    await runSliced(inPlace, request, signal);
  }

  async standBy(folder: string | undefined): Promise<void> {
    this.hardware?.begin();
    if (folder !== undefined) {
      this.#standbyFolder = folder;
      await this.#replaceStandby();
    }
    // While that starts. What cannot be loaded now is tried again by whoever needs it.
    await Promise.allSettled([probing(), blaming(), running()]);
  }

  async close(): Promise<void> {
    this.#standbyFolder = undefined;
    await this.hardware?.close();
    await this.#starting;
    await Promise.all([this.#takeStandby()?.end(), this.#expected.close()]);
  }

  #takeStandby(): StandbyProbe | undefined {
    const standby = this.#standby;
    this.#standby = undefined;
    return standby?.isReady ? standby : undefined;
  }

  /** Starts an ffprobe that stands by, unless there is one or it is being started. */
  #replaceStandby(): Promise<void> {
    if (this.#standby?.isReady || this.#standbyFolder === undefined) return Promise.resolve();
    const args = async () => (await import("../ffmpeg/probe-with.ts")).standbyArgs(this.#options);
    const start = async () => {
      this.#standby = await this.#startStandby(args);
    };
    this.#starting ??= start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #startExpected(request: ProbeRequest): Promise<StandbyProbe | undefined> {
    const { expectedArgs } = await import("../ffmpeg/probe-with.ts");
    const args = expectedArgs(this.#options, request);
    return args && this.#startStandby(async () => args, request);
  }

  /** @param output - the probe that it is for; without one it is for the next source. @returns undefined where none can stand by: probes only take longer */
  async #startStandby(
    args: () => Promise<readonly string[]>,
    output?: ProbeRequest,
  ): Promise<StandbyProbe | undefined> {
    const { ffprobe, graceMs, bounds = UNBOUNDED } = this.#options;
    const { confinement, allowance } = bounds;
    // What a sandbox shows is settled when it is made, and the source is not known by then.
    if (confinement.sandbox || this.#standbyFolder === undefined) return undefined;
    const folder = join(this.#standbyFolder, `standby-${randomUUID()}`);
    try {
      const [{ StandbyProbe }, { pixelsMaxOf }] = await Promise.all([
        import("./standby-probe.ts"),
        probing(),
      ]);
      const pixels = pixelsMaxOf(this.#options, output?.side ?? "source");
      const bounds = { limits: probeLimits(allowance, pixels), seen: { writes: [], reads: [] } };
      const within = { confinement, bounds };
      const input = output && { input: output.path };
      return await StandbyProbe.start({ ffprobe, args, graceMs, folder, within, ...input });
    } catch {
      return undefined;
    }
  }

  endOrphans(folder: string): Promise<number> {
    return endOrphansBelow(folder, this.#options.graceMs);
  }

  async #encode(
    { step, folder, inputPath, isServed, further = {} }: RunRequest,
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
      const named = isServed
        ? args.map((arg, at) => (args[at - 1] === "-i" && arg === "input" ? inputPath : arg))
        : await nameInputs(args, folder, { input: inputPath, ...further });
      const onDevice = step.hardware && ON_DEVICE;
      const given = { ...allowance, ...onDevice?.allowance };
      const limits = stepLimits(given, step.load, await inputBytesOf(inputPath, folder));
      const reads = [...(isServed ? [] : [inputPath]), ...Object.values(further)];
      const network = isServed && ({ network: true } as const);
      const seen = { writes: [folder], reads, ...network, ...onDevice?.seen };
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
  try {
    await symlink(path, link);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "NotCapable") return false;
    if (errnoOf(error) !== "EEXIST") throw error;
    // Parts of a step make the same links at once, and one that is there may be read by now.
    if ((await targetOf(link)) === path) return true;
    await rm(link, { force: true });
    return isLinked(link, path);
  }
}

const targetOf = (link: string): Promise<string | undefined> =>
  readlink(link).catch(() => undefined);

/** Loaded only where a device is wanted: what tries encoders out makes their arguments, a third of all that opens the engine. */
async function deviceOf(
  options: NativeEngineOptions,
  wish: HardwareWish,
  { encoders }: Pick<Capabilities, "encoders">,
): Promise<FoundDevice> {
  const { deviceOptions } = await import("./native-hardware.ts");
  return new FoundDevice(deviceOptions(options, wish, encoders));
}
