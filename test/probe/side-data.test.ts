import { describe, expect, test } from "bun:test";
import { parseProbe } from "../../src/probe/parse-probe.ts";

const format = { format_name: "mov,mp4,m4a,3gp,3g2,mj2" };
const video = { index: 0, codec_type: "video", codec_name: "hevc", width: 320, height: 180 };

/** What is known of the light of displays, by the side data of a stream as ffprobe writes it. */
const lightOf = (fields: object) =>
  parseProbe({ format, streams: [{ ...video, side_data_list: [fields] }] }).video?.light;

describe("the light of displays", () => {
  const display = {
    ...{ red_x: "34000/50000", red_y: "16000/50000", green_x: "53/200", green_y: "69/100" },
    // As AV1 has it.
    ...{ blue_x: "9830/65536", blue_y: "3932/65536" },
    ...{ white_point_x: "15635/50000", white_point_y: "16450/50000" },
    ...{ min_luminance: "1/10000", max_luminance: "10000000/10000" },
  };

  test("reads the display that a film is made for, in the units of its standard", () => {
    expect(lightOf({ ...display, max_content: 1000, max_average: 400 })).toEqual({
      mastering: {
        ...{ red: [34_000, 16_000], green: [13_250, 34_500], blue: [7500, 3000] },
        ...{ white: [15_635, 16_450], luminance: { min: 1, max: 10_000_000 } },
      },
      content: { max: 1000, average: 400 },
    });
  });

  test.each([
    ["is not there", { blue_y: undefined }],
    ["is all zero", { red_x: "0/50000", red_y: "0/50000" }],
    ["lies outside of all colours", { green_x: "40000/50000" }],
    ["has no number", { white_point_x: "x/0" }],
    ["has an empty denominator", { min_luminance: "1/" }],
    ["is darker than black", { min_luminance: "2000/1" }],
    ["is brighter than PQ knows", { max_luminance: "10001/1" }],
  ])("takes no display of which a part %s", (_, part) => {
    expect(lightOf({ ...display, ...part })).toBeUndefined();
  });

  test.each([
    [0, 0],
    [65_536, 1],
    [100, 65_536],
    [undefined, 1],
  ])("takes no light levels of %p and %p", (max_content, max_average) => {
    expect(lightOf({ max_content, max_average })).toBeUndefined();
  });
});
