import { greatestCommon, type Rational, toNumber } from "../../lib/rational.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo, VideoStream } from "../../probe/media.ts";
import { codecName, type VideoCodec } from "../../profile/codecs.ts";
import { factsOf } from "../../profile/containers.ts";
import type { Clip } from "../../task/task.ts";
import { drawnBy } from "../args/drawn/drawn-outputs.ts";
import { isFilledAndCopied } from "../args/runs.ts";
import { type OutputDecision, videosOf } from "../decide/output-decision.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import type { Spread } from "../sliced.ts";

/** Where an encode is cut; lengths are in pictures of its highest rate. */
export type Cut = {
  /** The highest rate of its encodes. */
  readonly rate: Rational;
  /** How long each slice is but the last, whose end is that of the source. */
  readonly frames: number;
  readonly count: number;
  /** So much before its beginning is encoded for each slice but the first, and dropped: by then its encoder knows what to spend. */
  readonly warmFrames: number;
  /** How much later than its other streams the source's picture begins, in seconds. */
  readonly lateSeconds: number;
};

/** What is to be cut. */
export type Cuttable = {
  readonly decisions: readonly OutputDecision[];
  readonly media: MediaInfo;
  readonly clip: Clip | undefined;
  /** Added to all times of the source (`alignmentOf`). */
  readonly shiftSeconds: number;
};

/** Codecs whose slices join to what one run makes. */
const JOINED: readonly VideoCodec[] = ["h264", "h265"];
/** Those of them of which only slices of a quality do. */
const JOINED_BY_QUALITY: readonly VideoCodec[] = ["av1", "vp9"];
/** Demuxers whose files have an index: a seek finds the exact frame. */
const INDEXED = ["mov", "matroska"];
/**
 * How long a bitrate takes to settle: without it, slices of 20 s of a film of many scenes came to 2.6 % more than the whole at a constant
 * bitrate, and with it to 0.8 % (x264, 320x180).
 */
const WARM_SECONDS = 4;
/** Where nothing may be encoded in vain, slices of a bitrate are so many times as long: the ends, at which it settles, are fewer. */
const ALONE_TIMES = 2;
/** Slices are so many times as long as what is encoded in vain for them, or nothing is. */
const WARM_PART = 10;
/** Key frames of all encodes that meet more seldom leave slices of uneven lengths. */
const UNIT_SECONDS_MAX = 30;
/** The picture's times are even ones, but for rounding. */
const APART_SECONDS_MAX = 0.002;

type Whole = { readonly whole: string };

/**
 * Where to cut an encode into slices, or why it stays whole.
 *
 * Each slice is a whole number of GOPs of every encode long, so that the key frames fall where they would in one run.
 */
export function cutOf(input: Cuttable, spread: Spread): Cut | Whole {
  const { decisions, media, shiftSeconds } = input;
  const { video: source, startSeconds: first = 0 } = media;
  const encodings = decisions.flatMap(videosOf);
  const why = outputsWhole(decisions) ?? sourceWhole(input);
  if (!source || encodings.length === 0) return { whole: "no video is encoded" };
  if (why !== undefined) return { whole: why };
  const uneven = encodings.find(({ rate }) => !isEven(source.framerate, rate));
  if (uneven) return { whole: "frames are dropped or repeated for an even rate" };
  const lateSeconds = (source.startSeconds ?? first) - first;
  if (Math.abs(lateSeconds + shiftSeconds) > APART_SECONDS_MAX)
    return { whole: "its picture begins later than its sound" };
  const seconds = source.durationSeconds ?? media.durationSeconds ?? 0;
  if (seconds < spread.minSeconds) return { whole: `it is shorter than ${spread.minSeconds} s` };
  if (spread.whole !== undefined) return { whole: spread.whole };
  return { lateSeconds, ...lengths(encodings, seconds, spread) };
}

function lengths(
  encodings: readonly VideoEncoding[],
  seconds: number,
  { sliceSeconds, slicesMax, isAlone }: Spread,
): Omit<Cut, "lateSeconds"> | Whole {
  const rate = topRate(encodings);
  const perSecond = toNumber(rate);
  const unit = encodings
    .map((encoding) => encoding.gopFrames * divisorOf(encoding, rate))
    .reduce((one, other) => (one / greatestCommon(one, other)) * other);
  // A second pass knows from the first what to spend.
  const isRated = encodings.some((one) => one.quality === undefined && !isInTwoPasses(one));
  const times = isRated && isAlone ? ALONE_TIMES : 1;
  const wanted = Math.max(seconds / slicesMax, times * sliceSeconds) * perSecond;
  const frames = Math.ceil(wanted / unit) * unit;
  // The last one is at least half as long as the others, so that it has pictures even if the header tells of a little too much.
  const count = Math.round((seconds * perSecond) / frames);
  if (unit / perSecond > UNIT_SECONDS_MAX || count < 2)
    return { whole: "its key frames are too far apart" };
  const warm = Math.ceil((WARM_SECONDS * perSecond) / unit) * unit;
  const isWarmed = isRated && !isAlone && warm * WARM_PART <= frames;
  return { rate, frames, count, warmFrames: isWarmed ? warm : 0 };
}

