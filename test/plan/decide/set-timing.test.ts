import { describe, expect, test } from "bun:test";
import { formatRational } from "../../../src/lib/rational.ts";
import { timeSet } from "../../../src/plan/decide/set-timing.ts";
import type { VideoStream } from "../../../src/probe/media.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import { aCustomVideo, aVideo, aVideoStream } from "../builders.ts";

const at = (rate: string): Pick<VideoStream, "framerate"> => {
  const [num = 0, den = 1] = rate.split("/").map(Number);
  return { framerate: { num, den } };
};
const LADDER = [aVideo({ framerateMax: 60 }), aVideo({ framerateMax: 30 })];

function timed(encodes: readonly VideoEncode[], source: Partial<VideoStream>) {
  const { encodes: made, segmentSeconds } = timeSet(encodes, aVideoStream(source));
  return [
    ...made.map(({ framerate, gop }) =>
      [framerate && formatRational(framerate), "frames" in gop && gop.frames].join(" x "),
    ),
    segmentSeconds.toFixed(3),
  ];
}

describe("timeSet", () => {
  test.each([
    ["25", "25 x 50", "25 x 50", "6.000"],
    ["30", "30 x 60", "30 x 60", "6.000"],
    ["30000/1001", "30000/1001 x 60", "30000/1001 x 60", "6.006"],
    ["60000/1001", "60000/1001 x 120", "30000/1001 x 60", "6.006"],
    ["60", "60 x 120", "30 x 60", "6.000"],
    ["50", "50 x 100", "25 x 50", "6.000"],
    ["41", "41 x 82", "41/2 x 41", "6.000"],
    ["100", "50 x 100", "25 x 50", "6.000"],
    ["1", "1 x 2", "1 x 2", "6.000"],
  ])(
    "of a source of %s gives rungs rates and key frames that meet",
    (rate, one, other, seconds) => {
      expect(timed(LADDER, at(rate))).toEqual([one, other, seconds]);
    },
  );

  test("brings uneven frames to one usual rate", () => {
    const source = { ...at("2397/100"), isVariableRate: true };
    expect(timed(LADDER, source)).toEqual(["24000/1001 x 48", "24000/1001 x 48", "6.006"]);
  });

  test.each([
    [{ framerate: { num: 25, den: 1 } }, 50, { framerate: { num: 30, den: 1 } }, 60, "6.000"],
    [{ framerate: { num: 25, den: 1 } }, 25, { framerate: { num: 25, den: 1 } }, 50, "6.000"],
    [{}, 50, {}, 50, "6.667"],
    [{}, 120, {}, 120, "8.000"],
    [{}, 12, {}, 15, "6.000"],
  ])(
    "keeps %j with %d frames beside %j with %d as they were asked for",
    (one, frames, other, more, seconds) => {
      const encodes = [
        aCustomVideo({ ...one, gop: { frames } }),
        aCustomVideo({ ...other, gop: { frames: more } }),
      ];
      expect(timed(encodes, at("30")).at(-1)).toBe(seconds);
    },
  );

  test("refuses rates whose key frames never meet", () => {
    const encodes = [
      aCustomVideo({ framerate: { num: 25, den: 1 } }),
      aCustomVideo({ framerate: { num: 30_000, den: 1001 } }),
    ];
    expect(() => timeSet(encodes, aVideoStream())).toThrow(
      expect.objectContaining({ code: "output_not_supported" }),
    );
  });
});
