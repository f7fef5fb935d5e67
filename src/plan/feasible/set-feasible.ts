import { formatRational } from "../../lib/rational.ts";
import type { AdaptiveSet, Assignment } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import { segmentSecondsOf } from "../decide/set-timing.ts";
import type { Capabilities } from "../plan.ts";
import { impossibilityOf } from "./feasible.ts";
import type { Impossibility } from "./impossibility.ts";

/** What the engine needs to make sets, and their thumbnails. */
const SET_MUXER = "dash";
const PICTURE_MUXER = "image2";
const PICTURE_ENCODER = "mjpeg";

/**
 * Refuses at create time what cannot be made here, whatever the source: a rendition, or a set of them.
 *
 * @throws {TaskError} `output_not_supported`, naming which
 */
export function refuseImpossibleAssignment(
  assignment: Omit<Assignment, "targets">,
  capabilities: Capabilities,
): void {
  const found = assignmentFault(assignment, capabilities);
  if (found) throw new TaskError("output_not_supported", found.message);
}

/** The first reason why a rendition, or a set, cannot be made here, whatever the source; undefined if there is none. */
export function assignmentFault(
  { rendition, set }: Omit<Assignment, "targets">,
  capabilities: Capabilities,
): Impossibility | undefined {
  if (!set) return impossibilityOf(rendition, capabilities);
  const faults = set.renditions.map((one) => impossibilityOf(one, capabilities));
  return (
    faults.find((fault) => fault !== undefined) ??
    missing(set, capabilities) ??
    copyFault(set) ??
    subtitleFault(set) ??
    captionFault(set) ??
    protectionFault(set) ??
    timingFault(set)
  );
}

function missing(
  { thumbnails }: AdaptiveSet,
  { muxers, encoders, streamsOutput }: Capabilities,
): Impossibility | undefined {
  if (streamsOutput)
    return {
      code: "output_not_supported",
      message: "Cannot make an adaptive set: it is finished on a disk, and there is none here",
    };
  const lacks = (what: string): Impossibility => ({
    code: "encoder_missing",
    message: `Cannot make the set: the engine has no ${what}`,
  });
  if (!muxers.includes(SET_MUXER)) return lacks(`muxer ${SET_MUXER}`);
  if (!thumbnails) return undefined;
  if (!muxers.includes(PICTURE_MUXER)) return lacks(`muxer ${PICTURE_MUXER}`);
  return encoders.includes(PICTURE_ENCODER) ? undefined : lacks(`encoder ${PICTURE_ENCODER}`);
}

function copyFault({ renditions }: AdaptiveSet): Impossibility | undefined {
  return renditions.length > 1 && renditions.some(({ video }) => video === "copy")
    ? {
        code: "output_not_supported",
        message:
          "Cannot make the set of a copied picture and others: its key frames are the source's own",
      }
    : undefined;
}

/** A set has its subtitles once, for all renditions. */
function subtitleFault({ renditions }: AdaptiveSet): Impossibility | undefined {
  const asked = renditions.flatMap(({ subtitles }) =>
    subtitles ? [JSON.stringify(subtitles)] : [],
  );
  return new Set(asked).size > 1
    ? {
        code: "output_not_supported",
        message: "Cannot make the set: its groups ask for different subtitles",
      }
    : undefined;
}

/** Players are told of the captions of a set once, for all renditions. */
function captionFault({ renditions }: AdaptiveSet): Impossibility | undefined {
  const ways = new Set(renditions.map(({ captions }) => JSON.stringify(captions)));
  return ways.size > 1
    ? {
        code: "output_not_supported",
        message: "Cannot make the set: its groups ask for different closed_captions",
      }
    : undefined;
}

function protectionFault({ renditions }: AdaptiveSet): Impossibility | undefined {
  const ways = new Set(renditions.map(({ protection }) => JSON.stringify(protection)));
  return ways.size > 1
    ? {
        code: "output_not_supported",
        message: "Cannot make the set: its groups do not have the same encryption",
      }
    : undefined;
}

/** If the profile fixes all frame rates, it is known without the source whether key frames meet. */
function timingFault({ renditions }: AdaptiveSet): Impossibility | undefined {
  const encodes = renditions.flatMap(({ video }) => (typeof video === "object" ? [video] : []));
  if (!encodes.every(({ framerate }) => framerate !== undefined)) return undefined;
  try {
    segmentSecondsOf(encodes);
    return undefined;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const rates = encodes.flatMap(({ framerate }) =>
      framerate ? [formatRational(framerate)] : [],
    );
    return {
      code: "output_not_supported",
      message: `${error.message} (${[...new Set(rates)].join(", ")})`,
    };
  }
}
