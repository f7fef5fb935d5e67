import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Relative to the folder that a run works in: it holds a folder for each target that may not be opened at once. */
const GATES = "gates";

/** The folder that makes a live target wait before it is opened, once it is there; by the target's place. */
export const gateOf = (at: number): string => `${GATES}/${at}`;

/** The gates of one run, all open at first; each has its target wait from the time it is shut. */
export type LiveGates = {
  /** @param at - the target's place among those of the plan; -1 where it is none */
  readonly shut: (at: number) => void;
};

/** Opens all gates of a run. @param folder - absolute path of the folder that it works in */
export async function openGates(folder: string): Promise<LiveGates> {
  await rm(join(folder, GATES), { recursive: true, force: true });
  await mkdir(join(folder, GATES), { recursive: true });
  const isShut = new Set<number>();
  return {
    shut(at) {
      if (at < 0 || isShut.has(at)) return;
      isShut.add(at);
      // Where it cannot be made, the target is tried more often than it should be, and that is all.
      mkdir(join(folder, gateOf(at))).catch(() => {});
    },
  };
}
