import { TaskError } from "../task/errors.ts";
import type { Engine } from "./engine.ts";
import { NativeEngine, type NativeEngineOptions } from "./native/native.ts";
import { orphansLack } from "./process/orphans.ts";
import type { WasmEngineOptions } from "./wasm/wasm.ts";

/** The engine in use, and how it is described in the start-up log and in `/readyz`. */
export type ChosenEngine = {
  readonly engine: Engine;
  /** Why this engine was chosen: half a sentence. */
  readonly why: string;
  /** What it can do on other machines but not here: half a sentence each. */
  readonly lacks: readonly string[];
  /** How many threads could not be ended and still run. */
  readonly leakedThreads: () => number;
};

/** Which engine is wanted, and the options of each. */
export type EngineOptions = {
  readonly wanted: "auto" | "native" | "wasm";
  /** Nothing may be written here, so an engine that needs files cannot be used. */
  readonly isDiskless?: boolean;
  readonly native: NativeEngineOptions;
  readonly wasm: WasmEngineOptions;
  /** What cannot be done to the programs of the native engine: half a sentence each. */
  readonly nativeLacks?: readonly string[];
};

const NO_DEVICES = "PONTUS_HARDWARE has no effect: it reaches no devices";

/**
 * Opens the engine that is wanted. With `auto` that is the native one if its programs can be run, else WebAssembly.
 *
 * @throws {TaskError} `encoder_missing` if there is none, with what is missing
 */
export async function chooseEngine({
  wanted,
  isDiskless = false,
  native,
  nativeLacks = [],
  wasm,
}: EngineOptions): Promise<ChosenEngine> {
  if (isDiskless && wanted === "native")
    throw new TaskError(
      "encoder_missing",
      "Cannot use the native engine: it needs a disk, and nothing may be written here",
    );
  const wasmLacks = native.hardware ? [NO_DEVICES] : [];
  if (isDiskless) return await openWasm(wasm, wasmLacks, "nothing may be written here");
  if (wanted === "native") return await openNative(native, nativeLacks, "PONTUS_ENGINE wants it");
  if (wanted === "wasm") return await openWasm(wasm, wasmLacks, "PONTUS_ENGINE wants it");
  try {
    return await openNative(native, nativeLacks, "ffmpeg and ffprobe can be run");
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    try {
      return await openWasm(wasm, wasmLacks, `there is no native one (${error.message})`);
    } catch (second) {
      if (!(second instanceof TaskError)) throw second;
      const message = `${error.message}; and without it: ${second.message}`;
      throw new TaskError("encoder_missing", message, { cause: second });
    }
  }
}

async function openNative(
  options: NativeEngineOptions,
  known: readonly string[],
  why: string,
): Promise<ChosenEngine> {
  const engine = await NativeEngine.open(options);
  const lack = orphansLack();
  const lacks = [...known, ...(lack === undefined ? [] : [lack])];
  return { engine, why, lacks, leakedThreads: () => 0 };
}

async function openWasm(
  options: WasmEngineOptions,
  lacks: readonly string[],
  why: string,
): Promise<ChosenEngine> {
  // Loaded only when it is used, as most services never use it.
  const { WasmEngine } = await import("./wasm/wasm.ts");
  const engine = await WasmEngine.open(options);
  return { engine, why, lacks, leakedThreads: () => engine.leakedThreads };
}
