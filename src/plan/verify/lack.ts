import type { MediaInfo } from "../../probe/media.ts";
import { TaskError } from "../../task/errors.ts";
import type { Clip } from "../../task/task.ts";
import type { Warning } from "../../task/warnings.ts";
import { damageWarning, LOST_PART_MAX, LOST_SECONDS_MAX, percent } from "./verify-damage.ts";

/**
 * Warnings about a source that is shorter than it says, or has junk in front of its audio.
 *
 * @throws {TaskError} `source_damaged` if much of what was asked for is missing
 */
export function lackWarnings(media: MediaInfo, clip: Clip | undefined): readonly Warning[] {
  const { lack, junkBytes } = media;
  const junk =
    junkBytes === undefined
      ? []
      : [damageWarning(`The source's sound begins behind ${junkBytes} bytes that are none`)];
  if (!lack) return junk;
  const { bytes, ofBytes, mayBeStale } = lack;
  if (ofBytes === undefined)
    return [...junk, damageWarning("The source is cut off: it ends within a packet")];
  const part = bytes / ofBytes;
  const isMuch = isTooMuch(part, media);
  if (mayBeStale && !isMuch) return junk;
  const why = `it is cut off: ${percent(part)} of the bytes that it tells of are not there`;
  if (!clip && !mayBeStale && isMuch)
    throw new TaskError("source_damaged", `Cannot use the source: ${why}`);
  return [...junk, damageWarning(`Of the source a part may be missing: ${why}`)];
}

/** Whether too much is missing. Formats differ in whether the header's length counts what is missing. */
function isTooMuch(part: number, { durationSeconds }: MediaInfo): boolean {
  const seconds = durationSeconds === undefined ? Number.POSITIVE_INFINITY : durationSeconds * part;
  return part > LOST_PART_MAX && seconds > LOST_SECONDS_MAX;
}
