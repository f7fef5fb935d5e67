import type { RateLimits } from "./rate-control.ts";

/** A row of the table: macroblocks per second and per frame, and kbit/s and kbit (CPB) of the Main profile. */
type Level = readonly [
  name: string,
  perSecond: number,
  perFrame: number,
  kbps: number,
  cpbKbits: number,
];

/** @see https://www.itu.int/rec/T-REC-H.264 Table A-1 */
const LEVELS: readonly Level[] = [
  ["1.0", 1485, 99, 64, 175],
  ["1.1", 3000, 396, 192, 500],
  ["1.2", 6000, 396, 384, 1000],
  ["1.3", 11_880, 396, 768, 2000],
  ["2.0", 11_880, 396, 2000, 2000],
  ["2.1", 19_800, 792, 4000, 4000],
  ["2.2", 20_250, 1620, 4000, 4000],
  ["3.0", 40_500, 1620, 10_000, 10_000],
  ["3.1", 108_000, 3600, 14_000, 14_000],
  ["3.2", 216_000, 5120, 20_000, 20_000],
  ["4.0", 245_760, 8192, 20_000, 25_000],
  ["4.1", 245_760, 8192, 50_000, 62_500],
  ["4.2", 522_240, 8704, 50_000, 62_500],
  ["5.0", 589_824, 22_080, 135_000, 135_000],
  ["5.1", 983_040, 36_864, 240_000, 240_000],
  ["5.2", 2_073_600, 36_864, 240_000, 240_000],
  ["6.0", 4_177_920, 139_264, 240_000, 240_000],
  ["6.1", 8_355_840, 139_264, 480_000, 480_000],
  ["6.2", 16_711_680, 139_264, 800_000, 800_000],
];

/** The High profile allows a quarter more bits than the table says (Table A-2: cpbBrVclFactor 1250). */
const HIGH_PROFILE = 1.25;

/** The lowest level that a stream of the High profile fits into; undefined if none is high enough. */
export function h264Level(
  picture: { readonly width: number; readonly height: number },
  framerate: number,
  { maxrateBps, bufferBits }: RateLimits,
): string | undefined {
  const columns = Math.ceil(picture.width / 16);
  const rows = Math.ceil(picture.height / 16);
  const blocks = columns * rows;
  const kbit = HIGH_PROFILE * 1000;
  return LEVELS.find(
    ([, perSecond, perFrame, kbps, cpbKbits]) =>
      blocks <= perFrame &&
      // In macroblocks, no side may exceed the square root of eight times the largest frame (A.3.1, f and g).
      Math.max(columns, rows) <= Math.sqrt(perFrame * 8) &&
      blocks * framerate <= perSecond &&
      maxrateBps <= kbps * kbit &&
      bufferBits <= cpbKbits * kbit,
  )?.[0];
}
