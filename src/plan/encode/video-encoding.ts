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

/** How a video stream is encoded, as decided for its source. */
export type VideoEncoding = Size &
  RateLimits &
  Pick<VideoEncode, "codec" | "bitrateBps" | "rateMode" | "effort" | "bFrames" | "lowLatency"> & {
    readonly filters: VideoFilters;
    readonly rate: Rational;
    /** The distance between key frames, in frames. */
    readonly gopFrames: number;
    /** The level of H.264; left to its encoder if no level has room. */
    readonly level?: string;
    readonly isInterlaced: boolean;
    /** It is mapped from a high dynamic range, so it has to state that its colours are those of the standard one. */
    readonly isToneMapped: boolean;
    readonly captions: CaptionFate;
  };

/**
 * Decides how a video stream is encoded.
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
