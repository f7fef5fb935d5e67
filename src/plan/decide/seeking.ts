import { demuxerOf } from "../../probe/formats.ts";
import type { AudioStream, MediaInfo } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";

/**
 * Formats without an index: in them ffmpeg seeks to any packet, and decodes nothing up to the next key frame, or finds
 * none at all. So they are read from their beginning, and the output is cut. A copy then begins at the first key frame
 * in the clip.
 */
const SOUGHT_BY_PACKET = "mpegts mpeg wtv h264 hevc m4v mpegvideo".split(" ");

/** Whether a seek in a source may lead to any packet, so that the source is read from its beginning instead. */
export const isSoughtByPacket = ({ format }: MediaInfo): boolean =>
  SOUGHT_BY_PACKET.includes(demuxerOf(format));

/** How much later than a source's main sound another one of it begins, in seconds. */
export function laterBy({ startSeconds }: AudioStream, media: MediaInfo): number {
  const { audio, startSeconds: first = 0 } = media;
  return (startSeconds ?? first) - (audio?.startSeconds ?? first);
}

/** How much later than a run's output the audio begins, in seconds; negative if a clip begins after it. */
export function audioLateSeconds(media: MediaInfo, clip: Clip | undefined): number {
  const first = media.startSeconds ?? 0;
  const late = (media.audio?.startSeconds ?? first) - first;
  return isSoughtByPacket(media) ? late : late - (clip?.startSeconds ?? 0);
}

/**
 * What is left to cut for filters. Output options cut what comes out of the filters; a sheet or a palette is made of many frames, so its
 * own filters have to cut them.
 */
export function ownClip(media: MediaInfo, clip: Clip | undefined): Clip | undefined {
  const ahead = isSoughtByPacket(media) ? 0 : (clip?.startSeconds ?? 0);
  return clip && { ...clip, startSeconds: clip.startSeconds - ahead };
}
