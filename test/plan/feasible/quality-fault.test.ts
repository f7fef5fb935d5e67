import { describe, expect, test } from "bun:test";
import { impossibilityOf } from "../../../src/plan/feasible/feasible.ts";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import type { Capabilities } from "../../../src/plan/plan.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import { aCapabilities, aRendition, aVideo, targetsAt } from "../builders.ts";

const SSIM: Partial<Capabilities> = { filters: ["ssim"] };
const vmaf = { qualityTarget: { metric: "vmaf", min: 90 } } as const;

const faultOf = (video: Partial<VideoEncode>, capabilities: Partial<Capabilities> = SSIM) =>
  impossibilityOf(aRendition({ video: aVideo(video) }), aCapabilities(capabilities));

describe("qualityFault", () => {
  test("takes what can be measured here", () => {
    expect(faultOf({ measuresQuality: true })).toBeUndefined();
    expect(faultOf(vmaf, { filters: ["libvmaf"] })).toBeUndefined();
    expect(faultOf({ skipsLarger: true }, { filters: [] })).toBeUndefined();
  });

  test.each([
    [vmaf, SSIM, "encoder_missing", "Cannot measure vmaf: the engine has no filter libvmaf"],
    [{ measuresQuality: true }, { filters: [] }, "encoder_missing", "no filter ssim"],
    [
      { skipsLarger: true },
      { ...SSIM, streamsOutput: true },
      "output_not_supported",
      "Cannot judge the quality of an output: it has left",
    ],
  ] as const)("refuses %j where there is %j", (video, capabilities, code, message) => {
    const fault = faultOf(video, capabilities);
    expect(fault).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test("refuses to measure an encrypted set", () => {
    const rendition = aRendition({
      container: "m3u8",
      video: aVideo({ measuresQuality: true }),
      protection: { scheme: "aes-128" } as never,
    });
    expect(impossibilityOf(rendition, aCapabilities(SSIM))?.message).toContain("an encrypted set");
  });

  test.each([{ measuresQuality: true }, { skipsLarger: true }, vmaf] as const)(
    "refuses %j of a live stream",
    (video) => {
      expect(() =>
        refuseImpossibleLive(
          { rendition: aRendition({ video: aVideo(video) }), targets: [0] },
          targetsAt("rtmp://a/live/x"),
          aCapabilities({ filters: ["ssim", "libvmaf"] }),
        ),
      ).toThrow("Cannot judge the quality of a live stream");
    },
  );
});
