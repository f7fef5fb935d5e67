import { type DiskState, diskState, inMib, type Space, spaceOf, watermarkBytes } from "./disk.ts";

/** A folder that the service writes to. */
export type Place = { readonly name: string; readonly path: string };

/** How the disks stand; the detail is one sentence part for the operator. */
export type DiskReport = {
  readonly state: DiskState;
  readonly detail: string;
  /** Of the worst one; absent if the system does not say. */
  readonly space?: { readonly freeBytes: number; readonly neededBytes: number };
};

const ORDER: readonly DiskState[] = ["ample", "low", "critical"];

/** Looks at the disks of all places. @returns how the worst one stands */
export async function reportDisks(
  places: readonly Place[],
  freeBytesMin: number,
  look: (folder: string) => Promise<Space | undefined> = spaceOf,
): Promise<DiskReport> {
  const reports = await Promise.all(
    places.map(async ({ name, path }) => reportOf(name, await look(path), freeBytesMin)),
  );
  const [worst] = reports.toSorted((a, b) => ORDER.indexOf(b.state) - ORDER.indexOf(a.state));
  return worst ?? { state: "ample", detail: "nothing is written to a disk" };
}

function reportOf(name: string, space: Space | undefined, freeBytesMin: number): DiskReport {
  if (!space)
    return { state: "ample", detail: `the system does not say how much is free for ${name}` };
  const state = diskState(space, freeBytesMin);
  const free = `${inMib(space.freeBytes)} are free on the disk of ${name}`;
  const neededBytes = watermarkBytes(space.totalBytes, freeBytesMin);
  return {
    state,
    detail: state === "ample" ? free : `${free}, and ${inMib(neededBytes)} are needed`,
    space: { freeBytes: space.freeBytes, neededBytes },
  };
}
