import { describe, expect, test } from "bun:test";
import type { SliceReader } from "../../../src/worker/protect/slices.ts";
import { subsamplesOf } from "../../../src/worker/protect/subsamples.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

/** Units that begin with 1 are slices, whose heads take three bytes; those with 2 are slices whose heads nobody reads. */
const slices: SliceReader = {
  isSlice: (nal) => nal[0] === 1 || nal[0] === 2,
  learn: () => {},
  headOf: (nal) => (nal[0] === 1 ? 3 : undefined),
};
const PICTURES = { slices, lengthBytes: 4 };

/** A sample of units, each by its first byte and its length. */
const sampleOf = (...units: readonly (readonly [number, number])[]): Buffer =>
  Buffer.concat(
    units.map(([first, length]) => {
      const unit = Buffer.alloc(4 + length);
      unit.writeUInt32BE(length);
      unit[4] = first;
      return unit;
    }),
  );

const partsOf = (sample: Buffer, isInBlocks: boolean, partsMax = 40) =>
  subsamplesOf(sample, PICTURES, isInBlocks, partsMax).map(({ clear, secret }) => [clear, secret]);

describe("subsamplesOf()", () => {
  test("leaves units without slices and all heads clear, and in blocks what is over too", () => {
    const sample = sampleOf([0, 20], [1, 103], [0, 5]);
    expect(partsOf(sample, false)).toEqual([
      [31, 100],
      [9, 0],
    ]);
    expect(partsOf(sample, true)).toEqual([
      [35, 96],
      [9, 0],
    ]);
  });

  test("leaves a slice shorter than a block clear, and more of one whose head is not read", () => {
    expect(partsOf(sampleOf([1, 18], [1, 19]), false)).toEqual([[29, 16]]);
    expect(partsOf(sampleOf([2, 140], [2, 228]), false)).toEqual([[276, 100]]);
  });

  test("tells clear parts that are longer than their field in several", () => {
    expect(partsOf(sampleOf([0, 140_000], [1, 35]), true)).toEqual([
      [65_535, 0],
      [65_535, 0],
      [8_941, 32],
    ]);
  });

  test("leaves the smallest slices clear where there are too many", async () => {
    const many = sampleOf([1, 35], [1, 67], [1, 19], [1, 67]);
    expect(partsOf(many, true, 2)).toEqual([
      [46, 64],
      [30, 64],
    ]);
    const alike = sampleOf(...Array.from({ length: 100 }, () => [1, 35] as const));
    const parts = partsOf(alike, true);
    expect(parts.filter(([, secret]) => secret === 32).length).toBeGreaterThan(38);
    expect(parts.flat().reduce((sum, one) => sum + one, 0)).toBe(alike.length);
    const { code } = await taskErrorOf(Promise.try(() => partsOf(sampleOf([0, 200_000]), true, 2)));
    expect(code).toBe("output_wrong");
  });

  test("refuses a picture that is cut off", async () => {
    const cut = sampleOf([1, 35]).subarray(0, 2);
    const { code } = await taskErrorOf(Promise.try(() => partsOf(cut, true)));
    expect(code).toBe("output_wrong");
  });
});
