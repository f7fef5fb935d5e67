import { greatestCommon, type Rational, reduced, toNumber } from "../../lib/rational.ts";
import type { VideoStream } from "../../probe/media.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import { frameRate, gopFrames, RATE_SLACK } from "../encode/framerate.ts";

/** How long segments of a film should be, in seconds; they are the whole number of GOPs that comes nearest to it. */
export const SEGMENT_SECONDS = 6;
/** With longer ones, players wait too long and switch too late. */
const SEGMENT_SECONDS_MAX = 20;

/** The video encodes of a set, with frame rates and key frames that meet, and how long the segments are. */
export type SetTiming = {
  readonly encodes: readonly VideoEncode[];
  readonly segmentSeconds: number;
};

/**
 * Gives the video encodes of a set frame rates and key frames that meet, so that all have the same segments.
 *
 * Capped rates become the highest one, or a whole part of it (59.94 and 29.97), with key frames at the same times. Frame
 * rates and GOPs that the profile fixes stay as they are.
 *
 * @param wantedSeconds - how long segments should be
 * @throws {TaskError} `output_not_supported` if their key frames do not meet within 20 s
 */
export function timeSet(
  encodes: readonly VideoEncode[],
  source: VideoStream,
  wantedSeconds = SEGMENT_SECONDS,
): SetTiming {
  const rates = encodes.map((encode) => frameRate(encode, source));
  const top = rates.reduce((one, other) => (toNumber(other) > toNumber(one) ? other : one), {
    num: 0,
    den: 1,
  });
  const timed = encodes.map((encode, index) =>
    encode.framerateMax === undefined || encode.framerate
      ? timedBy(encode, rates[index] ?? top, gopFrames(encode.gop, rates[index] ?? top))
      : partOf(encode, top, encode.framerateMax),
  );
  return { encodes: timed, segmentSeconds: segmentSecondsOf(timed, wantedSeconds) };
}

const timedBy = (encode: VideoEncode, framerate: Rational, frames: number): VideoEncode => ({
  ...encode,
  framerate,
  gop: { frames },
});

/** An encode at a whole part of the highest rate, no higher than the cap, with key frames where the highest rate has its own. */
function partOf(encode: VideoEncode, top: Rational, cap: number): VideoEncode {
  const divisor = Math.max(1, Math.ceil(toNumber(top) / (cap * RATE_SLACK)));
  const rate = reduced({ num: top.num, den: top.den * divisor });
  const { gop } = encode;
  if ("frames" in gop) return timedBy(encode, rate, gop.frames);
  // A GOP in frames of the highest rate, a multiple of the divisor. If the rate is kept, it is a multiple of 2, so that
  // the GOP is the same as that of an encode at half the rate.
  const unit = Math.max(2, divisor);
  const frames = Math.max(1, Math.round((gop.seconds * toNumber(top)) / unit)) * unit;
  return timedBy(encode, rate, frames / divisor);
}

/**
 * How long segments are, in seconds: the shortest time after which all encodes have a key frame together, as many times
 * as comes nearest to the wanted length. Only encodes whose frame rates are known count.
 *
 * @throws {TaskError} `output_not_supported`
 */
export function segmentSecondsOf(
  encodes: readonly VideoEncode[],
  wantedSeconds = SEGMENT_SECONDS,
): number {
  const distances = encodes.flatMap(({ gop, framerate }) =>
    "frames" in gop && framerate
      ? [reduced({ num: gop.frames * framerate.den, den: framerate.num })]
      : [],
  );
  const [first = { num: wantedSeconds, den: 1 }, ...others] = distances;
  const meeting = toNumber(others.reduce(leastCommon, first));
  if (meeting > SEGMENT_SECONDS_MAX)
    throw new TaskError(
      "output_not_supported",
      `Cannot make the set: key frames of its renditions meet every ${Math.round(meeting)} s alone, by their frame rates and GOP sizes`,
    );
  return meeting * Math.max(1, Math.round(wantedSeconds / meeting));
}

/** The least common multiple of two fractions in lowest terms. */
const leastCommon = (one: Rational, other: Rational): Rational => ({
  num: (one.num / greatestCommon(one.num, other.num)) * other.num,
  den: greatestCommon(one.den, other.den),
});
