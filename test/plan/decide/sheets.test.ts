import { describe, expect, test } from "bun:test";
import { sheetsFor } from "../../../src/plan/decide/sheets.ts";
import { aMedia, aMediaWithVideo } from "../builders.ts";

describe("sheetsFor", () => {
  test.each([
    ["a minute", {}, 10, "160x90 6x1"],
    ["an hour", { durationSeconds: 3600 }, 10, "160x90 10x10"],
    ["two minutes", { durationSeconds: 111 }, 10, "160x90 10x2"],
    ["an upright picture", { width: 1080, height: 1920 }, 60, "160x284 1x1"],
    ["a picture smaller than that", { width: 101, height: 50 }, 60, "100x48 1x1"],
  ])("of %s", (_what, fields, intervalSeconds, expected) => {
    const made = sheetsFor({ intervalSeconds, width: 160 }, aMediaWithVideo(fields), undefined);
    expect(`${made?.width}x${made?.height} ${made?.columns}x${made?.rows}`).toBe(expected);
  });

  test("count the clip alone", () => {
    const clip = { startSeconds: 30 };
    expect(sheetsFor({ intervalSeconds: 10, width: 160 }, aMedia(), clip)?.columns).toBe(3);
  });

  test("are none of a source without a picture", () => {
    const { video: _, ...sound } = aMedia();
    expect(sheetsFor({ intervalSeconds: 10, width: 160 }, sound, undefined)).toBeUndefined();
  });
});
