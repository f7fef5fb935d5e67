/** The value below which a share of the sorted values lies; NaN where there are none. */
function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** The middle of some values: of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = low] = [
    sorted[Math.ceil(sorted.length / 2) - 1],
    sorted[Math.floor(sorted.length / 2)],
  ];
  return (low + high) / 2;
}

/** How some measured values are spread. */
export type Spread = {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
};

/** How some measured values are spread. */
export const spreadOf = (values: ArrayLike<number>): Spread => ({
  count: values.length,
  mean: Float64Array.from(values).reduce((sum, value) => sum + value, 0) / values.length,
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
  max: quantile(values, 1),
});

/**
 * The median of the ratios of two arms, round by round: what disturbs a whole round disturbs both and cancels out.
 *
 * @param ours - one value a round
 * @param peer - as many
 */
export const ratioOf = (ours: readonly number[], peer: readonly number[]): number =>
  median(ours.map((value, round) => value / (peer[round] ?? Number.NaN)));
