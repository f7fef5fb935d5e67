import { describe, expect, test } from "bun:test";
import { channelsMax, countOf, isKnownInAac, layoutFor } from "../../../src/plan/encode/layouts.ts";

describe("layoutFor", () => {
  test.each([
    ["mono", 1, "mono", "mono", "mono", "mono"],
    ["stereo", 2, "stereo", "stereo", "stereo", "stereo"],
    ["2.1", 3, "5.1", "5.1", "2.1", "stereo"],
    ["3.0", 3, "3.0", "3.0", "3.0", "stereo"],
    ["3.0(back)", 3, "4.0", "quad", "3.0(back)", "stereo"],
    ["4.0", 4, "4.0", "5.1", "4.0", "stereo"],
    ["quad", 4, "5.0", "quad", "quad(side)", "stereo"],
    ["quad(side)", 4, "5.0", "quad", "quad(side)", "stereo"],
    ["4.1", 5, "5.1", "5.1", "4.1", "stereo"],
    ["5.0(side)", 5, "5.0", "5.1", "5.0(side)", "stereo"],
    ["5.1", 6, "5.1", "5.1", "5.1", "stereo"],
    ["5.1(side)", 6, "5.1", "5.1", "5.1(side)", "stereo"],
    ["7.1", 8, "5.1", "5.1", "5.1", "stereo"],
    ["16 channels", 16, "stereo", "stereo", "stereo", "stereo"],
    [undefined, 12, "stereo", "stereo", "stereo", "stereo"],
    ["7 channels (FL+FR+FC+LFE+SL+SR+BC)", 7, "5.1", "5.1", "5.1", "stereo"],
    ["10 channels (FL+FR+FC+LFE+BL+BR+FLC+FRC+BC+SL)", 10, "5.1", "5.1", "5.1", "stereo"],
    ["1 channels (FL)", 1, "mono", "mono", "mono", "mono"],
    ["2 channels (DL+DR)", 2, "stereo", "stereo", "stereo", "stereo"],
    // Where the layout is not said, ffmpeg takes the usual one.
    ["4 channels", 4, "4.0", "5.1", "4.0", "stereo"],
    [undefined, 3, "5.1", "5.1", "2.1", "stereo"],
  ] as const)(
    "gives what is %s the layout of each codec",
    (layout, channels, aac, opus, ac3, mp3) => {
      const source = { channels, ...(layout && { layout }) };
      const codecs = ["aac", "opus", "ac3", "mp3"] as const;
      expect(codecs.map((codec) => layoutFor(codec, source))).toEqual([aac, opus, ac3, mp3]);
    },
  );

  test.each([
    [1, "mono", "mono", "mono"],
    [2, "stereo", "stereo", "stereo"],
    [4, "4.0", "quad", "4.0"],
    [5, "5.0", "5.1", "5.0"],
    [6, "5.1", "5.1", "5.1(side)"],
  ] as const)("gives %d channels that are asked for the usual layout", (wanted, aac, opus, ac3) => {
    const source = { channels: 6, layout: "5.1(side)" };
    const codecs = ["aac", "opus", "ac3"] as const;
    expect(codecs.map((codec) => layoutFor(codec, source, wanted))).toEqual([aac, opus, ac3]);
  });

  test("makes two channels for a codec that has no others", () => {
    expect(layoutFor("aache2", { channels: 1, layout: "mono" })).toBe("stereo");
    expect(layoutFor("mp2", { channels: 6, layout: "5.1" }, 6)).toBe("stereo");
  });
});

describe("channelsMax", () => {
  test.each([
    ["aac", 6],
    ["ac3", 6],
    ["opus", 6],
    ["mp3", 2],
    ["mp2", 2],
    ["aache2", 2],
  ] as const)("of %s is %d", (codec, max) => {
    expect(channelsMax(codec)).toBe(max);
  });
});

test("countOf counts the channels of a layout", () => {
  expect(["mono", "stereo", "5.1(side)"].map(countOf)).toEqual([1, 2, 6]);
});

test("isKnownInAac knows what has a number there", () => {
  expect(["5.1", "stereo", undefined].map(isKnownInAac)).toEqual([true, true, true]);
  expect(["5.1(side)", "quad", "2.1"].map(isKnownInAac)).toEqual([false, false, false]);
});
