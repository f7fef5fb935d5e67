import { describe, expect, test } from "bun:test";
import { withoutUnkept } from "../../../src/plan/feasible/colour-feasible.ts";
import { impossibilityOf } from "../../../src/plan/feasible/feasible.ts";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { Assignment, Rendition, VideoEncode } from "../../../src/profile/profile.ts";
import { aCapabilities, aMediaWithVideo, aRendition, aVideo, targetsAt } from "../builders.ts";

const KEPT = aVideo({ codec: "h265", dynamicRange: "source" });
const MAY_MAP: VideoEncode = { ...KEPT, dynamicRangeFallback: "map" };
const SHALLOW = aCapabilities({ deepEncoders: ["libsvtav1"] });

const rendition = (video: VideoEncode): Rendition => aRendition({ video });
const assignment = (...videos: readonly [VideoEncode, ...VideoEncode[]]): Assignment => ({
  rendition: rendition(videos[0]),
  targets: [0],
  ...(videos.length > 1 && { set: { renditions: videos.map(rendition), isLadder: false } }),
});

describe("an engine whose x265 takes 8 bits alone", () => {
  test("refuses colours that have to be kept, and no others", () => {
    expect(impossibilityOf(rendition(KEPT), SHALLOW)).toEqual({
      code: "encoder_missing",
      message:
        "Cannot keep the dynamic range in h265: the engine's encoder libx265 takes 8 bits alone",
    });
    expect(impossibilityOf(rendition({ ...KEPT, codec: "av1" }), SHALLOW)).toBeUndefined();
    expect(impossibilityOf(rendition(MAY_MAP), SHALLOW)).toBeUndefined();
    expect(impossibilityOf(rendition(KEPT), aCapabilities())).toBeUndefined();
  });

  test("maps them where it may", () => {
    const hdr = aMediaWithVideo({
      ...{ codec: "hevc", profile: "Main 10", pixelFormat: "yuv420p10le" },
      color: { transfer: "smpte2084" },
    });
    const argsFor = (video: VideoEncode, capabilities = SHALLOW) =>
      planTask({ assignments: [assignment(video)], tag: "t1" }, hdr, capabilities).steps.map(
        ({ args }) => args,
      );
    expect(argsFor(MAY_MAP)).toEqual(argsFor(aVideo({ codec: "h265" })));
    expect(argsFor(MAY_MAP, aCapabilities())).toEqual(argsFor(KEPT, aCapabilities()));
    expect(() => argsFor(KEPT)).toThrow("takes 8 bits alone");
  });
});

test("withoutUnkept leaves the wish only where it can be had", () => {
  const h264 = { ...MAY_MAP, codec: "h264" } as const;
  const { dynamicRange: _, dynamicRangeFallback: __, ...plain } = h264;
  const set = assignment(h264, MAY_MAP, { ...KEPT, codec: "av1" });
  const { rendition: first, set: { renditions } = { renditions: [] } } = withoutUnkept(
    set,
    aCapabilities(),
  );
  expect(first.video).toEqual(plain);
  expect(renditions.map(({ video }) => video)).toEqual([plain, MAY_MAP, { ...KEPT, codec: "av1" }]);
  const usual = assignment(aVideo());
  expect(withoutUnkept(usual, aCapabilities())).toBe(usual);
});

describe("a live stream", () => {
  const refuse =
    (one: Assignment, url = "rtsp://host/a") =>
    () =>
      refuseImpossibleLive(one, targetsAt(url), aCapabilities());

  test("keeps no colours, and says so", () => {
    const message =
      "Cannot keep the dynamic range of a live stream: what its pictures say of it is not read";
    expect(refuse(assignment(KEPT))).toThrow(message);
    const inSet = { ...assignment(aVideo(), KEPT) };
    const cmaf = { ...inSet, rendition: { ...inSet.rendition, container: "cmaf" as const } };
    expect(refuse(cmaf, "/live/a.m3u8")).toThrow(message);
    expect(refuse(assignment(MAY_MAP))).not.toThrow();
  });
});
