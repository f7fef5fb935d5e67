import { type Rational, toNumber } from "../lib/rational.ts";
import type { VideoStream } from "../probe/media.ts";
import type { VideoCodec, VideoEncode } from "../profile/profile.ts";
import { frameRate } from "./framerate.ts";
import type { Capabilities } from "./plan.ts";
import { isHdr } from "./video-filters.ts";

/** The rates of frames that ffmpeg spreads captions over; of those, as low ones as still have room for them. */
const CAPTION_RATES: readonly Rational[] = [
  { num: 24_000, den: 1001 },
  { num: 24, den: 1 },
  { num: 30_000, den: 1001 },
  { num: 30, den: 1 },
  { num: 60_000, den: 1001 },
  { num: 60, den: 1 },
];
/** Codecs whose encoders write captions (CEA-608/708, two bytes or some more a frame); others leave them all out. */
const CAPTIONED: readonly VideoCodec[] = ["h264", "mpeg2"];

/**
 * Whether this ffmpeg's filter for frame rates carries captions from dropped frames to those that are kept (6.1 on).
 *
 * That cannot be asked for itself; the muxer of raw captions came soon after (7.0).
 */
export const carriesCaptions = ({ muxers }: Capabilities): boolean => muxers.includes("rcwt");

/** Whether the captions in a source's frames come out whole: each frame stays, or its captions move to another. */
export function keepsCaptions(
  encode: VideoEncode,
  source: VideoStream,
  areCarried: boolean,
): boolean {
  if (!CAPTIONED.includes(encode.codec) || isHdr(source) || source.hasHdrData) return false;
  const { rate, isForced } = frameRate(encode, source);
  const value = toNumber(rate);
  if (areCarried && isForced) {
    if (CAPTION_RATES.some((one) => toNumber(one) === value)) return true;
  }
  const own = source.framerate && toNumber(source.framerate);
  return own === value && !source.isVariableRate;
}

/** The filter that takes captions off the frames where an encoder would write what is left of them. */
export function captionFilters(
  encode: VideoEncode,
  source: VideoStream,
  areCarried: boolean,
): readonly string[] {
  if (!CAPTIONED.includes(encode.codec) || isHdr(source) || source.hasHdrData) return [];
  return keepsCaptions(encode, source, areCarried) ? [] : ["sidedata=mode=delete:type=A53_CC"];
}
