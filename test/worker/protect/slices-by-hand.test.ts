import { describe, expect, test } from "bun:test";
import { avcSlices } from "../../../src/worker/protect/avc-slices.ts";
import { hevcSlices } from "../../../src/worker/protect/hevc-slices.ts";
import { NalBits } from "../../../src/worker/protect/nal-bits.ts";
import type { SliceReader } from "../../../src/worker/protect/slices.ts";

// What no encoder here makes, bit by bit.

/** A number in Exp-Golomb code. */
const code = (value: number): string => {
  const bits = (value + 1).toString(2);
  return "0".repeat(bits.length - 1) + bits;
};
const byteOf = (bits: string): number => Number.parseInt(bits.padEnd(8, "0"), 2);
/** A unit of its head and its bits, up to a whole byte. */
const unitOf = (head: readonly number[], ...bits: readonly string[]): Buffer =>
  Buffer.from([...head, ...(bits.join("").match(/.{1,8}/g) ?? []).map(byteOf)]);
/** The head of a slice in bytes, after what was learned before. */
const headOf = (slices: SliceReader, slice: Buffer, ...before: readonly Buffer[]) => {
  for (const unit of before) slices.learn(unit);
  return slices.headOf(slice);
};
const REST = "0".repeat(64);

describe("a slice of H.265", () => {
  /** Of 64x64, in blocks of 16, without anything that is not needed. */
  const sequenceOf = (sets = code(0), longTerm = "0", head = [0x42, 1]): Buffer =>
    unitOf(
      head,
      `00000001${"1".repeat(96)}`,
      ...[code(0), code(1), code(64), code(64), "0", code(0), code(0), code(0), "0"],
      ...[code(0), code(0), code(0), code(0), code(1), code(0), code(0), code(0), code(0)],
      ...["0", "00", "0", sets, longTerm, "0"],
    );
  /** With weights. */
  const pictureOf = (parts = "00", extension = "0"): Buffer =>
    unitOf(
      [0x44, 1],
      ...[code(0), code(0), "00", "000", "00", code(0), code(0), code(0), "000", code(0), code(0)],
      ...["0", "10", "0", parts, "0", "0", "0", "0", code(0), "0", extension],
    );
  /** Of pictures before it, to some of which it refers. */
  const sliceOf = (pictures: number, set = `${code(0)}${code(0)}`, head = [2, 1]): Buffer => {
    const weights = `${code(0)}${code(0)}${"0".repeat(2 * Math.min(pictures, 16))}`;
    return unitOf(
      head,
      ...["1", code(0), code(1), "0000", `0${set}`, `1${code(pictures - 1)}`, weights],
      ...[code(0), code(0), "1", REST],
    );
  };

  test.each([
    [2, 6],
    [16, 10],
  ])("is read to the end of its head: of %i pictures", (pictures, bytes) => {
    expect(headOf(hevcSlices(), sliceOf(pictures), sequenceOf(), pictureOf())).toBe(bytes);
  });

  type Units = { readonly slice: Buffer; readonly sequence: Buffer; readonly picture: Buffer };
  const USUAL: Units = { slice: sliceOf(2), sequence: sequenceOf(), picture: pictureOf() };
  type Case = readonly [what: string, why: string, Partial<Units>];
  test.each<Case>([
    ["pictures", "no slice refers to so many pictures", { slice: sliceOf(17) }],
    ["pictures, by far", "refers to so many pictures", { slice: sliceOf(2 ** 20) }],
    ["pictures of its own set", "no set has so", { slice: sliceOf(2, `${code(20)}${code(14)}`) }],
    ["sets", "no sequence has so many sets", { sequence: sequenceOf(code(65) + REST) }],
    ["kept pictures", "pictures for long", { sequence: sequenceOf(code(0), `1${code(34)}`) }],
    ["tiles", "so many tiles", { picture: pictureOf(`10${code(60)}${code(5)}`) }],
  ])("is not read of more than there can be: %s", (_, why, units) => {
    const { slice, sequence, picture } = { ...USUAL, ...units };
    expect(() => headOf(hevcSlices(), slice, sequence, picture)).toThrow(why);
  });

  test("is not read of another layer, nor of pictures with layers or without a sequence", () => {
    const layered = pictureOf("00", "101000000");
    expect(
      headOf(hevcSlices(), sliceOf(2, undefined, [2, 9]), sequenceOf(), pictureOf()),
    ).toBeUndefined();
    expect(headOf(hevcSlices(), sliceOf(2), sequenceOf(), pictureOf(), layered)).toBeUndefined();
    expect(headOf(hevcSlices(), sliceOf(2), pictureOf())).toBeUndefined();
    const other = sequenceOf(undefined, undefined, [0x42, 9]);
    expect(headOf(hevcSlices(), sliceOf(2), other, pictureOf())).toBeUndefined();
  });
});

describe("a slice of H.264", () => {
  /** Of the main profile, progressive, whose order follows from its number. */
  const SEQUENCE = unitOf(
    [0x67, 77, 0, 30],
    ...[code(0), code(0), code(2), code(1), "0", code(3), code(3), "1", REST],
  );
  const pictureOf = (groups: number, isRedundant: string): Buffer =>
    unitOf(
      [0x68],
      ...[code(0), code(0), "00", code(groups - 1), code(0), code(0), "000"],
      ...[code(0), code(0), code(0), "00", isRedundant, REST],
    );
  const slice = (more = ""): Buffer =>
    unitOf([0x41], code(0), code(2), code(0), "0000", more, "0", code(0), REST);

  test("is read with the number of a picture that is there twice, and not of groups", () => {
    const once = pictureOf(1, "0");
    expect(headOf(avcSlices(), slice(), SEQUENCE, once)).toBe(3);
    expect(headOf(avcSlices(), slice(code(0)), SEQUENCE, pictureOf(1, "1"))).toBe(3);
    expect(headOf(avcSlices(), slice(), SEQUENCE, once, pictureOf(2, "0"))).toBeUndefined();
  });
});

test("a number whose code is too long is none", () => {
  expect(new NalBits(unitOf([], code(2 ** 32 - 2)), 0).number()).toBe(2 ** 32 - 2);
  expect(() => new NalBits(Buffer.alloc(100), 0).number()).toThrow(
    "no code of a number is so long",
  );
});
