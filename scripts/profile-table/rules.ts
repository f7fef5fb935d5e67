import { assignmentFault } from "../../src/plan/feasible/set-feasible.ts";
import { refuseImpossibleLive } from "../../src/plan/live/live-feasible.ts";
import { placesOf } from "../../src/plan/live/places.ts";
import type { Capabilities } from "../../src/plan/plan.ts";
import { assignRenditions } from "../../src/profile/assign.ts";
import { CONTAINERS, type Container } from "../../src/profile/containers.ts";
import type { Assignment } from "../../src/profile/profile.ts";
import { AUDIO_FORMATS, type Qlty, toRendition } from "../../src/profile/qlty.ts";
import { VIDEO_FORMATS } from "../../src/profile/video-values.ts";
import { TaskError } from "../../src/task/errors.ts";
import type { Asked } from "./asked.ts";

/** A codec of a group: of its picture, or of its sound. */
export type Codec = Exclude<
  (typeof VIDEO_FORMATS)[number] | (typeof AUDIO_FORMATS)[number],
  "copy" | "none"
>;

/** The codecs among the values of a field. */
const codecsOf = (values: readonly string[]): readonly Codec[] =>
  values.filter((name): name is Codec => name !== "copy" && name !== "none");

/** The codecs of pictures, and those of sound. */
export const VIDEO_CODECS: readonly Codec[] = codecsOf(VIDEO_FORMATS);
export const AUDIO_CODECS: readonly Codec[] = codecsOf(AUDIO_FORMATS);

/** The containers that say themselves what goes into them. */
export const NAMED_CONTAINERS: readonly Container[] = CONTAINERS.filter((one) => one !== "copy");

const RATE = 500_000;

/** The group with one codec, alone in its container; once with and once without a bitrate, as some codecs have none. */
function groupsOf(container: Container, codec: Codec): readonly Qlty[] {
  const rates = [{ bitrate: RATE, audio_bitrate: RATE / 5 }, {}];
  return rates.map((rate) =>
    VIDEO_CODECS.includes(codec)
      ? { container, format: codec as Qlty["format"], audio_format: "none", ...rate }
      : { container, format: "none", audio_format: codec as Qlty["audio_format"], ...rate },
  );
}

/** Whether something is not refused. */
function isTaken(judge: () => unknown): boolean {
  try {
    judge();
    return true;
  } catch (error) {
    if (error instanceof TaskError) return false;
    throw error;
  }
}

/** What comes of a group for one target; nothing if the group itself is refused. */
function assignmentsOf(qlty: Qlty): readonly Assignment[] {
  const made: Assignment[] = [];
  isTaken(() => {
    const profile = { name: "", description: "", renditions: [toRendition(qlty)] };
    made.push(...assignRenditions(profile, [undefined]));
  });
  return made;
}

/** What comes of a group that asks for something; nothing if that changes nothing, as with fields for sound where there is none. */
function changedBy(asked: Asked, group: Qlty): readonly Assignment[] {
  const plain = JSON.stringify(assignmentsOf(group));
  const made = assignmentsOf({ ...group, ...asked });
  return Object.keys(asked).length > 0 && JSON.stringify(made) === plain ? [] : made;
}

/** The groups that ask for something in one of some ways, with one codec in one container. */
export const allOf = (asked: Asked | readonly Asked[], container: Container, codec: Codec) =>
  [asked]
    .flat()
    .flatMap((one: Asked) => groupsOf(container, codec).flatMap((group) => changedBy(one, group)));

/** Whether an engine makes files and sets that are asked for. */
export const isMade = (
  asked: Asked | readonly Asked[],
  container: Container,
  codec: Codec,
  capabilities: Capabilities,
): boolean =>
  allOf(asked, container, codec).some(
    (assignment) => assignmentFault(assignment, capabilities) === undefined,
  );

/** Where a live stream may go: live servers, and a file or a set that grows. */
const LIVE_TARGETS = ["rtmp://host/a/b", "srt://host:9000", "rtsp://host/a", "/live/a"];

/** Whether a live stream is made with what is asked for, at any target. */
export const isMadeLive = (
  asked: Asked | readonly Asked[],
  container: Container,
  codec: Codec,
  capabilities: Capabilities,
): boolean =>
  allOf(asked, container, codec).some((assignment) =>
    LIVE_TARGETS.some((url) => {
      const { targets } = placesOf("rtmp://host/in/put", [url], [assignment]);
      return isTaken(() => refuseImpossibleLive(assignment, targets, capabilities));
    }),
  );
