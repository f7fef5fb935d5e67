import { toNumber } from "../../lib/rational.ts";
import type { Analysis } from "../sliced.ts";
import { type AnalysedFrame, readStatistics, type Statistics } from "./statistics.ts";

/** What a slice is given of the analysis of the whole. */
export type Share = {
  /** The statistics of its pictures, as the encoder wrote them, counted from its beginning on. */
  readonly text: string;
  /** Where the blocks of its pictures lie in the file of the whole, in bytes. */
  readonly blocks: { readonly from: number; readonly to: number };
  /** A whole number of kbit/s, as encoders take no other. */
  readonly bitrateBps: number;
};

/** One encode, once its first pass has run. */
export type Analysed = Analysis & {
  /** What the first pass wrote of its pictures. */
  readonly text: string;
  /** How large the file of their blocks is; 0 if there is none. */
  readonly blocksBytes: number;
};

/** How full the buffer is at first, and how empty it may become, as parts of it. */
const BUFFER_BEGIN = 0.9;
const BUFFER_LEAST = 0.1;
/** Each step halves what is left of the range, which spans all quantizers many times over. */
const SEARCH_STEPS = 24;
const FACTOR_LEAST = 1e-6;
const FACTOR_MOST = 1e6;

/**
 * Shares the bits of a whole out among its slices, as the encoder's own second pass of the whole would have: x264 and x265 look for the
 * one factor by which the quantizers of all pictures come to the bits that there are, where these depend on how complex the pictures around
 * them are (or on their kind alone, if the blocks have quantizers of their own). What a picture comes to at another quantizer than that of
 * the first pass they take from its bits of texture and of motion. Where the buffer would run empty, no more is spent than goes into it.
 *
 * @param count - how many slices there are
 * @returns undefined if the statistics are not those of slices that begin with key frames
 * @see https://code.videolan.org/videolan/x264/-/blob/master/encoder/ratecontrol.c, `init_pass2` and `qscale2bits`
 */
export function sharesOf(encode: Analysed, count: number): readonly Share[] | undefined {
  const statistics = readStatistics(encode.text, encode.blocksBytes);
  if (!statistics) return undefined;
  const slices = Array.from({ length: count }, (_, at) =>
    statistics.frames.slice(
      at * encode.frames,
      at === count - 1 ? undefined : (at + 1) * encode.frames,
    ),
  );
  if (!slices.every((own, at) => isClosed(own, at * encode.frames))) return undefined;
  const spent = spentBits(encode, statistics, count);
  const { head, blockBytes } = statistics;
  let [kept, owed] = [0, 0];
  return slices.map((own, at): Share => {
    const first = at * encode.frames;
    const exact = ((spent[at] ?? 0) * toNumber(encode.rate)) / own.length / 1000;
    // What is lost by rounding goes to the next slice.
    const kilobits = Math.max(leastKilobits(own, encode), Math.round(exact + owed / own.length));
    owed += (exact - kilobits) * own.length;
    const from = kept * blockBytes;
    kept += own.filter(({ isKept }) => isKept).length;
    return {
      text: [head, ...own.map(({ shown, rest }, coded) => lineOf(shown - first, coded, rest))].join(
        "",
      ),
      blocks: { from, to: kept * blockBytes },
      bitrateBps: Math.min(kilobits * 1000, encode.maxrateBps ?? Number.POSITIVE_INFINITY),
    };
  });
}

const lineOf = (shown: number, coded: number, rest: string): string =>
  `in:${shown} out:${coded} ${rest};\n`;

/** Whether pictures begin with a key frame, and are shown in no other slice. */
const isClosed = (frames: readonly AnalysedFrame[], first: number): boolean =>
  frames[0]?.kind === "I" &&
  frames.every(({ shown }) => shown >= first && shown < first + frames.length);

/** Below this an encoder refuses: what its pictures take at any quantizer. */
function leastKilobits(frames: readonly AnalysedFrame[], { rate }: Analysed): number {
  const bits = frames.reduce((sum, { fixedBits }) => sum + fixedBits, 0);
  return Math.ceil((bits * toNumber(rate)) / frames.length / 1000) + 1;
}

