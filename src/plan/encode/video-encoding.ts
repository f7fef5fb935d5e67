import { type Rational, toNumber } from "../../lib/rational.ts";
import type { VideoStream } from "../../probe/media.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import { type CaptionFate, captionFate } from "./captions.ts";
import { frameRate, gopFrames } from "./framerate.ts";
import { h264Level } from "./h264-level.ts";
import { isHdr } from "./hdr.ts";
import { outputPicture, type Size } from "./picture.ts";
import { type RateLimits, rateLimits } from "./rate-control.ts";
import { staysInterlaced, type VideoFilters, videoFilters } from "./video-filters.ts";

/** How a video stream is encoded, all of it decided for its source. */
export type VideoEncoding = Size &
  RateLimits &
  Pick<VideoEncode, "codec" | "bitrateBps" | "rateMode" | "effort" | "bFrames" | "lowLatency"> & {
    readonly filters: VideoFilters;
    readonly rate: Rational;
    /** The distance of key frames, in frames. */
    readonly gopFrames: number;
    /** Of H.264; left to its encoder where no level has room. */
    readonly level?: string;
    readonly isInterlaced: boolean;
    /** It was mapped from a high dynamic range, and has to say that its colours are those of the standard one. */
    readonly isToneMapped: boolean;
    readonly captions: CaptionFate;
  };

/**
 * Decides how a video stream is encoded of a source.
 *
 * @param areCaptionsCarried - `carriesCaptions`
 * @throws {TaskError} `output_not_supported`, as `outputPicture`
 */
export function videoEncoding(
  encode: VideoEncode,
  source: VideoStream,
  areCaptionsCarried = false,
): VideoEncoding {
  const { codec, bitrateBps, rateMode, effort, bFrames, lowLatency } = encode;
  const picture = outputPicture(encode, source);
  const { width, height } = picture;
  const rate = frameRate(encode, source);
  const captions = captionFate(encode, source, areCaptionsCarried);
  const limits = rateLimits(encode);
  const level = codec === "h264" ? h264Level(picture, toNumber(rate), limits) : undefined;
  return {
    ...{ codec, bitrateBps, rateMode, effort, width, height, rate, captions, ...limits },
    ...(bFrames !== undefined && { bFrames }),
    ...(lowLatency && { lowLatency }),
    ...(level !== undefined && { level }),
    filters: videoFilters(encode, source, picture, rate, captions),
    gopFrames: gopFrames(encode.gop, rate),
    isInterlaced: staysInterlaced(encode, source),
    isToneMapped: isHdr(source),
  };
}
