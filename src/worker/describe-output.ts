import { toNumber } from "../lib/rational.ts";
import type { Product } from "../plan/plan.ts";
import type { MediaInfo } from "../probe/media.ts";
import type { Output } from "../task/task.ts";

/**
 * What callers are told of a finished output: probed from the file, never taken from the plan.
 *
 * @param sizeBytes - of the file, or of a playlist and all its segments together
 */
export function describeOutput(product: Product, media: MediaInfo, sizeBytes: number): Output {
  const { video, audio } = media;
  const durationSeconds =
    media.durationSeconds ?? video?.durationSeconds ?? audio?.durationSeconds ?? 0;
  const isTurned = video?.rotation === 90 || video?.rotation === 270;
  return {
    sizeBytes,
    durationSeconds,
    container: product.container,
    bitrateBps: durationSeconds > 0 ? Math.round((sizeBytes * 8) / durationSeconds) : 0,
    ...(video && {
      video: {
        codec: video.codec,
        width: isTurned ? video.height : video.width,
        height: isTurned ? video.width : video.height,
        framerate: video.framerate ? Math.round(toNumber(video.framerate) * 1000) / 1000 : 0,
        ...(video.bitrateBps !== undefined && { bitrateBps: video.bitrateBps }),
      },
    }),
    ...(audio && {
      audio: {
        codec: audio.codec,
        channels: audio.channels,
        samplerateHz: audio.samplerateHz,
        ...(audio.bitrateBps !== undefined && { bitrateBps: audio.bitrateBps }),
      },
    }),
  };
}
