import { describe, expect, test } from "bun:test";
import {
  judgeSheets,
  sheetCount,
  sheetSize,
  thumbnailTrack,
} from "../../../src/plan/verify/finished-sheets.ts";

const sheets = { intervalSeconds: 10, width: 160, height: 90, columns: 3, rows: 2 };

describe("thumbnailTrack", () => {
  test.each([
    [5, 1, 1],
    [20, 2, 1],
    [20.2, 3, 1],
    [65, 7, 2],
  ])("of %d s has %d pictures on %d sheets", (seconds, pictures, count) => {
    expect(sheetCount(sheets, seconds, 0.04)).toEqual({ pictures, sheets: count });
  });

  test("names each interval's picture and its place, all of it on the sheet", () => {
    const track = thumbnailTrack(sheets, 8, 3_675.5);
    const cues = track.split("\n\n").slice(1);
    expect(cues[0]).toBe("00:00:00.000 --> 00:00:10.000\nsprite-00001.jpg#xywh=0,0,160,90");
    expect(cues[4]).toBe("00:00:40.000 --> 00:00:50.000\nsprite-00001.jpg#xywh=160,90,160,90");
    expect(cues[7]).toBe("00:01:10.000 --> 01:01:15.500\nsprite-00002.jpg#xywh=160,0,160,90\n");
    const size = sheetSize(sheets);
    for (const [, x, y, width, height] of track.matchAll(/xywh=(\d+),(\d+),(\d+),(\d+)/g)) {
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(size.width);
      expect(Number(y) + Number(height)).toBeLessThanOrEqual(size.height);
    }
  });
});

describe("judgeSheets", () => {
  const good = { width: 480, height: 180 };
  test("takes sheets of the planned size", () => {
    expect(() => judgeSheets(sheets, 2, [good, good])).not.toThrow();
  });

  test.each([
    ["too few", 2, [good], "there are 1 sheets of 2"],
    ["of another size", 1, [{ width: 480, height: 90 }], "a sheet is 480x90, not 480x180"],
  ])("refuses sheets that are %s", (_what, wanted, sizes, why) => {
    expect(() => judgeSheets(sheets, wanted, sizes)).toThrow(why);
  });
});
