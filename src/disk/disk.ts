import { statfs } from "node:fs/promises";

/** The space of the disk that holds a folder. */
export type Space = { readonly freeBytes: number; readonly totalBytes: number };

/** Undefined if the system does not say: the folder is missing, or Deno lacks `--allow-sys=statfs`. */
export async function spaceOf(folder: string): Promise<Space | undefined> {
  const disk = await statfs(folder).catch(() => undefined);
  return disk && { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize };
}

/** The watermark where nothing else is said. */
const FREE_BYTES_MIN = 256 << 20;
/** A small disk has a lower watermark than the configured one: this share of it. */
const SHARE_MAX = 1 / 20;
/** Below this share of the watermark, the store needs what is left. */
const CRITICAL_SHARE = 1 / 4;

/** What must stay free of a disk, so that the store and other tasks can go on. */
export const watermarkBytes = (totalBytes: number, freeBytesMin: number): number =>
  Math.min(freeBytesMin, totalBytes * SHARE_MAX);

/** How a disk stands: under the watermark nothing new begins, and where it is critical what grows is ended. */
export type DiskState = "ample" | "low" | "critical";

/** Judges the space of a disk. */
export function diskState({ freeBytes, totalBytes }: Space, freeBytesMin: number): DiskState {
  const watermark = watermarkBytes(totalBytes, freeBytesMin);
  if (freeBytes >= watermark) return "ample";
  return freeBytes < watermark * CRITICAL_SHARE ? "critical" : "low";
}

/** How much may still be written below a folder until its disk is down to its watermark; infinite if the system does not say. */
export async function roomIn(folder: string, freeBytesMin: number): Promise<number> {
  const space = await spaceOf(folder);
  if (!space) return Number.POSITIVE_INFINITY;
  return space.freeBytes - watermarkBytes(space.totalBytes, freeBytesMin);
}

/** The same for what is fetched: however small a disk is, a source leaves this much of it to the rest of the system. */
const LEFT_BY_FETCHES_BYTES = 64 << 20;

/** How much may still be fetched into a folder. */
export async function roomToFetch(folder: string, freeBytesMin = FREE_BYTES_MIN): Promise<number> {
  const space = await spaceOf(folder);
  if (!space) return Number.POSITIVE_INFINITY;
  const watermark = watermarkBytes(space.totalBytes, freeBytesMin);
  return space.freeBytes - Math.max(watermark, LEFT_BY_FETCHES_BYTES);
}

const MIB = 1 << 20;

/** A number of bytes as operators read it. */
export const inMib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
