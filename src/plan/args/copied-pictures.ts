import { toNumber } from "../../lib/rational.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { carrierOf } from "../../profile/container-rules.ts";
import { factsOf, type Written } from "../../profile/containers.ts";
import type { Filter } from "../encode/filters.ts";

/** Sources whose packets have no durations (MPEG-TS without a rate in its picture) or wrong ones (Matroska's default). */
const UNSURE = ["mpegts", "matroska"];

/** All filters for the packets of a copied video. */
export const copiedPictures = (media: MediaInfo, container: Written): readonly Filter[] => [
  ...repeatedSets(media, container),
  ...durations(media, container),
];

/**
 * Repeats the parameter sets of H.264 in front of each key frame. ffmpeg does that by itself, but not if key frames begin
 * open GOPs or are announced as scalable (SVC). So it is done here if a copy without it came out wrong.
 */
function repeatedSets({ video }: MediaInfo, container: Written): readonly Filter[] {
  const isWanted = video?.codec === "h264" && video.uncopied?.[container] !== undefined;
  return isWanted && factsOf(carrierOf(container, video.codec)).isBroadcast
    ? [{ name: "h264_mp4toannexb" }, { name: "dump_extra", options: { freq: "keyframe" } }]
    : [];
}

/**
 * Makes each picture of a copy last until the next one is decoded, and the last one at least as long as a frame. `pts`
 * and `dts` are given because `setts` would otherwise make presentation times from decoding times.
 */
function durations(media: MediaInfo, container: Written): readonly Filter[] {
  const rate = media.video?.framerate;
  if (!rate || toNumber(rate) <= 0) return [];
  if (!UNSURE.includes(demuxerOf(media.format)) || !factsOf(container).usesDurations) return [];
  const least = `max(DURATION,${rate.den}/(${rate.num}*TB))`;
  const duration = `if(gt(NEXT_DTS-DTS,0),NEXT_DTS-DTS,${least})`;
  return [{ name: "setts", options: { pts: "PTS", dts: "DTS", duration } }];
}
