import { createHash } from "node:crypto";
import type { Engine } from "../../engine/engine.ts";
import type { Capabilities } from "../../plan/plan.ts";
import type { PartRun, SliceQueue, SourceIdentity, StepKey } from "../../slices/slices.ts";
import type { SliceStore } from "./slice-store.ts";

/** How long encodes are shared among the workers of a fleet. */
export type Slicing = SliceLengths & {
  readonly queue: SliceQueue;
  readonly store: SliceStore;
  /** This worker. */
  readonly workerId: string;
  /** Counts a slice that was made, or could not be. */
  readonly count: (by: SliceMaker, result: SliceResult) => void;
};

/** The same for one run of a task. */
export type Sharing = {
  readonly slicing: Slicing;
  /** No slice takes longer than the run may. */
  readonly limitSeconds: number;
};

/** The same for a source that all workers can read. */
export type SharedSource = Sharing & { readonly source: SourceIdentity };

/** Whether the worker that runs a task made a slice, or another did. */
export type SliceMaker = "own" | "helper";
/** What became of a slice; `again` is that it has to be made once more, as it is not in the store as it was made. */
export type SliceResult = "made" | "failed" | "again";

/** What is cut, and how. */
export type SliceLengths = {
  /** What is shorter stays whole. */
  readonly minSeconds: number;
  /** About how long a slice is. */
  readonly sliceSeconds: number;
  /** One machine makes all slices. */
  readonly isAlone?: true;
  /** Why nothing is cut all the same. */
  readonly whole?: string;
};

/**
 * How a long encode is cut whose finished slices are kept for a later run.
 *
 * @param own - what tells its source from others; undefined if nothing does
 * @param join - how it is joined of several sources, if it is
 */
export function lengthsOfOwn(
  lengths: SliceLengths,
  own: SourceIdentity | undefined,
  join?: unknown,
): SliceLengths {
  if (join !== undefined) return { ...lengths, whole: "its sources are joined anew by each run" };
  if (own) return lengths;
  return { ...lengths, whole: "nothing tells whether its source is the same in a later run" };
}

/** Of a film that is longer than a day, slices are longer. */
const SLICES_MAX = 1_000;

/**
 * What is planned with, where encodes are shared. How many slices there are depends on the source alone, and not on who is there: the next
 * worker that takes the task up finds the same ones.
 */
export function sharedCapabilities(
  capabilities: Capabilities,
  lengths: SliceLengths | undefined,
): Capabilities {
  if (!lengths) return capabilities;
  const { minSeconds, sliceSeconds, isAlone, whole } = lengths;
  const more = { ...(isAlone && { isAlone }), ...(whole !== undefined && { whole }) };
  return { ...capabilities, spread: { minSeconds, sliceSeconds, slicesMax: SLICES_MAX, ...more } };
}

const partOf = ({ args, writes, reads }: PartRun) => [args, writes, ...(reads ? [reads] : [])];

/**
 * The key of a step: equal for two attempts whose parts would be the same. What joins them is left out: only the attempt itself does that.
 */
export function keyOfStep(
  taskId: string,
  runs: readonly PartRun[],
  source: SourceIdentity,
  { name, capabilities }: Pick<Engine, "name" | "capabilities">,
): StepKey {
  const all = [name, capabilities.version, source, runs.map(partOf)];
  const digest = createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 24);
  return { taskId, digest };
}
