import type { Engine } from "../../engine/engine.ts";
import type { Plan } from "../../plan/plan.ts";
import { outputMeterStep } from "../../plan/verify/meter.ts";
import type { Loudness, MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import { createMeterLog } from "./meter-log.ts";

/** What measuring needs. */
export type Measuring = {
  readonly engine: Pick<Engine, "run">;
  readonly signal: AbortSignal;
  /** Absolute path of the work folder. */
  readonly folder: string;
};

/**
 * Adds to a source how loud its sounds are that a plan asks for.
 *
 * @param path - absolute path of the source
 * @throws {TaskError} as `Engine.run`
 */
export async function withLoudness(
  media: MediaInfo,
  { step, names }: NonNullable<Plan["asksForLoudness"]>,
  path: string,
  { engine, signal, folder }: Measuring,
): Promise<MediaInfo> {
  const log = createMeterLog();
  await engine.run(
    { step, folder, inputPath: path, onProgress: () => {}, onLog: log.read },
    signal,
  );
  const found = names.map((name, at) => [name, heard(log.of(at))] as const);
  return { ...media, loudness: { ...media.loudness, ...Object.fromEntries(found) } };
}

/**
 * How loud the sounds of an output are, in their order.
 *
 * @param path - absolute path of the output
 * @throws {TaskError} `output_wrong`, or as `Engine.run`
 */
export async function loudnessIn(
  path: string,
  count: number,
  { engine, signal, folder }: Measuring,
): Promise<readonly Loudness[]> {
  const log = createMeterLog();
  const step = outputMeterStep(count);
  const made = { isOurs: true, onProgress: () => {}, onLog: log.read };
  await engine.run({ step, folder, inputPath: path, ...made }, signal);
  return Array.from({ length: count }, (_, at) => heard(log.of(at)));
}

/** @throws {TaskError} `output_wrong` if a meter said nothing */
function heard(told: Loudness | undefined): Loudness {
  if (told) return told;
  throw new TaskError("output_wrong", "Cannot measure the loudness: ffmpeg's meter says nothing");
}
