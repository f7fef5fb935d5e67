import type { AudioCodec, VideoCodec } from "../../profile/codecs.ts";
import type { Effort } from "../../profile/profile.ts";

/** What ffmpeg calls the encoder of each video codec. */
export const VIDEO_ENCODERS: Readonly<Record<VideoCodec, string>> = {
  mpeg2: "mpeg2video",
  h264: "libx264",
  h265: "libx265",
  av1: "libsvtav1",
  vp9: "libvpx-vp9",
  gif: "gif",
  mjpeg: "mjpeg",
  webp: "libwebp",
  awebp: "libwebp_anim",
  avif: "libsvtav1",
  png: "png",
};

/** What ffmpeg calls the encoder of each audio codec. Its own AAC encoder makes no HE-AAC v2; libfdk_aac does. */
export const AUDIO_ENCODERS: Readonly<Record<AudioCodec, string>> = {
  aac: "aac",
  aache2: "libfdk_aac",
  mp3: "libmp3lame",
  ac3: "ac3",
  mp2: "mp2",
  opus: "libopus",
};

/**
 * How much time an encoder takes: its preset or, for vp9, its speed. Others have no such choice.
 *
 * `highQuality` is about three times as slow as the default, `highPerformance` about twice as fast.
 */
export const EFFORTS: Readonly<
  Record<"h264" | "h265" | "vp9" | "av1", Readonly<Record<Effort, string>>>
> = {
  h264: { default: "veryfast", highQuality: "slow", highPerformance: "superfast" },
  h265: { default: "veryfast", highQuality: "medium", highPerformance: "ultrafast" },
  vp9: { default: "4", highQuality: "2", highPerformance: "5" },
  av1: { default: "8", highQuality: "6", highPerformance: "10" },
};

/** Time to encode a pixel, as a multiple of libx264's at `veryfast`: for the shares of the percent, so roughly. */
export const VIDEO_COSTS: Readonly<Record<VideoCodec, number>> = {
  mpeg2: 0.5,
  h264: 1,
  h265: 2.5,
  av1: 3,
  vp9: 5,
  gif: 1,
  mjpeg: 0.2,
  webp: 1,
  awebp: 3,
  avif: 3,
  png: 0.5,
};
