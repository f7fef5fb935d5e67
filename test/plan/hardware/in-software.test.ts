import { describe, expect, test } from "bun:test";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../../src/probe/media.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import type { Rendition, VideoEncode } from "../../../src/profile/profile.ts";
import {
  aCapabilities,
  aCustomVideo,
  aMedia,
  aMediaWithVideo,
  anAudio,
  aRendition,
  aVideo,
} from "../builders.ts";
import { aDevice, planOn, withDevice } from "./devices.ts";

describe("what stays in software on a device", () => {
  const wordsOf = (video: Partial<VideoEncode>, media?: MediaInfo, hardware = aDevice("nvenc")) => {
    const plan = planOn(hardware, [{ video: aVideo(video), container: "mkv" }], media);
    expect(plan.steps.every((step) => step.hardware === undefined)).toBe(true);
    const { hardware: _, ...software } = withDevice(hardware);
    const before = planTask(
      {
        assignments: [
          { rendition: aRendition({ video: aVideo(video), container: "mkv" }), targets: [0] },
        ],
        tag: "t1",
      },
      media ?? aMedia(),
      software,
    );
    expect(plan.steps).toEqual(before.steps);
    return plan.products[0]?.video.why.split(", in software, as ")[1];
  };

  test.each([
    [{ codec: "vp9" }, "nvenc makes no vp9 here"],
    [{ codec: "mpeg2" }, "nvenc makes no mpeg2 here"],
    [{ rateMode: "2passvbr" }, "a device encodes in one pass"],
    [{ rateMode: "quality", quality: 70 }, "the scale of quality was measured in software"],
    [{ encoderOptions: { "aq-mode": "3" } }, "its encoder is given options"],
    [{ width: 160, height: 90 }, "160x90 is smaller than 192x128"],
    [{ width: 5120, height: 2880 }, "5120x2880 is larger than 4096x4096"],
  ] as const)("is %j, and why is told", (video, why) => {
    expect(wordsOf(video as Partial<VideoEncode>)).toBe(why);
  });

  test("is what stays interlaced", () => {
    const media = aMediaWithVideo({ isInterlaced: true });
    expect(wordsOf({ progressive: false }, media)).toBe("it stays interlaced");
  });

  test("is what keeps the colours of its source", () => {
    const media = aMediaWithVideo({
      codec: "hevc",
      pixelFormat: "yuv420p10le",
      color: { transfer: "smpte2084", primaries: "bt2020", space: "bt2020nc", range: "tv" },
    });
    expect(wordsOf({ codec: "h265", dynamicRange: "source" }, media)).toBe(
      "it keeps the colours of its source",
    );
  });

  test("is a codec that the device does not encode", () => {
    const { encoders, ...rest } = aDevice("nvenc");
    const { av1: _, ...others } = encoders;
    expect(wordsOf({ codec: "av1" }, undefined, { ...rest, encoders: others })).toBe(
      "nvenc makes no av1 here",
    );
  });

  test("is all of a set of which any is encoded in two passes", () => {
    const group = (video: Partial<VideoEncode>): Rendition => ({
      container: "m3u8",
      video: aCustomVideo({ framerate: { num: 25, den: 1 }, ...video }),
      audio: anAudio(),
    });
    const renditions = [group({ height: 360 }), group({ height: 240, rateMode: "2passvbr" })];
    const assignments = assignRenditions({ name: "mine", description: "", renditions }, [
      undefined,
    ]);
    const capabilities = aCapabilities({ hardware: aDevice("nvenc") });
    const plan = planTask({ assignments, tag: "t1" }, aMedia(), capabilities);
    expect(plan.steps.some(({ hardware }) => hardware)).toBe(false);
    expect(plan.products[0]?.video.why).toEndWith(
      ", in software, as its set is encoded in two passes",
    );
  });

  test("is a single picture, of which nothing is told", () => {
    const poster = { container: "jpg", video: aVideo({ codec: "mjpeg" }), audio: "none" } as const;
    const plan = planOn(aDevice("qsv"), [poster as Partial<Rendition>]);
    expect(plan.products[0]?.video.why).not.toContain("software");
  });
});
