import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatRational, parseRational, reduced, toNumber } from "../../src/lib/rational.ts";

describe("parseRational", () => {
  test.each([
    ["30000/1001", { num: 30000, den: 1001 }],
    ["16:15", { num: 16, den: 15 }],
    ["25", { num: 25, den: 1 }],
    [" 23.976 ", { num: 23.976, den: 1 }],
  ])("reads %j", (text, rational) => {
    expect(parseRational(text)).toEqual(rational);
  });

  test.each([
    "0/0",
    "0/1",
    "25/0",
    "0",
    "",
    "N/A",
    "-25",
    "25/",
    "/25",
    "25/1/1",
    "1e3",
    "9".repeat(400),
  ])("finds no positive finite fraction in %j", (text) => {
    expect(parseRational(text)).toBeUndefined();
  });

  test("reads back what formatRational() wrote", () => {
    const positive = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(positive, positive, (num, den) => {
        expect(parseRational(formatRational({ num, den }))).toEqual({ num, den });
      }),
    );
  });
});

describe("formatRational", () => {
  test("leaves out a denominator of 1", () => {
    expect(formatRational({ num: 25, den: 1 })).toBe("25");
    expect(formatRational({ num: 30000, den: 1001 })).toBe("30000/1001");
  });
});

describe("reduced", () => {
  test.each([
    [1280 * 852, 480 * 1920, 71, 60],
    [30_000, 1001, 30_000, 1001],
    [50, 25, 2, 1],
  ])("brings %d/%d to lowest terms: %d/%d", (num, den, lowNum, lowDen) => {
    expect(reduced({ num, den })).toEqual({ num: lowNum, den: lowDen });
  });
});

describe("toNumber", () => {
  test("divides", () => {
    expect(toNumber({ num: 30000, den: 1001 })).toBeCloseTo(29.97, 2);
  });
});
