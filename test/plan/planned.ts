import type { Plan } from "../../src/plan/plan.ts";
import { type PlanRequest, planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import { aCapabilities, aMedia, anAudio, aRendition } from "./builders.ts";

/** Plans for renditions that differ from `aRendition`, each with one target. */
export function planOf(
  renditions: readonly Partial<Rendition>[],
  media: MediaInfo = aMedia(),
  request: Partial<PlanRequest> = {},
): Plan {
  const assignments = renditions.map((fields, index) => ({
    rendition: aRendition(fields),
    targets: [index],
  }));
  return planTask({ assignments, tag: "t1", ...request }, media, aCapabilities());
}

/** The arguments of each step, as one text. */
export const argsOf = ({ steps }: Plan): readonly string[] =>
  steps.map(({ args }) => args.join(" "));

/** Both streams as they are. */
export const COPY: Partial<Rendition> = { video: "copy", audio: "copy" };

/** `audio_mp3_320kbps`. */
export const MP3: Partial<Rendition> = {
  container: "mp3",
  video: "none",
  audio: anAudio({ codec: "mp3", bitrateBps: 320_000 }),
};

/** What begins an output of both streams. */
export const MAPPED = "-map 0:0 -map 0:1 -sn -dn -map_metadata -1 -map_chapters -1";
/** The filters that fit a square-pixelled picture into a size. */
export const BOX = (size: string) =>
  `scale=${size}:force_original_aspect_ratio=decrease:force_divisible_by=2,pad=${size}:(ow-iw)/2:(oh-ih)/2,setsar=1`;
/** The video of `aRendition` from `aMedia`. */
export const X264_720 =
  `-vf ${BOX("1280:720")},fps=30,format=yuv420p ` +
  "-c:v libx264 -preset veryfast -profile:v high -level 3.1 -b:v 1600k -maxrate 1600k -bufsize 3200k " +
  "-g 60 -keyint_min 60 -sc_threshold 0 -fps_mode vfr";
/** The audio of `aRendition`. */
export const AAC =
  "-af aresample=async=1,aformat=channel_layouts=stereo -c:a aac -b:a 128k -ar 48000";
