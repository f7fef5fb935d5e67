import { describe, expect, test } from "bun:test";
import { type Analysed, sharesOf } from "../../../src/plan/slicing/shares.ts";

const HEAD = "#options: 192x108 fps=25/1 bframes=2 rc=abr mbtree=1 bitrate=200 qcomp=0.60";
const FRAMES = 50;
const BLOCK_BYTES = 169;

type Bits = { readonly texture?: number; readonly intra?: number };

/** A slice of two GOPs of I b P b P …, in the order in which they are coded, as x264 writes them; those of `I` and `P` have blocks. */
function linesOf(first: number, { texture = 4_000, intra = 4 }: Bits = {}): readonly string[] {
  const shown = Array.from({ length: FRAMES }, (_, at) => {
    const place = at % 25;
    if (place === 0) return at;
    return place % 2 === 1 ? at + 1 : at - 1;
  });
  return shown.map((at, coded) => {
    const place = at % 25;
    const type = place === 0 ? "I" : place % 2 === 0 ? "P" : "b";
    const parts = { I: 4, P: 1, b: 0.5 }[type] ?? 1;
    return `in:${first + at} out:${first + coded} type:${type} dur:2 cpbdur:2 q:28.00 aq:27.10 tex:${Math.round(texture * parts)} mv:300 misc:170 imb:${type === "I" ? 84 : intra} pmb:40 smb:${40 - intra} d:- ref:0 ;`;
  });
}

const textOf = (slices: readonly Bits[]): string =>
  `${[HEAD, ...slices.flatMap((bits, at) => linesOf(at * FRAMES, bits))].join("\n")}\n`;

const KEPT = linesOf(0).filter((line) => !line.includes("type:b")).length;

const analysed = (slices: readonly Bits[], fields: Partial<Analysed> = {}): Analysed => ({
  ...{ at: 0, whole: { pictures: "", blocks: "" }, slices: [], frames: FRAMES },
  ...{ rate: { num: 25, den: 1 }, bitrateBps: 100_000 },
  ...{ text: textOf(slices), blocksBytes: slices.length * KEPT * BLOCK_BYTES },
  ...fields,
});

const ratesOf = (slices: readonly Bits[], fields: Partial<Analysed> = {}): readonly number[] =>
  (sharesOf(analysed(slices, fields), slices.length) ?? []).map(({ bitrateBps }) => bitrateBps);

const sumOf = (rates: readonly number[]): number => rates.reduce((sum, rate) => sum + rate, 0);

