import { describe, expect, test } from "bun:test";
import { chainText } from "../../../src/plan/args/streams.ts";
import { sheetFilters } from "../../../src/plan/args/thumbnails.ts";
import { cropFilters } from "../../../src/plan/encode/crop.ts";
import { videoEncoding } from "../../../src/plan/encode/video-encoding.ts";
import { inOrder } from "../../../src/plan/encode/video-filters.ts";
import { aVideo, aVideoStream } from "../builders.ts";

const crop = { left: 2, right: 4, top: 6, bottom: 8 };
const CROPPED = aVideoStream({ width: 314, height: 226, isCropped: true, crop });

describe("cropFilters", () => {
  test.each([
    [0, false, "iw-6:ih-14:2:6"],
    [0, true, "iw-6:ih-14:2:8"],
    [90, false, "iw-14:ih-6:8:2"],
    [90, true, "iw-14:ih-6:6:2"],
    [180, false, "iw-6:ih-14:4:8"],
    [180, true, "iw-6:ih-14:4:6"],
    [270, false, "iw-14:ih-6:6:4"],
    [270, true, "iw-14:ih-6:8:4"],
  ] as const)(
    "cut the same off a picture that ffmpeg has turned by %d, mirrored: %p",
    (rotation, isMirrored, expected) => {
      const source = { ...CROPPED, rotation, ...(isMirrored && { isMirrored }) };
      expect(chainText(cropFilters(source))).toBe(`crop=${expected}`);
    },
  );

  test.each([
    [0, "iw-7:ih-2:3:1"],
    [180, "iw-8:ih-2:6:2"],
  ] as const)("lie on even pixels of the picture before its turn: %d", (rotation, expected) => {
    const odd = { left: 3, right: 4, top: 1, bottom: 1 };
    const source = { ...CROPPED, width: 313, height: 238, crop: odd, rotation };
    expect(chainText(cropFilters(source))).toBe(`crop=${expected}`);
  });

  test("come first", () => {
    const source = { ...CROPPED, isInterlaced: true };
    const { filters: made } = videoEncoding(aVideo(), source);
    expect(chainText(inOrder(made))).toStartWith("crop=iw-6:ih-14:2:6,bwdif=");
    const sheets = { intervalSeconds: 10, width: 160, height: 90, columns: 3, rows: 2 };
    const filters = sheetFilters(sheets, source);
    expect(filters.findIndex((one) => one.name === "crop")).toBe(1);
    expect(filters[2]).toEqual({ name: "scale", values: [160, 90] });
  });

  test("are none where the engine crops by itself", () => {
    const { crop: _, ...source } = CROPPED;
    expect(cropFilters(source)).toEqual([]);
  });
});
