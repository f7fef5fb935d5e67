import { type Rational, toNumber } from "../../lib/rational.ts";
import type { VideoCodec } from "../../profile/codecs.ts";
import { QUALITY_MAX, QUALITY_MIN } from "../../profile/fields/quality.ts";
import type { Size } from "./picture.ts";

/** A quality, and what an encoder takes for it. */
type Point = readonly [quality: number, value: number];

/**
 * What each encoder takes for a quality: CRF, or the scale of quantizers. By definition 70 is x264's own default (CRF 23), and one step
 * of CRF is 2.5 steps of quality. The others are set so that they come to the same SSIM: `bun run bench --only quality` measures it.
 */
const SCALES: Readonly<Record<VideoCodec, readonly Point[]>> = {
  h264: [
    [QUALITY_MIN, 50.6],
    [QUALITY_MAX, 11],
  ],
  h265: [
    [QUALITY_MIN, 51],
    [QUALITY_MAX, 11],
  ],
  av1: [
    [QUALITY_MIN, 63],
    [QUALITY_MAX, 11],
  ],
  vp9: [
    [QUALITY_MIN, 63],
    [QUALITY_MAX, 11],
  ],
  mpeg2: [
    [QUALITY_MIN, 31],
    [QUALITY_MAX, 2],
  ],
  mjpeg: [
    [QUALITY_MIN, 31],
    [QUALITY_MAX, 2],
  ],
  // Of single pictures, and by their own scales.
  webp: [
    [QUALITY_MIN, 1],
    [QUALITY_MAX, 100],
  ],
  avif: [
    [QUALITY_MIN, 63],
    [QUALITY_MAX, 11],
  ],
  // They lose nothing but colours, and take no quality.
  gif: [],
  png: [],
};

/** Encoders that take halves and less of their scale; others take whole numbers. */
const FINE: readonly VideoCodec[] = ["h264", "h265", "mpeg2", "mjpeg"];

/** What the encoder of a codec takes for a quality. */
export function qualityValue(codec: VideoCodec, quality: number): number {
  const points = SCALES[codec];
  const after = Math.max(
    1,
    points.findIndex(([at]) => at >= quality),
  );
  const [fromQuality, from] = points[after - 1] ?? [QUALITY_MIN, 0];
  const [toQuality, to] = points[after] ?? [QUALITY_MAX, 0];
  const value = from + ((quality - fromQuality) / (toQuality - fromQuality)) * (to - from);
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
