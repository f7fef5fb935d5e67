import { readdir, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Load } from "../../plan/plan.ts";
import type { Confinement } from "./confinement.ts";
import type { ResourceLimits } from "./limits.ts";

/** What a run of little work may take; a plan adds what its own work takes. 0 is no limit. */
export type Allowance = {
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  /** Of each file that is written. */
  readonly fileBytes: number;
};

/** How the programs of an engine are kept within bounds. */
export type EngineBounds = { readonly confinement: Confinement; readonly allowance: Allowance };

/** Nothing is bounded. */
export const UNBOUNDED: EngineBounds = {
  confinement: {},
  allowance: { memoryBytes: 0, cpuSeconds: 0, fileBytes: 0 },
};

/** What a run needs that uses a device: drivers reserve addresses for the memory of all devices, many times of what they use. */
export const ON_DEVICE = { allowance: { memoryBytes: 0 }, seen: { devices: true } } as const;

/** Enough for the groups of files of a set that are read as one, and for all outputs of a task. */
const OPEN_FILES = 4_096;
/** Enough for the encoders of a machine with many cores, each of which starts several threads for each core. */
const PROCESSES = 16_384;
const FIXED: ResourceLimits = { openFiles: OPEN_FILES, processes: PROCESSES };

/** A probe decodes a few pictures with one thread. */
const PROBE_SHARE = 0.5;
/** A few pictures of the largest size, at up to 6 bytes for each pixel. */
const PROBED_BYTES_PER_PIXEL = 24;
/** Media of fewer bits per second hardly exist: so long a source may be, whatever its header says. */
const BITS_PER_SECOND_LEAST = 100_000;
/** Far less than any encoder does in a second of CPU time, in pixels of libx264 at `veryfast`. */
const PIXELS_PER_CPU_SECOND = 250_000;
/** An output may be larger than planned by so much, and a copy than its source. */
const SIZE_SLACK = 2;
/** Each thread of an encoder has a stack and an arena of its own, and ffmpeg one thread and a half for each core. */
const BYTES_PER_ENCODE_AND_CORE = 128 * 1024 * 1024;
/** Each thread of an encoder has a picture of its own. */
const BYTES_PER_PIXEL_AND_CORE = 8;
/** A live run may go on for weeks, in which its memory becomes scattered. */
const LIVE_MEMORY = 2;

const NO_LOAD: Load = {
  encodes: 0,
  pixels: 0,
  memoryBytes: 0,
  pixelsPerSecond: 0,
  bitsPerSecond: 0,
  seconds: 0,
};

const sum = (base: number, more: number): number | undefined =>
  base === 0 ? undefined : Math.ceil(base + more);

/** The limits whose field is known. */
function limits(
  fields: {
    readonly [F in keyof ResourceLimits]: number | undefined;
  },
): ResourceLimits {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { ...FIXED, ...Object.fromEntries(known) };
}

/** The address space that a run takes beside that of a small one. */
function memoryOf({ encodes, pixels, memoryBytes }: Omit<Load, "seconds">): number {
  const perCore = encodes * BYTES_PER_ENCODE_AND_CORE + pixels * BYTES_PER_PIXEL_AND_CORE;
  return memoryBytes + availableParallelism() * perCore;
}

/** How many bytes a run may read: its source, and what lies in its folder. */
export async function inputBytesOf(inputPath: string, folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const paths = new Set([inputPath, ...names.map((name) => join(folder, name))]);
  let sum = 0;
  for (const path of paths) {
    // What cannot be read is reported by ffmpeg.
    const file = await stat(path).catch(() => undefined);
    if (file?.isFile()) sum += file.size;
  }
  return sum;
}

/** The limits of a probe. It writes no files, and its time is limited otherwise. @param pixelsMax - of the largest picture */
export const probeLimits = (
  { memoryBytes, cpuSeconds }: Allowance,
  pixelsMax: number,
): ResourceLimits =>
  limits({
    memoryBytes: sum(memoryBytes * PROBE_SHARE, pixelsMax * PROBED_BYTES_PER_PIXEL),
    cpuSeconds: sum(cpuSeconds, 0),
  });

/** The limits of a step. @param inputBytes - all that it may read */
export function stepLimits(
  { memoryBytes, cpuSeconds, fileBytes }: Allowance,
  load: Load | undefined,
  inputBytes: number,
): ResourceLimits {
  const { seconds: told, ...known } = load ?? NO_LOAD;
  const { mostBitsPerSecond = known.bitsPerSecond } = known;
  const seconds = Math.max(told, (inputBytes * 8) / BITS_PER_SECOND_LEAST);
  return limits({
    memoryBytes: sum(memoryBytes, memoryOf(known)),
    cpuSeconds: sum(cpuSeconds, (known.pixelsPerSecond * seconds) / PIXELS_PER_CPU_SECOND),
    fileBytes: sum(fileBytes, SIZE_SLACK * ((mostBitsPerSecond * seconds) / 8 + inputBytes)),
  });
}

/** The limits of a live run, which has no end that is known. */
export const liveLimits = ({ memoryBytes }: Allowance, load: Load): ResourceLimits =>
  limits({ memoryBytes: sum(memoryBytes * LIVE_MEMORY, memoryOf(load) * LIVE_MEMORY) });
