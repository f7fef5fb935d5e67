import { availableParallelism } from "node:os";
import type { Capabilities } from "../../plan/plan.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Tail } from "../../probe/tail.ts";
import { TaskError } from "../../task/errors.ts";
import type { Engine, ProbeRequest, RunRequest, TailRequest } from "../engine.ts";
import { blameHead, headOf } from "../ffmpeg/blame-head.ts";
import { parseCapabilities, QUESTIONS } from "../ffmpeg/capability-lists.ts";
import { appliesCrops, openFile } from "../ffmpeg/header-reads.ts";
import { Places } from "../ffmpeg/places.ts";
import { probeWith, readTailWith } from "../ffmpeg/probe-with.ts";
import type { Ffprobe, ProbeLimits } from "../ffmpeg/probing.ts";
import { runSliced } from "../ffmpeg/run-sliced.ts";
import { type FfmpegRun, type RunLimits, runStep, type StepRequest } from "../ffmpeg/run-step.ts";
import { limitHit } from "../process/limits.ts";
import { type CoreOptions, loadCore, type WasmCore } from "./wasm-core.ts";
import { wasmFfprobe } from "./wasm-probe.ts";
import { WasmStreamedEngine } from "./wasm-streamed.ts";
import { WasmThread } from "./wasm-thread.ts";
import { type RunProgram, WasmThreads } from "./wasm-threads.ts";

/** The options of a WebAssembly engine; times are limits. */
export type WasmEngineOptions = CoreOptions &
  ProbeLimits &
  RunLimits & {
    /** How long after a stop a thread that does not react is given up. */
    readonly graceMs: number;
    /** How many slices of all long encodes run at once: 1 for no slices; by default the number of cores. */
    readonly slices?: number;
  };

/**
 * Encoders that the core lists but that do not work in it. x265 waits for its own threads, which a core without threads does
 * not start, so it hangs for ever.
 */
const BROKEN_ENCODERS: readonly string[] = ["libx265"];
const ASK_TIMEOUT_MS = 30_000;
/** The core declares that its memory never grows beyond this, each thread's own. */
const CORE_LIMITS = { memoryBytes: 2 * 1024 ** 3 };

/** The engine that runs ffmpeg as WebAssembly: in this process, with a thread and an instance of the core for each run. */
export class WasmEngine implements Engine {
  readonly name = "wasm";
  readonly capabilities: Capabilities;
  readonly streamed: WasmStreamedEngine;
  readonly #options: WasmEngineOptions;
  readonly #places: Places;
  readonly #threads: WasmThreads;

  private constructor(core: WasmCore, options: WasmEngineOptions, capabilities: Capabilities) {
    this.#options = options;
    this.#threads = new WasmThreads(core, options.graceMs);
    this.capabilities = capabilities;
    this.#places = new Places(capabilities.slices ?? 1);
    this.streamed = new WasmStreamedEngine(capabilities, options, (run, signal) =>
      this.#threads.run(run, signal),
    );
  }

  /**
   * Loads the core and asks what it can do.
   *
   * @throws {TaskError} `encoder_missing`, with what is missing
   */
  static async open(options: WasmEngineOptions): Promise<WasmEngine> {
    const core = await loadCore(options);
    return new WasmEngine(core, options, await readCapabilities(core, options));
  }

  /** How many threads are running something. */
  get busyThreads(): number {
    return this.#threads.busy;
  }

  /** How many threads did not react to a stop and still run. Each uses a core and its memory until the process ends. */
  get leakedThreads(): number {
    return this.#threads.leaked;
  }

  async probe(request: ProbeRequest, signal: AbortSignal): Promise<MediaInfo> {
    signal.throwIfAborted();
    // The probe that counts packets is the last to read a file.
    const isFirst = request.side === "source" && !request.packets && !request.as;
    try {
      return await this.#threads.probe(isFirst ? request.path : undefined, (run) =>
        probeWith(this.#ffprobe(request, run), this.#options, request, signal),
      );
    } catch (error) {
      throw await blameHead(error, headOf(request.path));
    }
  }

  async readTail(request: TailRequest, signal: AbortSignal): Promise<Tail> {
    signal.throwIfAborted();
    const ffprobe = (run: RunProgram) => wasmFfprobe({ ...request, side: "output" }, run);
    return await this.#threads.probe(undefined, (run) =>
      readTailWith(ffprobe(run), this.#options, request, signal),
    );
  }

  async run(request: RunRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const run = async (part: StepRequest, either: AbortSignal, isLight = false): Promise<void> => {
      const begin = () => this.#runPart(part, either);
      await (isLight ? begin() : this.#places.use(request, either, begin));
    };
    try {
      await runSliced(run, request, signal);
    } catch (error) {
      throw await blameHead(error, headOf(request.inputPath));
    }
  }

  /** For the slices of a long encode, and its sound. Without a disk there are none. */
  async standBy(folder: string | undefined): Promise<void> {
    const { slices = 1 } = this.capabilities;
    await this.#threads.standBy(slices === 1 || folder === undefined ? 1 : slices + 1);
  }

  async close(): Promise<void> {
    await this.#threads.close();
  }

  /** Nothing to end: threads end with their process. */
  async endOrphans(): Promise<number> {
    return 0;
  }

  #ffprobe(request: ProbeRequest, run: RunProgram): Ffprobe {
    const areCropsRead = !appliesCrops(this.capabilities);
    return { ...wasmFfprobe(request, run), open: () => openFile(request.path), areCropsRead };
  }

  async #runPart(request: StepRequest, signal: AbortSignal): Promise<void> {
    const mount = {
      folder: request.folder,
      files: { input: request.inputPath, ...request.further },
    };
    const ffmpeg = async (run: FfmpegRun, either: AbortSignal) => {
      const exit = await this.#threads.run({ program: "ffmpeg", mount, ...run }, either);
      const hit = limitHit(exit, CORE_LIMITS);
      return { ...exit, ...(hit !== undefined && { hit }) };
    };
    await runStep(ffmpeg, this.#options, request, signal);
  }
}

async function readCapabilities(
  core: WasmCore,
  { graceMs, outputPixelsMax, slices = availableParallelism() }: WasmEngineOptions,
): Promise<Capabilities> {
  const thread = await WasmThread.start(core);
  const answers: string[] = [];
  try {
    // One after the other, as starting a thread blocks the event loop on Deno, and several add up.
    for (const question of QUESTIONS) answers.push(await ask(thread, question, graceMs));
  } finally {
    await thread.end();
  }
  const [version = "", encoders = "", muxers = "", filters = "", protocols = "", options = ""] =
    answers;
  const told = parseCapabilities({ version, encoders, muxers, filters, protocols, options });
  if (!told)
    throw new TaskError("encoder_missing", "Cannot use the WebAssembly core: it is no ffmpeg");
  return {
    ...told,
    engine: "wasm",
    encoders: told.encoders.filter((name) => !BROKEN_ENCODERS.includes(name)),
    // The core is built without threads.
    threads: 1,
    ...(outputPixelsMax !== undefined && { outputPixelsMax }),
    ...(slices > 1 && { slices }),
  };
}

async function ask(thread: WasmThread, question: string, graceMs: number): Promise<string> {
  let answer = "";
  const onStdout = (chunk: string) => {
    answer += chunk;
  };
  const args = ["-hide_banner", ...question.split(" ")];
  const run = { program: "ffmpeg", args, mount: { files: {} }, onStdout } as const;
  await thread.run(run, graceMs, AbortSignal.timeout(ASK_TIMEOUT_MS));
  return answer;
}
