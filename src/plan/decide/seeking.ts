import { demuxerOf } from "../../probe/formats.ts";
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

/** How much later than a run's output the sound begins, in seconds; less than nothing where a clip begins after it. */
export function audioLateSeconds(media: MediaInfo, clip: Clip | undefined): number {
  const first = media.startSeconds ?? 0;
  const late = (media.audio?.startSeconds ?? first) - first;
  return isSoughtByPacket(media) ? late : late - (clip?.startSeconds ?? 0);
}
