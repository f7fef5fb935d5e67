import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Relative to the work folder of a run. It contains a folder for each target that must not be opened at once. */
const GATES = "gates";

/** The folder whose existence makes a live target wait before it is opened; named by the index of the target. */
export const gateOf = (at: number): string => `${GATES}/${at}`;

/** The gates of one run, all open at first; a closed one makes its target wait. */
export type LiveGates = {
  /** @param at - the index of the target in the plan; -1 if it is not one */
  readonly shut: (at: number) => void;
};

/** Opens all gates of a run. @param folder - absolute path of its work folder */
export async function openGates(folder: string): Promise<LiveGates> {
  await rm(join(folder, GATES), { recursive: true, force: true });
  await mkdir(join(folder, GATES), { recursive: true });
  const isShut = new Set<number>();
  return {
    shut(at) {
      if (at < 0 || isShut.has(at)) return;
      isShut.add(at);
      // If it cannot be made, the target is only tried more often than it should be.
      mkdir(join(folder, gateOf(at))).catch(() => {});
    },
  };
}