/** The highest rate of some encodes. */
const topRate = (encodings: readonly VideoEncoding[]): Rational =>
  encodings
    .map(({ rate }) => rate)
    .reduce((top, rate) => (toNumber(rate) > toNumber(top) ? rate : top));

/** Of how many pictures of the highest rate an encode has one. */
export const divisorOf = ({ rate }: Pick<VideoEncoding, "rate">, top: Rational): number =>
  (top.num * rate.den) / (top.den * rate.num);

/**
 * Whether every frame, or every second one, of a source is taken. Then a slice has the same frames as the whole, despite the margin of
 * its seek.
 */
const isEven = (source: Rational | undefined, { num, den }: Rational): boolean =>
  source !== undefined && [1, 2].includes((source.num * den) / (source.den * num));

/** Why what is made is not made in slices. */
const outputsWhole = (decisions: readonly OutputDecision[]): string | undefined =>
  decisions.map(outputWhole).find((why) => why !== undefined);

function outputWhole(decision: OutputDecision): string | undefined {
  const { product, set, blackSeconds = 0 } = decision;
  const { metadata } = product.expect;
  if (decision.isGrowing) return "it is published while it grows";
  if (decision.isStreamed) return "nothing can be kept between runs here";
  if (decision.reads) return "it reads more than its source";
  if (drawnBy([decision]).length > 0) return "subtitles are drawn into it";
  if (product.video.action === "copy" || set?.videos.includes("copy"))
    return "a part of it copies the picture";
  if (isFilledAndCopied(decision)) return "its sound is both copied and filled up";
  if (factsOf(product.container).demuxer === "matroska" && product.audio.action === "encode")
    return "FFmpeg 7.1 loses how much of its sound is not to be played between runs";
  if (metadata?.endSeconds !== undefined) return "chapters go on after its end";
  if (blackSeconds > 0) return "its picture begins later than its sound";
  const videos = videosOf(decision);
  const apart = videos.map(codecWhole).find((why) => why !== undefined);
  if (apart !== undefined) return apart;
  if (new Set(videos.filter(({ quality }) => quality === undefined).map(isInTwoPasses)).size > 1)
    return "some of its pictures are encoded in one pass, and some in two";
  if (videos.some(({ filters }) => filters.denoise.length > 0))
    return "noise is told by the frames before";
  return undefined;
}

const isInTwoPasses = ({ rateMode }: VideoEncoding): boolean => rateMode === "2passvbr";

/**
 * Why slices of a codec would not come to what one run makes.
 *
 * At a bitrate, slices of 50 s and 60 s of films of many scenes came to 77 % less with libvpx, one run of which goes far beyond what it is asked
 * for, and to 9 % less to 2 % more with SVT-AV1. With a ceiling to a quality, slices of 20 s came to 26 % and 3 % less (libvpx 1.12, SVT-AV1 1.4; 9 % with
 * that of FFmpeg 9.0).
 */
function codecWhole({ codec, quality, maxrateBps }: VideoEncoding): string | undefined {
  if (JOINED.includes(codec)) return undefined;
  const name = codecName(codec);
  if (!JOINED_BY_QUALITY.includes(codec))
    return `slices of ${name} do not join to what one run makes`;
  if (quality === undefined) return `slices of ${name} do not come to the bitrate of one run`;
  return maxrateBps === undefined
    ? undefined
    : `slices of ${name} do not come to the size of one run under a ceiling`;
}

/** Why a source is not read in slices. */
function sourceWhole({ media, clip }: Cuttable): string | undefined {
  const { video: source, lack, beginsSlowly } = media;
  if (clip) return "only a clip of the source is wanted";
  if (!INDEXED.includes(demuxerOf(media.format)))
    return "the source has no index to find a frame by";
  if (lack || beginsSlowly) return "the source is not whole";
  return source && pictureWhole(source);
}

function pictureWhole({
  hidden,
  isInterlaced,
  isVariableRate,
  isTurnedAtTimes,
}: VideoStream): string | undefined {
  if (hidden) return "an edit list hides a part of the source";
  if (isInterlaced) return "the source is interlaced";
  if (isVariableRate) return "the source's frame rate varies";
  if (isTurnedAtTimes) return "the source's picture is turned midway";
  return undefined;
}
