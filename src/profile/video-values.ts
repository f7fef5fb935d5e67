import type { VideoCodec } from "./codecs.ts";

// Apart from the other fields of parameter groups, as the names of system profiles are read at each start by these.

/** Values of `format`, the video codec; `copy` keeps the source's stream, `none` leaves video out; `mjpeg` and those after it each suit one container alone. */
export const VIDEO_FORMATS = [
  "mpeg2",
  "h264",
  "h265",
  "copy",
  "av1",
  "vp9",
  "mjpeg",
  "gif",
  "webp",
  "awebp",
  "avif",
  "png",
  "none",
] as const;

/** The codecs whose encoders have `low_latency`. */
export const LOW_LATENCY_CODECS: readonly VideoCodec[] = ["h264", "h265"];

/** The smallest `width` and `height`, in pixels. */
export const SIZE_MIN = 64;

/** The largest `width` and `height`, in pixels. This limit is ours; the Profile API's is 4096. */
export const SIZE_MAX = 8192;
