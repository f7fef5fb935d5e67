import { describe, expect, test } from "bun:test";
import { refuseImpossibleLive } from "../../src/plan/live-feasible.ts";
import { assignRenditions } from "../../src/profile/assign.ts";
import { systemProfile } from "../../src/profile/system-profiles.ts";
import { aCapabilities } from "./builders.ts";

const refusal = (name: string, url: string): unknown => {
  const profile = systemProfile(name);
  const [assignment] = profile ? assignRenditions(profile, [undefined]) : [];
  try {
    if (assignment) refuseImpossibleLive(assignment, [url], aCapabilities());
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("refuseImpossibleLive() of an adaptive set", () => {
  test.each([
    ["video_hls_adaptive", "file:/m/a.m3u8"],
    ["video_hls_adaptive", "rtmp://h/live/a"],
    ["video_dash_640x360_520kbps", "file:/m/a.mpd"],
  ])("refuses %s for %s", (name, url) => {
    expect(refusal(name, url)).toMatchObject({ code: "output_not_supported" });
  });

  test("lets one rendition go by a live protocol, whatever container it names", () => {
    expect(refusal("video_dash_640x360_520kbps", "rtmp://h/live/a")).toBeUndefined();
  });
});
