import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Part, Sliced } from "../../plan/sliced.ts";
import type { EngineProgress } from "../engine.ts";
import type { StepRequest } from "./run-step.ts";

/** Runs a part of a step to its end, as soon as there is a place for it. */
type RunPart = (request: StepRequest, signal: AbortSignal, isLight?: boolean) => Promise<void>;

/** Runs a step: in slices if it is cut into some, and whole otherwise, or if its slices do not have the pictures of the whole. */
export async function runSliced(
  run: RunPart,
  request: StepRequest,
  signal: AbortSignal,
): Promise<void> {
  const { sliced, ...step } = request.step;
  if (sliced && (await joinSlices(run, sliced, request, signal))) return;
  await run({ ...request, step }, signal);
}

/**
 * Runs the parts of a sliced step, as many at once as there are places, and joins their outputs; progress is that of all slices
 * together. Light parts start once the first frames are encoded. If a part fails, the others are ended and the step fails with its
 * error. The files of the parts are removed, but for those that are kept.
 *
 * @returns whether it is joined: false if a slice has other pictures than it should, so that only a run of the whole is right
 */
async function joinSlices(
  run: RunPart,
  { parts, list, join: joined }: Sliced,
  request: StepRequest,
  signal: AbortSignal,
): Promise<boolean> {
  const { step, folder } = request;
  const { name, share, load } = step;
  const stepOf = ({ args, writes }: Part) => ({ name, share, args, writes, ...(load && { load }) });
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const progressOf = addProgress(request.onProgress);
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const runs = parts.map(async (part, index) => {
    const { tell, end } = progressOf(index, part, begin);
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
    if (!signal.aborted && failed.signal.reason instanceof OtherPictures) return false;
    either.throwIfAborted();
    await writeFile(join(folder, list.path), list.text);
    const last = { ...request, step: stepOf(joined), isOurs: true, onProgress: () => {} };
    await run(last, signal);
    return true;
  } finally {
    const passing = parts.filter(({ isKept }) => !isKept);
    const made = [
      ...passing.flatMap(({ writes, reads = [] }) => [...writes, ...reads.map(({ path }) => path)]),
      list.path,
    ];
    for (const one of made) await rm(join(folder, one), { force: true });
  }
}

/** A slice has other pictures than it should. */
class OtherPictures extends Error {}

/** Combines the progress of slices, by their index among the parts, into that of one run. The time of other parts is left out. */
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
  return (index: number, { isKept, frames }: Part, onFirst: () => void) => ({
    tell: (progress: EngineProgress): void => {
      if (isKept || progress.frames === 0) return;
      onFirst();
      known.set(index, progress);
      tellAll();
    },
    /** A part that has ended is complete, and adds no speed. */
    end: (): void => {
      const last = known.get(index);
      if (frames && !frames.includes(last?.frames ?? 0)) throw new OtherPictures();
      if (last) known.set(index, { ...last, speed: 0, fps: 0 });
    },
  });
}
