import { simulate } from "./simulate.ts";
import type { Stages } from "./world.ts";

/** The numbers from one up to, but not including, another. */
export const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

/** Runs schedules one after the other. @throws {Broken} for the first in which something does not hold */
export async function simulateAll(stages: Stages, seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) await simulate(stages, seed);
}