describe("the shares of slices", () => {
  test("come to what is asked for of the whole, and more is for those that are more complex", () => {
    expect(ratesOf([{}, {}, {}])).toEqual([100_000, 100_000, 100_000]);
    const [easy = 0, hard = 0, middle = 0] = ratesOf([
      ...[{ texture: 1_000 }, { texture: 9_000 }, { texture: 4_000 }],
    ]);
    expect(easy).toBeLessThan(middle);
    expect(middle).toBeLessThan(hard);
    expect(Math.abs(easy + hard + middle - 300_000)).toBeLessThanOrEqual(1_000);
  });

  test("are of the bits that the second pass of x264 expects at one quantizer", () => {
    // All takes the same quantizer, so texture is to texture as in the first pass.
    const slices = [{ texture: 2_000 }, { texture: 8_000 }];
    const sums = slices.map((bits) =>
      linesOf(0, bits).reduce((sum, line) => sum + Number(/tex:(\d+)/.exec(line)?.[1]), 0),
    );
    const [easy = 0, hard = 0] = ratesOf(slices, { bitrateBps: 400_000 });
    const fixed = ((300 + 170) * FRAMES * 25) / FRAMES;
    expect((hard - fixed) / (easy - fixed)).toBeCloseTo((sums[1] ?? 0) / (sums[0] ?? 1), 0);
  });

  test("follow how complex pictures are where blocks have no quantizers of their own", () => {
    const slices = [{ texture: 1_000 }, { texture: 9_000 }];
    const [withBlocks, without] = [ratesOf(slices), ratesOf(slices, { blocksBytes: 0 })];
    expect(sumOf(without)).toBeCloseTo(200_000, -4);
    // Complex pictures get coarser quantizers then.
    expect(without[1] ?? 0).toBeLessThan(withBlocks[1] ?? 0);
    expect(without[1] ?? 0).toBeGreaterThan(without[0] ?? 0);
  });

  test("are not above what the buffer lets through: the rest is for others", () => {
    const slices = [{ texture: 2_000 }, { texture: 2_000 }, { texture: 40_000 }];
    const capped = ratesOf(slices, { maxrateBps: 150_000, bufferBits: 300_000 });
    expect(Math.max(...ratesOf(slices))).toBeGreaterThan(200_000);
    expect(Math.max(...capped)).toBeLessThanOrEqual(150_000);
    // What the buffer holds at first is more than what goes into it for these few seconds.
    expect(sumOf(capped)).toBeGreaterThan(280_000);
  });

  test("are no less than what an encoder takes at any quantizer", () => {
    expect(ratesOf([{}, {}], { bitrateBps: 1_000 })).toEqual([6_000, 6_000]);
  });

  test("have statistics that count from the beginning of the slice, and the blocks of their pictures", () => {
    const shares = sharesOf(analysed([{}, {}, {}]), 3);
    expect(shares?.map(({ text }) => text)).toEqual(Array(3).fill(textOf([{}])));
    expect(shares?.map(({ blocks }) => blocks)).toEqual(
      [0, 1, 2].map((at) => ({ from: at * KEPT * BLOCK_BYTES, to: (at + 1) * KEPT * BLOCK_BYTES })),
    );
    // The last slice has what there is.
    const last = sharesOf(analysed([{}, {}, {}]), 2)?.[1];
    expect(last?.text).toBe(textOf([{}, {}]));
    expect(sharesOf(analysed([{}], { blocksBytes: 0 }), 1)?.[0]?.blocks).toEqual({
      from: 0,
      to: 0,
    });
  });

  test("read what x265 writes", () => {
    const line =
      "type:I q:-1.25 q-aq:31.00 q-noVbv:35.81 q-Rceq:1.00 tex:4696 mv:554 misc:213 icu:11.75 pcu:23.50 scu:48.75 sc:0 ";
    const text = `#options: cpuid=1 qcomp=0.60 ipratio=1.40\nin:0 out:0 ${line};\nin:1 out:1 ${line};\n`;
    const shares = sharesOf(analysed([], { text, frames: 1, blocksBytes: 20 }), 2);
    expect(shares?.[1]).toEqual({
      text: `#options: cpuid=1 qcomp=0.60 ipratio=1.40\nin:0 out:0 ${line};\n`,
      ...{ blocks: { from: 10, to: 20 }, bitrateBps: 100_000 },
    });
  });

  const whole = textOf([{}, {}]);
  test.each([
    ["no options", whole.slice(HEAD.length + 1)],
    ["no statistics", "VP9 first pass"],
    ["a line that is cut off", whole.slice(0, -20)],
    ["pictures that are missing", whole.replace(/^in:7 .*\n/m, "")],
    [
      "a slice that begins with no key frame",
      whole.replace("in:50 out:50 type:I", "in:50 out:50 type:i"),
    ],
    ["a picture that is shown in another slice", whole.replace("in:49 out", "in:51 out")],
    ["no picture of the last slice", textOf([{}])],
  ])("are none of statistics with %s", (_, text) => {
    expect(sharesOf(analysed([{}, {}], { text, blocksBytes: 0 }), 2)).toBeUndefined();
  });

  test("are none of blocks that are not those of the pictures", () => {
    expect(sharesOf(analysed([{}, {}], { blocksBytes: 1_001 }), 2)).toBeUndefined();
  });
});
