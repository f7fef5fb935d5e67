import { demuxerOf } from "../../probe/formats.ts";
import { longLook } from "../../probe/long-look.ts";
import type { MediaInfo } from "../../probe/media.ts";

/** Formats whose demuxer numbers streams in the order of their first packets, which may differ in another connection. */
const NUMBERED_AS_THEY_COME = ["flv", "live_flv"];

/**
 * The specifier of a stream of an input that is opened after the probe: `0:1`. In FLV, which has one video and one audio
 * stream, it names the kind: `0:v:0`.
 *
 * @param input - the number of the input
 */
export function specifierOf(media: MediaInfo, kind: "video" | "audio", input = 0): string {
  const isNumbered = !NUMBERED_AS_THEY_COME.includes(demuxerOf(media.format));
  return `${input}:${isNumbered ? media[kind]?.index : `${kind[0]}:0`}`;
}

/** If packets of a stream are further apart than this, ffmpeg assumes that its clock begins anew. */
const APART_SECONDS_MAX = 300;

/** The input options for a source whose streams begin late, or have seconds between their packets. */
export const slowInput = (media: MediaInfo): readonly string[] =>
  media.beginsSlowly ? [...longLook(media), "-dts_delta_threshold", String(APART_SECONDS_MAX)] : [];
