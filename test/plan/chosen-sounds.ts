import { planTask } from "../../src/plan/plan-task.ts";
import type { AudioStream, MediaInfo } from "../../src/probe/media.ts";
import { assignRenditions } from "../../src/profile/assign.ts";
import type { Sound } from "../../src/profile/fields/sound.ts";
import type { AudioEncode, Rendition } from "../../src/profile/profile.ts";
import { TaskError } from "../../src/task/errors.ts";
import { aCapabilities, aMedia, anAudio, anAudioStream, aRendition } from "./builders.ts";

const { samplerateHz: _, channels: __, ...asked } = anAudio();

/** An encode of sound with the rate and the channels of its source. */
export const ASKED: AudioEncode = asked;

const FILTERS = ["ebur128", "volume", "alimiter"];

/** A minute of sounds: English in AC-3 5.1, French with a title, and a commentary. */
export const SOUNDS: readonly AudioStream[] = [
  anAudioStream({ index: 1, codec: "ac3", channels: 6, layout: "5.1(side)", language: "eng" }),
  anAudioStream({ index: 2, codec: "mp3", language: "fr", title: "VF", dispositions: ["dub"] }),
  anAudioStream({ index: 4, codec: "mp3", language: "eng", dispositions: ["comment"] }),
];

/** A minute of mp4 with these sounds; the first is the main one. */
export const mediaOf = (sounds = SOUNDS, fields: Partial<MediaInfo> = {}): MediaInfo => {
  const { video, audio: ___, ...media } = aMedia();
  const [audio] = sounds;
  const streams = [...(video ? [video] : []), ...sounds];
  return { ...media, ...(video && { video }), ...(audio && { audio }), streams, ...fields };
};

/** A plan for one target of `aRendition` with chosen sounds. */
export const planOf = (
  sound: Sound,
  fields: Partial<Rendition> = {},
  media = mediaOf(),
  more = {},
) => {
  const rendition = aRendition({ audio: ASKED, ...fields, sound });
  const profile = { name: "mine", description: "", renditions: [rendition] };
  const assignments = assignRenditions(profile, [undefined]);
  const capabilities = aCapabilities({ filters: [...aCapabilities().filters, ...FILTERS] });
  return planTask({ assignments, tag: "t1" }, media, { ...capabilities, ...more });
};

/** The error with which planning fails. */
export function refusalOf(plan: () => unknown): TaskError {
  try {
    plan();
  } catch (error) {
    if (error instanceof TaskError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
