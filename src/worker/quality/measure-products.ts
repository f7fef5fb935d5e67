import { readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { measureLog, measureStep, type Placed, readMeasured } from "../../plan/measure.ts";
import type { MeasuredOutput, Measuring, PlannedOutput } from "../../plan/plan.ts";
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
  const placed = await Promise.all(
    measuring.outputs.map((output) =>
      placeOf(run, products.find(({ at }) => at === output.product)?.verified),
    ),
  );
  const values = measuring.outputs.map((): number[] => []);
  for (const part of measuring.startsSeconds.keys()) {
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

async function placeOf(
  { engine, signal }: MeasuringRun,
  verified: Verified | undefined,
): Promise<Placed> {
  const path = verified?.finished.entry ?? "";
  const { video, startSeconds = 0 } = await engine.probe({ path, side: "output" }, signal);
  const name = join(basename(dirname(path)), basename(path));
  return {
    args: ["-i", name],
    fromSeconds: 0,
    firstSeconds: (video?.startSeconds ?? startSeconds) - startSeconds,
  };
}

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
