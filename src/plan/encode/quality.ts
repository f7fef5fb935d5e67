import { type Rational, toNumber } from "../../lib/rational.ts";
import type { VideoCodec } from "../../profile/codecs.ts";
import type { Size } from "./picture.ts";

/** What an encoder takes for some qualities, by these. */
type Scale = Readonly<Record<number, number>>;

/**
 * What each encoder takes for a quality: CRF, or the scale of quantizers. By definition 70 is x264's own default (CRF 23), and one step
 * of CRF is 2.5 steps of quality. The others are set so that they come to the same SSIM: `bun run bench --only quality` measures it.
 * The coarsest of AV1 comes to what a quality of 40 does.
 */
const SCALES: Readonly<Record<VideoCodec, Scale>> = {
  h264: { 1: 50.6, 100: 11 },
  h265: { 1: 51, 30: 42, 50: 34, 70: 25.5, 80: 20.5, 100: 11.5 },
  av1: { 1: 63, 40: 62, 50: 58, 60: 50, 70: 39, 80: 26, 90: 14, 100: 2 },
  vp9: { 1: 63, 30: 62, 40: 56, 50: 48, 70: 32, 80: 23, 90: 13, 100: 6 },
  mpeg2: { 1: 31, 30: 30.5, 40: 18, 50: 11, 60: 6.8, 70: 4, 80: 2.2, 100: 2 },
  // Of single pictures, and by their own scales.
  webp: { 1: 1, 100: 100 },
  awebp: { 1: 1, 100: 100 },
  avif: { 1: 63, 100: 11 },
  // They lose nothing but colours, and take no quality.
  gif: { 1: 0, 100: 0 },
  png: { 1: 0, 100: 0 },
  mjpeg: { 1: 31, 30: 30.5, 40: 20, 50: 12, 60: 7.1, 70: 4.3, 80: 2.4, 100: 2 },
};

/** Encoders that take halves and less of their scale; others take whole numbers. */
const FINE: readonly VideoCodec[] = ["h264", "h265", "mpeg2", "mjpeg"];

/** What the encoder of a codec takes for a quality. */
export function qualityValue(codec: VideoCodec, quality: number): number {
  const points = Object.entries(SCALES[codec]).map(([at, value]) => ({ at: Number(at), value }));
  const above = points.findIndex(({ at }) => at >= quality);
  const [from, to] = [points[Math.max(0, above - 1)], points[above]];
  if (!from || !to) throw new RangeError(`there is no quality ${quality}`);
  const part = to.at === from.at ? 0 : (quality - from.at) / (to.at - from.at);
  const value = from.value + part * (to.value - from.value);
  return FINE.includes(codec) ? Math.round(value * 10) / 10 : Math.round(value);
}

/** Bits that a pixel of a film usually takes at the quality of 70, and how many steps of quality double them. */
const BITS_PER_PIXEL = 0.06;
const DOUBLING = 14;
const QUALITY_USUAL = 70;

/** The bits per second that a quality usually takes: for what is told of a task before it runs. */
export const usualBps = (quality: number, { width, height }: Size, rate: Rational): number =>
  Math.round(
    width * height * toNumber(rate) * BITS_PER_PIXEL * 2 ** ((quality - QUALITY_USUAL) / DOUBLING),
  );

/** Of a pixel with its share of the colours, as it is before it is encoded: no encoder takes more. */
const RAW_BITS_PER_PIXEL = 12;

/** The most bits per second that a picture can take if nothing caps its quality. */
export const mostBps = ({ width, height }: Size, rate: Rational): number =>
  Math.round(width * height * toNumber(rate) * RAW_BITS_PER_PIXEL);
