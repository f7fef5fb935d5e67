import { renditionsOf } from "../../profile/assign.ts";
import type { Assignment } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import type { Capabilities } from "../plan.ts";

/** Why so many pixels are not encoded for one task: the end of a sentence; undefined if they are. */
export const pixelsFault = (
  pixels: number,
  { outputPixelsMax = Number.POSITIVE_INFINITY }: Pick<Capabilities, "outputPixelsMax">,
): string | undefined =>
  pixels > outputPixelsMax
    ? `its outputs have ${pixels} pixels in all, and a task may have ${outputPixelsMax}`
    : undefined;

/** The pixels of one picture of every rendition of a task, as far as their sizes are asked for: the others depend on the source. */
export function askedPixels(assignments: readonly Assignment[]): number {
  return renditionsOf(assignments).reduce((sum, { video }) => {
    const { width = 0, height = 0 } = typeof video === "object" ? video : {};
    return sum + width * height;
  }, 0);
}

/**
 * Refuses outputs that have more pixels together than a task may have, now that their sizes are known.
 *
 * @throws {TaskError} `output_not_supported`
 */
export function refuseTooManyPixels(
  videos: readonly { readonly width: number; readonly height: number }[],
  capabilities: Capabilities,
): void {
  const pixels = videos.reduce((sum, { width, height }) => sum + width * height, 0);
  const fault = pixelsFault(pixels, capabilities);
  if (fault !== undefined) throw new TaskError("output_not_supported", `Cannot encode: ${fault}`);
}
