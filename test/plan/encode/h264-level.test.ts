import { describe, expect, test } from "bun:test";
import { h264Level } from "../../../src/plan/encode/h264-level.ts";

const level = (width: number, height: number, fps: number, kbps: number) =>
  h264Level({ width, height }, fps, { maxrateBps: kbps * 1000, bufferBits: kbps * 2000 });

describe("h264Level", () => {
  test.each([
    [128, 96, 15, 50, "1.0"],
    [320, 240, 15, 176, "1.2"],
    [320, 240, 30, 176, "1.3"],
    [640, 360, 30, 424, "3.0"],
    [640, 480, 30, 524, "3.0"],
    [720, 576, 25, 2000, "3.0"],
    [854, 480, 30, 704, "3.1"],
    [1280, 720, 30, 1600, "3.1"],
    [1280, 720, 60, 1600, "3.2"],
    [1920, 1080, 30, 3532, "4.0"],
    [1080, 1920, 30, 3532, "4.0"],
    [1920, 1080, 60, 3532, "4.2"],
    [2560, 1440, 30, 8000, "5.0"],
    [3840, 2160, 30, 15_000, "5.1"],
    [3840, 2160, 60, 15_000, "5.2"],
    [7680, 4320, 30, 40_000, "6.0"],
    [8192, 4320, 60, 40_000, "6.1"],
  ])("%dx%d at %d fps and %d kbit/s is level %s", (width, height, fps, kbps, expected) => {
    expect(level(width, height, fps, kbps)).toBe(expected);
  });

  test.each([
    [8750, "3.1"],
    [8751, "3.2"],
    [12_500, "3.2"],
    [12_501, "4.0"],
    [15_626, "4.1"],
    [39_063, "5.0"],
  ])("goes up where the buffer of 720p30 at %d kbit/s needs it: %s", (kbps, expected) => {
    expect(level(1280, 720, 30, kbps)).toBe(expected);
  });

  test("goes up for a picture that is long for its area", () => {
    // 4096x16 is 256 blocks, but a side of 256 blocks needs a largest frame of 8192.
    expect(level(4096, 16, 25, 200)).toBe("4.0");
  });

  test("knows no level for what exceeds all", () => {
    expect(level(16_384, 16_384, 60, 1000)).toBeUndefined();
    expect(level(1920, 1080, 30, 2_000_000)).toBeUndefined();
  });
});
