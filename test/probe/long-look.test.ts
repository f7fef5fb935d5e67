import { describe, expect, test } from "bun:test";
import { countUnseen } from "../../src/probe/long-look.ts";

const picture = { codec_type: "video", codec_name: "h264", width: 320, height: 240 };
const sound = { codec_type: "audio", codec_name: "aac", channels: 2, sample_rate: "48000" };

describe("countUnseen", () => {
  test.each([
    ["all is known", [picture, sound], 0],
    ["a picture has no size", [{ ...picture, width: 0 }, sound], 1],
    ["a sound has no channels", [picture, { ...sound, channels: 0 }], 1],
    [
      "neither is known",
      [
        { ...picture, width: 0 },
        { ...sound, sample_rate: "0" },
      ],
      2,
    ],
    ["a codec is unknown", [{ ...picture, codec_name: "unknown", width: 0 }], 0],
    ["it is data", [{ codec_type: "data", codec_name: "bin_data" }], 0],
  ])("counts the streams of which too little was seen: %s", (_, streams, count) => {
    expect(countUnseen({ streams })).toBe(count);
  });

  test("counts none where ffprobe describes nothing", () => {
    expect(countUnseen(undefined)).toBe(0);
  });
});
