import { describe, expect, test } from "bun:test";
import { nearestNames } from "../../src/profile/nearest-names.ts";
import { CATALOGUE } from "../../src/profile/system-profiles.ts";

describe("nearestNames", () => {
  test.each([
    ["video_mp4_1280x270_1728kbps", "video_mp4_1280x720_1728kbps"],
    ["Video_HLS_Adaptive", "video_hls_adaptive"],
    ["hls_adaptive", "video_hls_adaptive"],
    ["video_mp4_transmx", "video_mp4_transmux"],
    ["mine-4", "mine-3"],
  ])("finds for %s the name %s first", (name, nearest) => {
    expect(nearestNames(name, ["mine-3", ...CATALOGUE])[0]).toBe(nearest);
  });

  test("finds three at most, and none where nothing is near", () => {
    expect(nearestNames("video_mp4_1280x720", CATALOGUE).length).toBeLessThan(4);
    expect(nearestNames("nix", CATALOGUE)).toEqual([]);
  });
});
