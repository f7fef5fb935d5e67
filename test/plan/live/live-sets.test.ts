import { describe, expect, test } from "bun:test";
import { liveGraphArgs, liveOutputArgs } from "../../../src/engine/native-live/live-outputs.ts";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import { planLive } from "../../../src/plan/live/plan-live.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import type { AdaptiveSet } from "../../../src/profile/profile.ts";
import { systemProfile } from "../../../src/profile/system-profiles.ts";
import { aCapabilities, aMedia, aRendition, aVideo, targetsAt } from "../builders.ts";

const refusal = (name: string, url: string): unknown => {
  const profile = systemProfile(name);
  const [assignment] = profile ? assignRenditions(profile, [undefined]) : [];
  try {
    if (assignment) refuseImpossibleLive(assignment, targetsAt(url), aCapabilities());
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("refuseImpossibleLive() of an adaptive set", () => {
  test("refuses several renditions for a live target", () => {
    const error = refusal("video_hls_adaptive", "rtmp://h/live/a");
    expect(error).toMatchObject({ code: "output_not_supported" });
    expect(String(error)).toContain("it takes one rendition");
  });

  test("lets one rendition go by a live protocol, whatever container it names", () => {
    expect(refusal("video_dash_640x360_520kbps", "rtmp://h/live/a")).toBeUndefined();
  });

  test.each([
    ["video_hls_adaptive", "file:/m/a.m3u8"],
    ["video_dash_adaptive", "file:/m/a.mpd"],
    ["video_dash_640x360_520kbps", "file:/m/a.mpd"],
  ])("lets %s grow at %s", (name, url) => {
    expect(refusal(name, url)).toBeUndefined();
  });

  test("refuses thumbnails, whose track has an end, and two passes", () => {
    const set = { renditions: [aRendition({ container: "cmaf" })], isLadder: false };
    const refused =
      (changed: Partial<AdaptiveSet>, url = "file:/m/a.m3u8") =>
      () => {
        const rendition = changed.renditions?.[0] ?? set.renditions[0] ?? aRendition();
        const assignment = { rendition, targets: [0], set: { ...set, ...changed } };
        refuseImpossibleLive(assignment, targetsAt(url), aCapabilities());
      };
    expect(refused({})).not.toThrow();
    expect(refused({ thumbnails: { intervalSeconds: 5, width: 160 } })).toThrow("thumbnails");
    const twice = aRendition({ container: "cmaf", video: aVideo({ rateMode: "2passvbr" }) });
    expect(refused({ renditions: [set.renditions[0] ?? twice, twice] })).toThrow("two passes");
  });
});

describe("planLive() of a set whose streams are apart", () => {
  const plan = (media = aMedia()) => {
    const profile = systemProfile("video_dash_640x360_520kbps");
    const assignments = profile ? assignRenditions(profile, [undefined]) : [];
    return planLive({ assignments, targets: targetsAt("out.mpd") }, media, aCapabilities());
  };

  test("writes each run by a muxer of its own, in a folder of its own", () => {
    const args = liveOutputArgs(plan(), { offsetSeconds: 7, part: 3, prefix: "pontus.t-set.1-3" });
    expect(args.at(-1)).toBe("recorded-0/part-00003/manifest.mpd");
    const text = args.join(" ");
    expect(text).toContain("-f dash -dash_segment_type mp4 -hls_playlist 1 -seg_duration 1.995");
    expect(text).toContain("-init_seg_name pontus.t-set.1-3-init-$RepresentationID$.mp4");
    expect(text).toContain(
      "-media_seg_name pontus.t-set.1-3-chunk-$RepresentationID$-$Number%05d$.m4s",
    );
    // The muxer tells other times than its segments have otherwise.
    expect(text).not.toContain("-output_ts_offset");
  });

  test("is planned anew for pictures of another size, and filters before all outputs", () => {
    expect(plan()).toMatchObject({ isSized: true, hasVideo: true });
    const [option, graph = ""] = liveGraphArgs(plan());
    expect(option).toBe("-filter_complex");
    expect(graph).toContain("[0:0]");
    expect(liveGraphArgs({ ...plan(), outputs: [] })).toEqual([]);
  });
});
