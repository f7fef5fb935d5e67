import type { Config } from "../../config/config.ts";
import type { EngineName } from "../../task/task.ts";
import type { SliceLengths } from "../../worker/parts/slicing.ts";

/** What it depends on. */
type Limits = Pick<
  Config,
  "disk" | "resumeMinMs" | "sliceMs" | "sliceStore" | "keepEncodeMs" | "keepEncodeBytesMax"
>;

/**
 * How long encodes are cut whose finished slices a later run of this node goes on with; undefined where none are kept. Where workers share
 * slices, these are kept in their store.
 */
export const resumedLengths = (
  { disk, resumeMinMs, sliceMs, sliceStore, keepEncodeMs, keepEncodeBytesMax }: Limits,
  engine: EngineName,
): SliceLengths | undefined =>
  disk !== "no" &&
  engine === "native" &&
  sliceStore === "" &&
  Math.min(resumeMinMs, keepEncodeMs, keepEncodeBytesMax) > 0
    ? { minSeconds: resumeMinMs / 1000, sliceSeconds: sliceMs / 1000, isAlone: true }
    : undefined;
