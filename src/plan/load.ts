import { toNumber } from "../lib/rational.ts";
import type { MediaInfo } from "../probe/media.ts";
import type { VideoCodec } from "../profile/codecs.ts";
import { drawnBy } from "./args/drawn/drawn-outputs.ts";
import { VIDEO_COSTS } from "./args/encoders.ts";
import { type OutputDecision, videosOf } from "./decide/output-decision.ts";
import { mostBps } from "./encode/quality.ts";
import type { VideoEncoding } from "./encode/video-encoding.ts";
import type { Load } from "./plan.ts";
import { totalOf } from "./verify/finished-set.ts";

/**
 * The memory that an encoder holds for each pixel of a picture, in bytes: some three times what was measured of its address space
 * with FFmpeg 5.1 and 9.0 on two cores (110 for libx264 at `veryfast`, 170 for libx265, 520 for SVT-AV1, 115 for libvpx).
 */
const ENCODER_BYTES: Readonly<Record<VideoCodec, number>> = {
  h264: 400,
  h265: 500,
  av1: 1_500,
  vp9: 400,
  mpeg2: 150,
  gif: 150,
  mjpeg: 150,
  webp: 150,
  awebp: 300,
  avif: 1_500,
  png: 150,
};
/** The same for a decoder, which keeps up to 16 pictures of up to three bytes for each pixel, and for filters. */
const DECODER_BYTES = 80;

/** The same for a watermark, which is read and scaled in 8 bytes for each pixel. */
const MARK_BYTES = 40;

/** What a stream may take: of a quality its ceiling, or whatever its noise takes. */
const mostOf = (video: VideoEncoding): number =>
  video.quality === undefined ? video.bitrateBps : (video.maxrateBps ?? mostBps(video, video.rate));

/** How much work it is to make outputs of a source by one run. @param pixelsPerSecond - what is decoded and encoded, as `Load` has it */
export function loadOf(
  decisions: readonly OutputDecision[],
  { video, durationSeconds = 0 }: MediaInfo,
  pixelsPerSecond: number,
): Load {
  const videos = decisions.flatMap(videosOf);
  const sizes = videos.map(({ width, height }) => width * height);
  const encoding = videos.map(({ width, height, codec }) => width * height * ENCODER_BYTES[codec]);
  const sounds = decisions.flatMap(({ audio, set, sounds: chosen = [] }) => [
    ...chosen.map((one) => one.audio).filter((one) => one !== "copy"),
    ...(audio ? [audio] : []),
    ...(set?.audios ?? []).filter((one) => one !== "copy"),
  ]);
  return {
    encodes: videos.length,
    pixels: totalOf(sizes),
    memoryBytes:
      totalOf(encoding) +
      (video ? video.width * video.height * DECODER_BYTES : 0) +
      totalOf(videos.map(({ mark }) => (mark ? mark.pixels * MARK_BYTES : 0))),
    pixelsPerSecond,
    bitsPerSecond: totalOf([...videos, ...sounds].map(({ bitrateBps }) => bitrateBps)),
    ...(videos.some(({ quality }) => quality !== undefined) && {
      mostBitsPerSecond: totalOf([...videos.map(mostOf), ...sounds.map((one) => one.bitrateBps)]),
    }),
    seconds: durationSeconds,
  };
}

/** The same for a run that makes a part of the media alone, as if it were spread over all of it. */
export const partOf = (load: Load, part: number): Load => ({
  ...load,
  pixelsPerSecond: load.pixelsPerSecond * part,
  bitsPerSecond: load.bitsPerSecond * part,
  ...(load.mostBitsPerSecond !== undefined && { mostBitsPerSecond: load.mostBitsPerSecond * part }),
});

/** What the pictures of subtitles that are to be drawn come to in a second, in pixels that are encoded. */
const DRAWN_COST = 2_000_000;

/** What taking out subtitles that are pictures comes to, which are drawn anew for each change; nothing if there are none. */
export const drawnLoad = (decisions: readonly OutputDecision[], media: MediaInfo) =>
  drawnBy(decisions).some(({ isText }) => !isText) && {
    ...{ load: loadOf([], media, DRAWN_COST), cost: DRAWN_COST },
  };

/** The cost of a copy or an audio encode: next to nothing, but the percent must move. */
export const COST_MIN = 50_000;
/** The cost of decoding a pixel, as a part of encoding it with libx264 at `veryfast`. */
const DECODE_COST = 0.2;

/** How much a run of some outputs costs, in pixels that are encoded per second of media. */
export function costOf(decisions: readonly OutputDecision[], { video }: MediaInfo): number {
  if (!video) return COST_MIN;
  const encodings = decisions.flatMap(videosOf);
  if (encodings.length === 0) return COST_MIN;
  const pixels = encodings.map(
    ({ width, height, rate, codec }) => width * height * toNumber(rate) * VIDEO_COSTS[codec],
  );
  const rate = video.framerate ? toNumber(video.framerate) : 25;
  const decoded = video.width * video.height * rate * DECODE_COST;
  return pixels.reduce((sum, one) => sum + one, COST_MIN + decoded);
}
