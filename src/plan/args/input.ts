import { demuxerOf } from "../../probe/formats.ts";
import { longLook } from "../../probe/long-look.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";
import { isSoughtByPacket } from "../decide/seeking.ts";
import { formatSeconds } from "../encode/filters.ts";

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

/** The option that begins an input, or an output, where the clip begins. */
export const startArgs = (clip: Clip | undefined): readonly string[] =>
  clip && clip.startSeconds > 0 ? ["-ss", formatSeconds(clip.startSeconds)] : [];

/**
 * The options that cut each output to the clip. As an option of the input, `-t` would let one stream go on to its end if
 * another has ended before the clip.
 */
export const cutArgs = ({
  media,
  clip,
}: {
  readonly media: MediaInfo;
  readonly clip: Clip | undefined;
}): readonly string[] => [
  ...(isSoughtByPacket(media) ? startArgs(clip) : []),
  ...(clip?.durationSeconds === undefined ? [] : ["-t", formatSeconds(clip.durationSeconds)]),
];
