import { createReadStream, createWriteStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { digestOf } from "../../disk/file-digest.ts";
import { errnoOf } from "../../lib/errno-of.ts";
import { formatBitrate } from "../../plan/encode/rate-control.ts";
import type { Step } from "../../plan/plan.ts";
import type { Analysis, Part, PassFiles, ReadFile } from "../../plan/sliced.ts";
import { type Share, sharesOf } from "../../plan/slicing/shares.ts";

/** Of six hours of 25 pictures a second: what is read of longer ones would take too much memory. */
const STATISTICS_BYTES_MAX = 80 * 2 ** 20;

/** Where a step is run, once the first of its two passes has. */
type Place = {
  /** Absolute. */
  readonly folder: string;
  /** Notes what is done. */
  readonly decide: (sentence: string) => void;
};

/**
 * Gives the slices of encodes in two passes their shares of what the first pass has found: their statistics go beside those of the whole,
 * and each slice is told its own bitrate.
 *
 * @returns the step in slices that can be made now; in one run, if the statistics are not those of slices, or are too long
 */
export async function withShares(step: Step, place: Place, signal: AbortSignal): Promise<Step> {
  const { sliced, ...whole } = step;
  if (!sliced?.analyses) return step;
  const { analyses, ...rest } = sliced;
  let { parts } = sliced;
  for (const analysis of analyses) {
    const shares = await sharesIn(analysis, place.folder);
    if (!shares) {
      place.decide("Encodes in one run: its first pass cannot be shared out among slices");
      return whole;
    }
    const rates = shares.map(({ bitrateBps }) => Math.round(bitrateBps / 1000)).join(", ");
    place.decide(`By the first pass, its slices get ${rates} kbit/s`);
    for (const [index, share] of shares.entries()) {
      const files = await writeShare(analysis, index, share, place.folder, signal);
      parts = parts.map((part, at) => (at === index ? told(part, analysis, share, files) : part));
    }
  }
  return { ...whole, sliced: { ...rest, parts } };
}

async function sharesIn(analysis: Analysis, folder: string): Promise<readonly Share[] | undefined> {
  const { whole, slices } = analysis;
  const path = join(folder, whole.pictures);
  if ((await sizeOf(path)) > STATISTICS_BYTES_MAX) return undefined;
  const text = await readFile(path, "utf8");
  const blocksBytes = await sizeOf(join(folder, whole.blocks));
  return sharesOf({ ...analysis, text, blocksBytes }, slices.length);
}

/** An encoder that does not look at blocks leaves no file of them. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return 0;
    throw error;
  }
}

/** @returns the files that it has written */
async function writeShare(
  { whole, slices }: Analysis,
  index: number,
  { text, blocks: { from, to } }: Share,
  folder: string,
  signal: AbortSignal,
): Promise<readonly ReadFile[]> {
  const { pictures, blocks }: PassFiles = slices[index] ?? whole;
  await writeFile(join(folder, pictures), text, { signal });
  const written = [await readFileAt(pictures, folder, signal)];
  if (to === from) return written;
  // For a film they may be gigabytes.
  const source = createReadStream(join(folder, whole.blocks), { start: from, end: to - 1 });
  await pipeline(source, createWriteStream(join(folder, blocks)), { signal });
  return [...written, await readFileAt(blocks, folder, signal)];
}

async function readFileAt(path: string, folder: string, signal: AbortSignal): Promise<ReadFile> {
  const full = join(folder, path);
  return { path, sizeBytes: await sizeOf(full), sha256: await digestOf(full, signal) };
}

function told(
  part: Part,
  { at }: Analysis,
  { bitrateBps }: Share,
  files: readonly ReadFile[],
): Part {
  const place = part.args.indexOf(`-b:v:${at}`) + 1;
  const args = part.args.map((arg, index) => (index === place ? formatBitrate(bitrateBps) : arg));
  return { ...part, args, reads: [...(part.reads ?? []), ...files] };
}
