import { readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { measureLog, measureStep, type Placed, readMeasured } from "../../plan/measure.ts";
import type { MeasuredOutput, Measuring } from "../../plan/measuring/measuring.ts";
import type { PlannedOutput } from "../../plan/plan.ts";
import type { OutputQuality } from "../../task/task.ts";
import type { Verified } from "../output/verify-products.ts";
import type { Run } from "../run.ts";

/** What measuring needs of a run. */
export type MeasuringRun = Pick<Run, "engine" | "signal" | "onLog">;

/** Where a plan was carried out. */
export type MadeIn = {
  /** Absolute path of the work folder. */
  readonly folder: string;
  /** Absolute path of the source. */
  readonly sourcePath: string;
};

/** A product that may be measured, and its place among the products of its plan. */
export type Placeable = { readonly at: number; readonly verified: Verified };

/** What was measured of one output, as `Measuring` has it. */
export type Measured = { readonly output: MeasuredOutput; readonly quality: OutputQuality };

/**
 * Measures parts of finished outputs against the source, as a plan says.
 *
 * @returns those of which any picture could be measured
 * @throws {TaskError} what probing and running threw
 */
export async function measureProducts(
  run: MeasuringRun,
  { folder, sourcePath }: MadeIn,
  measuring: Measuring,
  products: readonly Placeable[],
): Promise<readonly Measured[]> {
  const { engine, signal, onLog } = run;
  const places: PlaceFinder[] = [];
  for (const output of measuring.outputs)
    places.push(
      await placesOf(
        run,
        output,
        products.find(({ at }) => at === output.product),
      ),
    );
  const values = measuring.outputs.map((): number[] => []);
  for (const [part, start] of measuring.startsSeconds.entries()) {
    const placed = places.map((placeAt) => placeAt(start));
    const step = measureStep(measuring, part, placed);
    await engine.run({ step, folder, inputPath: sourcePath, onLog, onProgress: () => {} }, signal);
    for (const [at, { metric }] of measuring.outputs.entries()) {
      const path = join(folder, measureLog(part, at));
      values[at]?.push(...readMeasured(metric, await readFile(path, "utf8").catch(() => "")));
      await rm(path, { force: true });
    }
  }
  return measuring.outputs.flatMap((output, at) => {
    const quality = summary(output, values[at] ?? []);
    return quality ? [{ output, quality }] : [];
  });
}

/** Where the part of an output lies that begins at a moment. */
type PlaceFinder = (startSeconds: number) => Placed;

async function placesOf(
  { engine, signal }: MeasuringRun,
  output: MeasuredOutput,
  product: Placeable | undefined,
): Promise<PlaceFinder> {
  const { entry = "", segments } = product?.verified.finished ?? {};
  const { track, segmentSeconds } = output;
  if (track !== undefined && segmentSeconds !== undefined && segments !== undefined) {
    const names = await readdir(segments);
    return (start) => placeInSet(names, segments, { track, segmentSeconds, start });
  }
  const { video, startSeconds = 0 } = await engine.probe({ path: entry, side: "output" }, signal);
  const firstSeconds = (video?.startSeconds ?? startSeconds) - startSeconds;
  return () => ({ args: ["-i", nameOf(entry)], fromSeconds: 0, firstSeconds });
}

/** A file or folder by its name in the work folder: all of a product lies in the product's own. */
const nameOf = (path: string): string => join(basename(dirname(path)), basename(path));

/** The segments of a stream that hold a part: two, as it may go on in the next. Their times are those of the set. */
function placeInSet(
  names: readonly string[],
  segments: string,
  { track, segmentSeconds, start }: Readonly<Record<"track" | "segmentSeconds" | "start", number>>,
): Placed {
  const chunks = names.filter((name) => name.startsWith(`chunk-${track}-`)).toSorted();
  const at = Math.min(Math.floor(start / segmentSeconds + ROUNDING), chunks.length - 1);
  const read = [`init-${track}.mp4`, ...chunks.slice(at, at + 2)];
  const paths = read.map((name) => `${nameOf(segments)}/${name}`);
  return {
    args: ["-i", `concat:${paths.join("|")}`],
    fromSeconds: at * segmentSeconds,
    firstSeconds: 0,
  };
}

/** What a quotient of times may lack to a whole number. */
const ROUNDING = 1e-6;

/** To so many digits values are told. */
const DIGITS = 4;
const rounded = (value: number): number => Number(value.toFixed(DIGITS));

function summary(
  { metric, quality }: MeasuredOutput,
  values: readonly number[],
): OutputQuality | undefined {
  if (values.length === 0) return undefined;
  return {
    metric,
    value: rounded(values.reduce((sum, one) => sum + one, 0) / values.length),
    lowest: rounded(Math.min(...values)),
    frames: values.length,
    ...(quality !== undefined && { quality }),
  };
}

/** A product with what was measured of it. */
export function withQuality(
  verified: Verified,
  measured: readonly Measured[],
  { set }: Pick<PlannedOutput, "set">,
): Verified {
  const { output } = verified;
  const [first] = measured;
  if (!first) return verified;
  if (!output.renditions) return { ...verified, output: { ...output, quality: first.quality } };
  const renditions = output.renditions.map((rendition, index) => {
    const track = set?.renditions[index]?.video;
    const found = measured.find((one) => one.output.track === track);
    return found ? { ...rendition, quality: found.quality } : rendition;
  });
  return { ...verified, output: { ...output, renditions } };
}
