import { dirname } from "node:path";
import type { Capabilities } from "../../plan/plan.ts";
import { NEVER_SECONDS } from "../../probe/tail.ts";
import type {
  ByteSink,
  StreamedEngine,
  StreamedProbe,
  StreamedRun,
  StreamedTail,
} from "../engine.ts";
import { blameHead } from "../ffmpeg/blame-head.ts";
import { appliesCrops, openAlready } from "../ffmpeg/header-reads.ts";
import { judgeExit } from "../ffmpeg/judge-stderr.ts";
import { probeWith, readTailWith } from "../ffmpeg/probe-with.ts";
import type { ProbeLimits } from "../ffmpeg/probing.ts";
import { type FfmpegRun, follow, type RunLimits } from "../ffmpeg/run-step.ts";
import { wasmFfprobeOf } from "./wasm-probe.ts";
import type { RunProgram } from "./wasm-threads.ts";

/** The WebAssembly engine without a disk: the core reads its source and writes its outputs through the host. */
export class WasmStreamedEngine implements StreamedEngine {
  readonly capabilities: Capabilities;
  readonly #limits: ProbeLimits & RunLimits;
  readonly #run: RunProgram;

  /** @param run - runs a program in a thread of its own */
  constructor(capabilities: Capabilities, limits: ProbeLimits & RunLimits, run: RunProgram) {
    this.capabilities = { ...capabilities, streamsOutput: true };
    this.#limits = limits;
    this.#run = run;
  }

  async probe({ source, extension, ...request }: StreamedProbe, signal: AbortSignal) {
    signal.throwIfAborted();
    const name = `source${extension}`;
    const mount = { sources: { [name]: source }, sink: READ_ONLY };
    const ffprobe = {
      ...wasmFfprobeOf(name, mount, this.#run),
      open: async () => openAlready(source),
      areCropsRead: !appliesCrops(this.capabilities),
    };
    try {
      return await probeWith(ffprobe, this.#limits, request, signal);
    } catch (error) {
      throw await blameHead(error, (bytes) => source.read(0, bytes));
    }
  }

  async readTail({ source, extension, ...request }: StreamedTail, signal: AbortSignal) {
    signal.throwIfAborted();
    const name = `end${extension}`;
    const mount = { sources: { [name]: source }, sink: READ_ONLY };
    const all = { path: name, fromSeconds: 0, toSeconds: NEVER_SECONDS };
    const ffprobe = wasmFfprobeOf(name, mount, this.#run);
    return readTailWith(ffprobe, this.#limits, { ...all, ...request }, signal);
  }

  async run({ step, source, further, sink, ...told }: StreamedRun, signal: AbortSignal) {
    signal.throwIfAborted();
    const folders = foldersOf(step.writes);
    const mount = { sources: { input: source, ...further }, sink, folders, writesOnce: true };
    const ffmpeg = (run: FfmpegRun, either: AbortSignal) =>
      this.#run({ program: "ffmpeg", mount, ...run }, either);
    const followed = { step, ...told, ...(further && { further }), paths: [] };
    const error = judgeExit(await follow(ffmpeg, this.#limits, followed, signal));
    if (error) throw await blameHead(error, (bytes) => source.read(0, bytes));
  }
}

/** All folders of relative paths, parents first. */
function foldersOf(paths: readonly string[]): readonly string[] {
  const all = new Set<string>();
  const add = (folder: string): void => {
    if (folder === "." || all.has(folder)) return;
    add(dirname(folder));
    all.add(folder);
  };
  for (const path of paths) add(dirname(path));
  return [...all];
}

const refuse = (): never => {
  throw new Error("a probe writes nothing");
};

const READ_ONLY: ByteSink = { write: refuse, close: refuse, rename: refuse, remove: refuse };
