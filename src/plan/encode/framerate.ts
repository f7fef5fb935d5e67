import { type Rational, toNumber } from "../../lib/rational.ts";
import type { VideoStream } from "../../probe/media.ts";
import type { Gop, VideoEncode } from "../../profile/profile.ts";

const whole = (num: number): Rational => ({ num, den: 1 });
const ntsc = (num: number): Rational => ({ num: num * 1000, den: 1001 });

/** The frame rates that MPEG-2 allows. */
const MPEG2_RATES = [
  ntsc(24),
  whole(24),
  whole(25),
  ntsc(30),
  whole(30),
  whole(50),
  ntsc(60),
  whole(60),
];

/** The usual rates, one of which an uneven source gets: those of cameras and screens, and slow ones of recordings. */
const USUAL_RATES = [
  ...[1, 2, 3, 4, 5, 6, 8, 10, 12, 15].map(whole),
  ...MPEG2_RATES,
  ...[48, 90, 100, 120].map(whole),
];

/** The rate if the source does not say: the most common one in files without time stamps. */
const RATE_UNKNOWN = whole(25);

/** Averages are rounded, so 30.003 does not exceed 30. */
export const RATE_SLACK = 1.001;

/** A divided rate below this part of the cap would waste too much of it: with a cap of 30, 31 becomes 30, not 15.5. */
const CAP_USE_MIN = 0.75;

/**
 * The frame rate of an output: the one asked for, or the source's up to the cap, kept rational (59.94 capped at 30 is
 * 30000/1001). An uneven source gets the usual rate nearest to its average.
 */
export const frameRate = (encode: VideoEncode, source: VideoStream): Rational =>
  encode.framerate ?? cappedRate(encode, source);

/** Whether an output has more frames than its source. */
export const isSped = (rate: Rational, { framerate = RATE_UNKNOWN }: VideoStream): boolean =>
  toNumber(rate) > toNumber(framerate) * RATE_SLACK;

/**
 * ffmpeg's mode for the even frames that come out of the filters; its default differs between muxers and versions. `vfr`
 * takes them as they are, even if the first one comes late. `cfr` makes them begin at zero, for segments, whose players
 * expect all streams to begin together.
 */
export const frameMode = (isSegmented: boolean): "cfr" | "vfr" => (isSegmented ? "cfr" : "vfr");

/** The distance between key frames, in frames. */
export const gopFrames = (gop: Gop, rate: Rational): number =>
  "frames" in gop ? gop.frames : Math.max(1, Math.round(gop.seconds * toNumber(rate)));

/** Whether each field of a source becomes a frame. */
export const isBobbed = ({ deinterlace }: VideoEncode, { isInterlaced }: VideoStream): boolean =>
  deinterlace === "bob" && isInterlaced;

function cappedRate(encode: VideoEncode, source: VideoStream): Rational {
  const { codec, framerateMax } = encode;
  const { num, den } = source.framerate ?? RATE_UNKNOWN;
  const own = isBobbed(encode, source) ? { num: num * 2, den } : { num, den };
  const even = source.isVariableRate ? nearest(USUAL_RATES, toNumber(own)) : own;
  const capped = framerateMax === undefined ? even : cap(even, framerateMax);
  return codec === "mpeg2" ? nearest(MPEG2_RATES, toNumber(capped)) : capped;
}

/** Every n-th frame, for even motion, if that comes close to the cap; otherwise the cap itself. */
function cap(rate: Rational, max: number): Rational {
  const divisor = Math.ceil(toNumber(rate) / (max * RATE_SLACK));
  if (divisor <= 1) return rate;
  const value = toNumber(rate) / divisor;
  if (value < max * CAP_USE_MIN) return whole(max);
  return rate.num % divisor === 0
    ? { num: rate.num / divisor, den: rate.den }
    : { num: rate.num, den: rate.den * divisor };
}

function nearest(rates: readonly Rational[], value: number): Rational {
  const distance = (rate: Rational) => Math.abs(toNumber(rate) - value);
  return rates.reduce(
    (best, rate) => (distance(rate) < distance(best) ? rate : best),
    RATE_UNKNOWN,
  );
}
