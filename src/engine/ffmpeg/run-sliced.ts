import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Part, Sliced } from "../../plan/sliced.ts";
import type { EngineProgress } from "../engine.ts";
import type { StepRequest } from "./run-step.ts";

/** Runs a part of a step to its end, as soon as there is a place for it. */
export type RunPart = (
  request: StepRequest,
  signal: AbortSignal,
  isLight?: boolean,
) => Promise<void>;

/**
 * Runs the parts of a sliced step, as many at once as there are places, and joins their outputs; progress is that of all parts
 * together. Light parts start once the first frames are encoded. If a part fails, the others are ended and the step fails with its
 * error. The files of the parts are removed.
 */
export async function runSliced(
  run: RunPart,
  { parts, list, join: joined }: Sliced,
  request: StepRequest,
  signal: AbortSignal,
): Promise<void> {
  const { step, folder } = request;
  const stepOf = ({ args, writes }: Part) => ({ name: step.name, share: step.share, args, writes });
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const progressOf = addProgress(request.onProgress);
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const runs = parts.map(async (part, index) => {
    const { tell, end } = progressOf(index, begin);
    try {
      // Three threads that open a file on two cores take one and a half times as long.
      if (part.isLight) await begun;
      await run({ ...request, step: stepOf(part), onProgress: tell }, either, part.isLight);
      end();
    } catch (error) {
      failed.abort(error);
      throw error;
    } finally {
      begin();
    }
  });
  try {
    // Waits for all, even if one fails, so that nothing is left running.
    await Promise.allSettled(runs);
    either.throwIfAborted();
    await writeFile(join(folder, list.path), list.text);
    const last = { ...request, step: stepOf(joined), isOurs: true, onProgress: () => {} };
    await run(last, signal);
  } finally {
    const made = [...parts.flatMap(({ writes }) => writes), list.path];
    for (const name of made) await rm(join(folder, name), { force: true });
  }
}

/** Combines the progress of parts, by their index, into that of one run. Audio has no frames, and its time is left out. */
function addProgress(onProgress: (progress: EngineProgress) => void) {
  const known = new Map<number, EngineProgress>();
  const tellAll = (): void => {
    const all = [...known.values()];
    const sum = (amount: (one: EngineProgress) => number): number =>
      all.reduce((total, one) => total + amount(one), 0);
    onProgress({
      outTimeSeconds: sum((one) => one.outTimeSeconds),
      speed: sum((one) => one.speed),
      fps: sum((one) => one.fps),
      frames: sum((one) => one.frames),
    });
  };
  return (index: number, onFirst: () => void) => ({
    tell: (progress: EngineProgress): void => {
      if (progress.frames === 0) return;
      onFirst();
      known.set(index, progress);
      tellAll();
    },
    /** A part that has ended is complete, and adds no speed. */
    end: (): void => {
      const last = known.get(index);
      if (last) known.set(index, { ...last, speed: 0, fps: 0 });
    },
  });
}
