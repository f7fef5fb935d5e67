import { type Rational, toNumber } from "../../lib/rational.ts";
import type { VideoStream } from "../../probe/media.ts";
import { isRateless } from "../../profile/codecs.ts";
import { wholeSize } from "../../profile/fields/contact-sheet.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import type { HardwareEncoder } from "../device/hardware.ts";
import type { FurtherFile } from "../further.ts";
import type { KeptColour } from "../plan.ts";
import { type CaptionFate, captionFate, NO_CAPTION_ABILITIES } from "./captions.ts";
import { isHdr } from "./colours/hdr.ts";
import { keptColour } from "./colours/kept-colour.ts";
import { frameRate, gopFrames } from "./framerate.ts";
import { h264Level } from "./h264-level.ts";
import { type Mark, markOf } from "./overlay/watermark.ts";
import { encodable, outputPicture, type Size } from "./picture.ts";
import { usualBps } from "./quality.ts";
import { type RateLimits, rateLimits } from "./rate-control.ts";
import { staysInterlaced, type VideoFilters, videoFilters } from "./video-filters.ts";

/** How a video stream is encoded, as decided for its source. */
export type VideoEncoding = Size &
  Partial<RateLimits> &
  Pick<VideoEncode, "codec" | "rateMode" | "effort" | "bFrames" | "lowLatency"> &
  Pick<
    VideoEncode,
    | "quality"
    | "qualityTarget"
    | "measuresQuality"
    | "encoderOptions"
    | "loop"
    | "drawn"
    | "contactSheet"
    | "waveform"
  > & {
    /** Asked for; of a quality, what it is expected to take. */
    readonly bitrateBps: number;
    /** Asked for a gif, whose palette follows it: what it takes is not known before. */
    readonly wantedBps?: number;
    readonly filters: VideoFilters;
    readonly rate: Rational;
    /** The distance between key frames, in frames. */
    readonly gopFrames: number;
    /** The level of H.264; left to its encoder if no level has room. */
    readonly level?: string;
    readonly isInterlaced: boolean;
    /** Its encoder has no assembly (`lean-x264.ts`). */
    readonly isLean?: true;
    /** It is mapped from a high dynamic range, so it has to state that its colours are those of the standard one. */
    readonly isToneMapped: boolean;
    /** Present if it keeps the colours of the source, in 10 bits. */
    readonly colour?: KeptColour;
    readonly captions: CaptionFate;
    /** What is laid over its pictures, behind all filters. */
    readonly mark?: Mark;
    /** Present if a device encodes it. */
    readonly hardware?: HardwareEncoder;
    /** Present if it was made before, and is copied: the stream of its run that it is read from (`1:0`). */
    readonly made?: string;
  };

/**
 * Decides how a video stream is encoded.
 *
 * @param further - what is read beside the source
 * @param abilities - `captionAbilities`
 * @throws {TaskError} `output_not_supported`, as `outputPicture`
 */
export function videoEncoding(
  encode: VideoEncode,
  source: VideoStream,
  abilities = NO_CAPTION_ABILITIES,
  further: readonly FurtherFile[] = [],
): VideoEncoding {
  const { codec, rateMode, effort, bFrames, lowLatency, quality, encoderOptions } = encode;
  const picture = outputPicture(encode, source);
  const { width, height } = encodable(wholeSize(picture, encode.contactSheet));
  const rate = frameRate(encode, source);
  const captions = captionFate(encode, source, abilities);
  const limits = rateLimits(encode);
  // Without a ceiling the encoder itself finds the level, by the size.
  const level = codec === "h264" && limits ? h264Level(picture, toNumber(rate), limits) : undefined;
  const bitrateBps = expectedBps(encode, picture, rate);
  const colour = keptColour(encode, source);
  const isToneMapped = isHdr(source) && !colour;
  const look = { width, height, isToneMapped, ...(colour && { colour }) };
  const mark = markOf(encode, look, source, further);
  return {
    ...{ codec, bitrateBps, rateMode, effort, width, height, rate, captions, ...limits },
    ...(codec === "gif" && encode.bitrateBps !== undefined && { wantedBps: encode.bitrateBps }),
    ...(bFrames !== undefined && { bFrames }),
    ...(lowLatency && { lowLatency }),
    ...(level !== undefined && { level }),
    ...(quality !== undefined && { quality }),
    ...(encode.qualityTarget && { qualityTarget: encode.qualityTarget }),
    ...(encode.measuresQuality && { measuresQuality: true }),
    ...(encoderOptions && { encoderOptions }),
    ...(encode.loop !== undefined && { loop: encode.loop }),
    ...(encode.drawn && { drawn: encode.drawn }),
    ...(encode.contactSheet && { contactSheet: encode.contactSheet }),
    ...(colour && { colour }),
    filters: videoFilters(encode, source, { picture, rate, captions, colour }),
    gopFrames: gopFrames(encode.gop, rate),
    isInterlaced: staysInterlaced(encode, source),
    isToneMapped,
    ...(mark && { mark }),
  };
}

/** What a pixel of a film or a picture that takes no bitrate may come to: noise of 256 colours, and of all of them. */
const RATELESS_BITS_PER_PIXEL = 12;

function expectedBps(encode: VideoEncode, picture: Size, rate: Rational): number {
  const { codec, bitrateBps, quality } = encode;
  if (isRateless(codec))
    return Math.round(picture.width * picture.height * toNumber(rate) * RATELESS_BITS_PER_PIXEL);
  if (quality === undefined) return bitrateBps ?? 0;
  return Math.min(bitrateBps ?? Number.POSITIVE_INFINITY, usualBps(quality, picture, rate));
}
