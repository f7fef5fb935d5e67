import { toNumber } from "../../lib/rational.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { carrierOf } from "../../profile/container-rules.ts";
import { factsOf, type Written } from "../../profile/containers.ts";
import type { Filter } from "../encode/filters.ts";

/** Sources whose packets have no durations (MPEG-TS without a rate in its picture) or wrong ones (Matroska's default). */
const UNSURE = ["mpegts", "matroska"];

/** All that is done to the packets of a copied picture. */
export const copiedPictures = (media: MediaInfo, container: Written): readonly Filter[] => [
  ...repeatedSets(media, container),
  ...durations(media, container),
];

/**
 * Repeats the parameter sets of H.264 in front of each key frame. ffmpeg does that of itself, but not where key frames are of open
 * groups of pictures, or are announced (SVC): so it is done where a copy was wrong.
 */
function repeatedSets({ video }: MediaInfo, container: Written): readonly Filter[] {
  const isWanted = video?.codec === "h264" && video.uncopied?.[container] !== undefined;
  return isWanted && factsOf(carrierOf(container, video.codec)).isBroadcast
    ? [{ name: "h264_mp4toannexb" }, { name: "dump_extra", options: { freq: "keyframe" } }]
    : [];
}

/**
 * Has each picture of a copy last until the next one is decoded, and the last one a picture's time at least. Its own times are said
 * again: `setts` would make presentation times of decoding times.
 */
function durations(media: MediaInfo, container: Written): readonly Filter[] {
  const rate = media.video?.framerate;
  if (!rate || toNumber(rate) <= 0) return [];
  if (!UNSURE.includes(demuxerOf(media.format)) || !factsOf(container).usesDurations) return [];
  const least = `max(DURATION,${rate.den}/(${rate.num}*TB))`;
  const duration = `if(gt(NEXT_DTS-DTS,0),NEXT_DTS-DTS,${least})`;
  return [{ name: "setts", options: { pts: "PTS", dts: "DTS", duration } }];
}
