import { describe, expect, test } from "bun:test";
import { chainText } from "../../../src/plan/args/streams.ts";
import { earsOf, panOf } from "../../../src/plan/encode/odd-layouts.ts";

describe("panOf", () => {
  test.each([
    [
      "7 channels (FL+FR+FC+LFE+SL+SR+BC)",
      7,
      "pan=7.1|FL<c0|FR<c1|FC<c2|LFE<c3|BL<c6|BR<c6|SL<c4|SR<c5",
    ],
    ["3 channels (FLC+FL+FR)", 3, "pan=7.1|FL<c0+c1|FR<c2"],
    ["1 channels (FR)", 1, "pan=mono|FC<c0"],
    ["2 channels (FC+LFE)", 2, "pan=stereo|FL<c0|FR<c1"],
    ["12 channels", 12, "pan=stereo|FL<c0|FR<c1"],
    [undefined, 10, "pan=stereo|FL<c0|FR<c1"],
  ] as const)("makes of %s", (layout, channels, pan) => {
    const filter = panOf({ channels, ...(layout && { layout }) });
    expect(filter && chainText([filter])).toBe(pan);
  });

  test.each([
    ["5.1(side)", 6],
    ["7.1", 8],
    ["hexadecagonal", 16],
    ["4 channels", 4],
    [undefined, 2],
  ] as const)("leaves %s of %d as they are", (layout, channels) => {
    expect(panOf({ channels, ...(layout && { layout }) })).toBeUndefined();
  });
});

describe("earsOf", () => {
  test.each([
    ["ambisonic 1", "pan=stereo|FL=0.5*c0+0.5*c1|FR=0.5*c0-0.5*c1"],
    ["ambisonic 2+stereo", "pan=stereo|FL=0.5*c0+0.5*c1+c9|FR=0.5*c0-0.5*c1+c10"],
    ["4.0", undefined],
    [undefined, undefined],
  ] as const)("hears %s", (layout, filter) => {
    const sound = { channels: 4, ...(layout && { layout }) };
    const ears = earsOf(sound);
    expect(ears && chainText([ears])).toBe(filter as string);
    if (filter) expect(panOf(sound)).toBeUndefined();
  });
});
