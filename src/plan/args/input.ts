import { demuxerOf } from "../../probe/formats.ts";
import { longLook } from "../../probe/long-look.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";

/**
 * Formats without an index: ffmpeg seeks in them to any packet, and decodes nothing up to the next key frame, or finds none at all.
 * They are read from their beginning, and cut behind that. A copy then begins at the first key frame in the clip.
 */
const SOUGHT_BY_PACKET = "mpegts mpeg wtv h264 hevc m4v mpegvideo".split(" ");

/** Whether a seek in a source leads to any packet, so that the source is read from its beginning instead. */
export const isSoughtByPacket = ({ format }: MediaInfo): boolean =>
  SOUGHT_BY_PACKET.includes(demuxerOf(format));

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

/** How much later than a run's output the sound begins, in seconds; less than nothing where a clip begins after it. */
export function soundLateSeconds(media: MediaInfo, clip: Clip | undefined): number {
  const first = media.startSeconds ?? 0;
  const late = (media.audio?.startSeconds ?? first) - first;
  return isSoughtByPacket(media) ? late : late - (clip?.startSeconds ?? 0);
}

/** To the microsecond, ffmpeg's own unit; it reads no exponents. */
export const formatSeconds = (seconds: number): string => String(Math.round(seconds * 1e6) / 1e6);

/** Where packets of a stream are further apart, ffmpeg takes a clock that begins anew. */
const APART_SECONDS_MAX = 300;

/** How a source is opened whose streams begin late, or have seconds between their packets. */
export const slowInput = (media: MediaInfo): readonly string[] =>
  media.beginsSlowly ? [...longLook(media), "-dts_delta_threshold", String(APART_SECONDS_MAX)] : [];