/** What each slice comes to. */
function spentBits(encode: Analysed, statistics: Statistics, count: number): readonly number[] {
  const scales = scalesOf(statistics);
  const { rate, bitrateBps, maxrateBps = Number.POSITIVE_INFINITY, frames: length } = encode;
  const all = statistics.frames.length;
  const at = (factor: number): readonly number[] => {
    const sums = Array.from({ length: count }, () => 0);
    for (const [frame, bits] of bitsAt(encode, statistics, scales, factor).entries()) {
      const slice = Math.min(Math.floor(frame / length), count - 1);
      sums[slice] = (sums[slice] ?? 0) + bits;
    }
    // No encoder takes a higher bitrate than its ceiling, whatever its buffer holds at first.
    return sums.map((sum, slice) => {
      const own = slice === count - 1 ? all - slice * length : length;
      return Math.min(sum, (maxrateBps * own) / toNumber(rate));
    });
  };
  const wanted = (bitrateBps * all) / toNumber(rate);
  let [low, high] = [Math.log(FACTOR_LEAST), Math.log(FACTOR_MOST)];
  for (let step = 0; step < SEARCH_STEPS; step++) {
    const factor = (low + high) / 2;
    // The greater the factor, the coarser the quantizers.
    if (at(Math.exp(factor)).reduce((sum, one) => sum + one, 0) > wanted) low = factor;
    else high = factor;
  }
  return at(Math.exp(high));
}

/** What each picture comes to with all quantizers times a factor, as far as the buffer permits. */
function bitsAt(
  { rate, maxrateBps, bufferBits }: Analysed,
  { frames, scaleLeast, scaleMost }: Statistics,
  scales: readonly number[],
  factor: number,
): readonly number[] {
  const coming = maxrateBps === undefined ? Number.POSITIVE_INFINITY : maxrateBps / toNumber(rate);
  const size = bufferBits ?? Number.POSITIVE_INFINITY;
  let fill = size * BUFFER_BEGIN;
  return frames.map((frame, at) => {
    const scale = softly((scales[at] ?? 1) * factor, scaleLeast, scaleMost);
    const bits = bitsOf(frame, scale);
    if (size === Number.POSITIVE_INFINITY) return bits;
    fill = Math.min(size, fill + coming);
    const spent = Math.min(bits, Math.max(frame.fixedBits, fill - size * BUFFER_LEAST));
    fill -= spent;
    return spent;
  });
}

/** Both encoders bend the quantizers of a second pass so that they come near the ends of their range, and do not reach them. */
function softly(scale: number, least: number, most: number): number {
  const [low, high] = [Math.log(least), Math.log(most)];
  const place = (Math.log(scale) - low) / (high - low) - 0.5;
  return Math.exp(low + (high - low) / (1 + Math.exp(-4 * place)));
}

/** What a picture comes to at a quantizer. */
function bitsOf({ scale: own, texture, motion, fixedBits }: AnalysedFrame, scale: number): number {
  return (
    (texture + 0.1) * (own / scale) ** 1.1 +
    motion * Math.sqrt(Math.max(own, 1) / Math.max(scale, 1)) +
    fixedBits
  );
}

/** How the quantizers of all pictures are to each other. */
function scalesOf({ frames, blockBytes, qcomp, ipRatio, pbRatio }: Statistics): readonly number[] {
  const hasBlocks = blockBytes > 0;
  const complexities = hasBlocks ? [] : blurred(frames);
  let last = 1;
  return frames.map(({ kind, isKept }, at) => {
    if (kind === "B") return isKept || hasBlocks ? last : last * pbRatio;
    const plain = hasBlocks ? 1 : (complexities[at] ?? 1) ** (1 - qcomp);
    last = plain;
    return kind === "I" ? plain / ipRatio : plain;
  });
}

/** How many pictures around one count for how complex it is, and how fast that fades. */
const BLUR_FRAMES = 40;
const BLUR_VARIANCE = 200;
const WEIGHT_LEAST = 1e-4;

/** How complex the pictures around each one are, those of other scenes left out, in the order in which they are coded. */
function blurred(coded: readonly AnalysedFrame[]): readonly number[] {
  const frames = [...coded].sort((one, other) => one.shown - other.shown);
  const plain = frames.map((frame) => bitsOf(frame, 1) - frame.fixedBits);
  const by = frames.map((_, at) => {
    let [sum, weights] = [0, 0];
    const add = (other: number, weight: number): void => {
      const near = weight * Math.exp(-((other - at) ** 2) / BLUR_VARIANCE);
      weights += near;
      sum += near * (plain[other] ?? 0);
    };
    // A picture of blocks that refer to none before it begins another scene.
    const past = (other: number): number => 1 - (frames[other]?.intra ?? 0) ** 2;
    for (
      let other = at + 1, weight = 1;
      other < Math.min(frames.length, at + BLUR_FRAMES);
      other++
    ) {
      weight *= past(other);
      if (weight < WEIGHT_LEAST) break;
      add(other, weight);
    }
    for (let other = at, weight = 1; other >= Math.max(0, at - BLUR_FRAMES); other--) {
      add(other, weight);
      weight *= past(other);
      if (weight < WEIGHT_LEAST) break;
    }
    return sum / weights;
  });
  return coded.map(({ shown }) => by[shown] ?? 1);
}
