import { describe, expect, test } from "bun:test";
import type { KeptColour } from "../../../src/plan/plan.ts";
import { judgeOutput } from "../../../src/plan/verify/verify.ts";
import type { DisplayLight, VideoStream } from "../../../src/probe/media.ts";
import { aMedia, aVideoStream } from "../builders.ts";

const LIGHT: Required<DisplayLight> = {
  mastering: {
    ...{ red: [34_000, 16_000], green: [13_250, 34_500], blue: [7500, 3000] },
    ...{ white: [15_635, 16_450], luminance: { min: 50, max: 10_000_000 } },
  },
  content: { max: 1000, average: 400 },
};
const { mastering } = LIGHT;
const tags = { transfer: "smpte2084", primaries: "bt2020", space: "bt2020nc", range: "tv" };
const MADE = { pixelFormat: "yuv420p10le", color: tags, light: LIGHT };

function judge(made: Partial<VideoStream>, colour: KeptColour = { tags, light: LIGHT }): void {
  const video = aVideoStream({ codec: "hevc", ...MADE, ...made });
  const { width, height } = video;
  const planned = { codec: "hevc", width, height, sameAsSource: false, colour };
  const expected = { durationSeconds: 60, durationToleranceSeconds: 1, video: planned };
  const { audio: _, ...output } = aMedia({ video });
  judgeOutput(expected, output, aMedia());
}

describe("judgeOutput of colours that are kept", () => {
  test("takes what is as planned, also as AV1 rounds it", () => {
    expect(() => judge({})).not.toThrow();
    const rounded: DisplayLight["mastering"] = {
      ...mastering,
      ...{ red: [33_999, 16_001], luminance: { min: 51, max: 10_000_039 } },
    };
    expect(() => judge({ light: { ...LIGHT, mastering: rounded } })).not.toThrow();
  });

  test("asks nothing of what the source does not say", () => {
    expect(() => judge({ color: {}, light: {} }, { tags: {} })).not.toThrow();
  });

  test.each([
    [{ pixelFormat: "yuv420p" }, "its pixel format is yuv420p, not yuv420p10le"],
    [{ color: { ...tags, transfer: "bt709" } }, "its transfer is bt709, not smpte2084"],
    [{ color: { transfer: "smpte2084" } }, "its primaries is unknown, not bt2020"],
    [{ color: { ...tags, space: "bt2020c" } }, "its colour matrix is bt2020c, not bt2020nc"],
    [{ color: { ...tags, range: "pc" } }, "its range is pc, not tv"],
    [
      { light: { content: LIGHT.content } },
      "it does not name the display that the source was mastered on",
    ],
    [
      { light: { ...LIGHT, mastering: { ...mastering, blue: [7500, 3010] } } },
      "it does not name the display that the source was mastered on",
    ],
    [
      { light: { ...LIGHT, mastering: { ...mastering, luminance: { min: 50, max: 4_000_000 } } } },
      "it does not name the display that the source was mastered on",
    ],
    [{ light: { mastering } }, "it does not name the light levels of the source"],
    [
      { light: { mastering, content: { max: 1000, average: 401 } } },
      "it does not name the light levels of the source",
    ],
  ] satisfies readonly (readonly [Partial<VideoStream>, string])[])("refuses %j", (made, why) => {
    expect(() => judge(made)).toThrow(`Cannot deliver the output: ${why}`);
  });
});
