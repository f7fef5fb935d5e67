import { renditionsOf } from "../profile/assign.ts";
import { isOfSource } from "../profile/containers.ts";
import type { Assignment, Rendition } from "../profile/profile.ts";
import { type FieldError, TaskError } from "../task/errors.ts";
import type { Capabilities } from "./plan.ts";

/** The file that joined sources are written to, in the work folder. */
export const JOINED_FILE = "joined.mkv";

/** What it holds: without loss, and in no codec that an output could be a copy of. */
export const JOINED_VIDEO = "ffv1";
/** The same for its sound. */
export const JOINED_AUDIO = "pcm_s16le";

const FILTERS = ["concat", "trim", "atrim", "color", "anullsrc", "apad", "tpad", "aformat"];

const refuse = (message: string, fields: readonly FieldError[]): TaskError =>
  new TaskError("output_not_supported", `Cannot join the sources: ${message}`, { fields });

const copies = ({ container, video, audio }: Rendition): boolean =>
  isOfSource(container) || video === "copy" || audio === "copy";

/**
 * Refuses to join sources where no engine here can, or where an output is to be a copy.
 *
 * @throws {TaskError} `output_not_supported`
 */
export function refuseImpossibleJoin(
  assignments: readonly Assignment[],
  { streamsOutput, encoders, filters }: Capabilities,
): void {
  const fields = (message: string) => [{ path: "sources", message }];
  const lack = [
    ...[JOINED_VIDEO, JOINED_AUDIO].map((name) => ({ kind: "encoder", name, all: encoders })),
    ...FILTERS.map((name) => ({ kind: "filter", name, all: filters })),
  ].find(({ name, all }) => !all.includes(name));
  if (streamsOutput) {
    const message = "there is no disk here to join them on";
    throw refuse(message, fields(message));
  }
  if (lack) {
    const message = `the engine here has no ${lack.kind} ${lack.name}`;
    throw refuse(message, fields(message));
  }
  const message = renditionsOf(assignments)
    .map(losing)
    .find((why) => why !== undefined);
  if (message !== undefined) throw refuse(message, fields(message));
}

/** Whether a rendition chooses among the sounds of its source, so that all of them have to be joined. */
export const choosesSounds = (assignments: readonly Assignment[]): boolean =>
  renditionsOf(assignments).some(({ sound }) => sound?.tracks !== undefined);

/** What a rendition asks for of its source that is not in what was joined; undefined if there is nothing of it. */
function losing(rendition: Rendition): string | undefined {
  const { video, subtitles, captions, metadata, sound } = rendition;
  if (copies(rendition)) return "what is joined cannot be copied, and a profile of the task copies";
  if (subtitles) return "subtitles are not joined, and a profile of the task takes some over";
  if (captions && (captions.isExtracted || captions.pictures === "keep"))
    return "captions are not joined, and a profile of the task keeps or extracts them";
  if (typeof video === "object" && video.burnIn !== undefined)
    return "subtitles are not joined, and a profile of the task draws some";
  if (metadata) return "tags and chapters are not joined, and a profile of the task keeps some";
  return losingOfVideo(video) ?? losingOfSound(sound);
}

function losingOfVideo(video: Rendition["video"]): string | undefined {
  if (typeof video !== "object") return undefined;
  if (video.dynamicRange === "source")
    return "what is joined has the standard range, and a profile of the task keeps the source's";
  if (!video.progressive || video.deinterlace)
    return "what is joined is progressive, and a profile of the task says what becomes of fields";
  if (video.skipsLarger)
    return "what is joined cannot be copied, and skip_if_larger of a profile of the task may have to";
  return undefined;
}

function losingOfSound(sound: Rendition["sound"]): string | undefined {
  if (sound?.mix === "mono_pairs")
    return "sounds are joined as they are, and a profile of the task makes pairs of them";
  // It is measured for the plan, by when nothing is joined.
  if (sound?.loudnessLufs !== undefined)
    return "what is joined cannot be measured before, and a profile of the task asks for a loudness";
  return undefined;
}
