import { renditionsOf } from "../../profile/assign.ts";
import { factsOf } from "../../profile/containers.ts";
import type { Assignment, Rendition } from "../../profile/profile.ts";
import { AUDIO_ENCODERS, VIDEO_ENCODERS } from "../args/encoders.ts";
import type { Capabilities } from "../plan.ts";

/** What an engine can that takes live streams. */
const LIVE = "live";
/** The encoder of the texts that everything is made of. */
const TEXT = "webvtt";

/**
 * What a task needs of its worker: words in their order, with a space between two; an empty text is nothing. They are ffmpeg's names of encoders, and
 * `live`. An encoder of a device takes the place of one of software, and does not replace it.
 */
export function needsOf(assignments: readonly Assignment[], isLive: boolean): string {
  const words = new Set(renditionsOf(assignments).flatMap(encodersOf));
  if (isLive) words.add(LIVE);
  return [...words].toSorted().join(" ");
}

/** What an engine can, in the same words. */
export const abilitiesOf = ({ encoders, protocols }: Capabilities): readonly string[] => [
  ...encoders,
  ...(protocols.length > 0 ? [LIVE] : []),
];

function encodersOf({ container, video, audio, subtitles }: Rendition): readonly string[] {
  return [
    ...(typeof video === "object" ? [VIDEO_ENCODERS[video.codec]] : []),
    ...(typeof audio === "object" ? [AUDIO_ENCODERS[audio.codec]] : []),
    ...(subtitles ? [TEXT, factsOf(container).subtitles ?? TEXT] : []),
  ];
}
