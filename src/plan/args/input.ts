import { demuxerOf } from "../../probe/formats.ts";
import { longLook } from "../../probe/long-look.ts";
import type { MediaInfo } from "../../probe/media.ts";

/** Formats whose demuxer numbers streams as their first packets come: in another connection perhaps the other way round. */
const NUMBERED_AS_THEY_COME = ["flv", "live_flv"];

/**
 * How ffmpeg is told which stream to take of an input that is opened after the probe: `0:1`. Of FLV, which has one picture and one
 * sound, by its kind: `0:v:0`.
 *
 * @param input - the number of the input
 */
export function specifierOf(media: MediaInfo, kind: "video" | "audio", input = 0): string {
  const isNumbered = !NUMBERED_AS_THEY_COME.includes(demuxerOf(media.format));
  return `${input}:${isNumbered ? media[kind]?.index : `${kind[0]}:0`}`;
}

/** Where packets of a stream are further apart, ffmpeg takes a clock that begins anew. */
const APART_SECONDS_MAX = 300;

/** How a source is opened whose streams begin late, or have seconds between their packets. */
export const slowInput = (media: MediaInfo): readonly string[] =>
  media.beginsSlowly ? [...longLook(media), "-dts_delta_threshold", String(APART_SECONDS_MAX)] : [];
