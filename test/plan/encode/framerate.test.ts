import { describe, expect, test } from "bun:test";
import { formatRational, parseRational, type Rational } from "../../../src/lib/rational.ts";
import { frameRate, gopFrames } from "../../../src/plan/encode/framerate.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import { aCustomVideo, aVideoStream } from "../builders.ts";

const rational = (text: string): Rational => parseRational(text) ?? { num: 0, den: 1 };

function rateOf(source: string, encode: Partial<VideoEncode>, isVariableRate = false): string {
  const stream = aVideoStream({ framerate: rational(source), isVariableRate });
  return formatRational(frameRate(aCustomVideo(encode), stream));
}

describe("frameRate", () => {
  test.each([
    ["25", 30, "25"],
    ["30", 30, "30"],
    ["30000/1001", 30, "30000/1001"],
    ["24000/1001", 30, "24000/1001"],
    ["60000/1001", 30, "30000/1001"],
    ["60", 30, "30"],
    ["50", 30, "25"],
    ["48", 30, "24"],
    ["120", 30, "30"],
    ["120000/1001", 30, "30000/1001"],
    ["90", 30, "30"],
    ["100", 30, "25"],
    ["31", 30, "30"],
    ["40", 30, "30"],
    ["60000/1001", 60, "60000/1001"],
    ["50", 60, "50"],
    ["120", 60, "60"],
    ["144", 60, "48"],
    ["75", 60, "60"],
    ["30003/1000", 30, "30003/1000"],
    ["59", 30, "59/2"],
    ["15", 30, "15"],
    ["1/2", 30, "1/2"],
    ["1000", 60, "1000/17"],
  ])("caps %s at %d: %s", (source, framerateMax, expected) => {
    expect(rateOf(source, { framerateMax })).toBe(expected);
  });

  test.each([
    ["29.87", 30, "30000/1001"],
    ["2413/81", 30, "30000/1001"],
    ["24.1", 60, "24"],
    ["23.5", 60, "24000/1001"],
    ["58", 60, "60000/1001"],
    ["59.98", 30, "30"],
    ["7.3", 30, "8"],
    ["0.4", 30, "1"],
    ["240", 60, "60"],
  ])(
    "brings uneven frames, %s on average, to a usual rate up to %d: %s",
    (source, framerateMax, expected) => {
      expect(rateOf(source, { framerateMax }, true)).toBe(expected);
    },
  );

  test.each([
    ["15", "24000/1001"],
    ["29", "30000/1001"],
    ["120", "60"],
    ["2997/100", "30000/1001"],
  ])("brings %s to a rate that MPEG-2 has: %s", (source, expected) => {
    expect(rateOf(source, { codec: "mpeg2" })).toBe(expected);
  });

  test("keeps any rate of the source where none is asked for", () => {
    expect(rateOf("1000/41", {})).toBe("1000/41");
  });

  test("takes the rate that is asked for", () => {
    expect(rateOf("50", { framerate: { num: 24_000, den: 1001 } })).toBe("24000/1001");
  });

  test("takes 25 where the source does not say", () => {
    const { framerate: _, ...stream } = aVideoStream();
    expect(frameRate(aCustomVideo(), stream)).toEqual({ num: 25, den: 1 });
  });
});

describe("gopFrames", () => {
  test.each([
    [{ frames: 25 }, "50", 25],
    [{ seconds: 2 }, "25", 50],
    [{ seconds: 2 }, "30000/1001", 60],
    [{ seconds: 2 }, "60000/1001", 120],
    [{ seconds: 2 }, "1/10", 1],
  ])("%j at %s are %d frames", (gop, rate, frames) => {
    expect(gopFrames(gop, rational(rate))).toBe(frames);
  });
});
