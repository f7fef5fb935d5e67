import { describe, expect, test } from "bun:test";
import { rungsFor } from "../../../src/plan/decide/ladder.ts";
import type { VideoStream } from "../../../src/probe/media.ts";
import { systemProfile } from "../../../src/profile/system-profiles.ts";
import { aMedia, aMediaWithVideo, anAudioStream, aVideoStream } from "../builders.ts";

const LADDER = systemProfile("video_hls_adaptive")?.renditions ?? [];

const rungs = (fields: Partial<VideoStream>): readonly string[] =>
  rungsFor(LADDER, aMediaWithVideo(fields)).map(({ video }) =>
    typeof video === "object"
      ? `${video.width}x${video.height}@${(video.bitrateBps ?? 0) / 1000}`
      : video,
  );

describe("rungsFor", () => {
  test.each([
    [
      "1080p",
      { bitrateBps: 9e6 },
      "1920x1080@3532 1280x720@1600 852x480@704 640x360@424 426x240@176",
    ],
    [
      "4K",
      { width: 3840, height: 2160, bitrateBps: 2e7 },
      "1920x1080@3532 1280x720@1600 852x480@704 640x360@424 426x240@176",
    ],
    ["720p", { width: 1280, height: 720 }, "1280x720@1600 852x480@704 640x360@424 426x240@176"],
    [
      "a little less than 1080p",
      { width: 1916, height: 1076 },
      "1916x1076@3532 1280x718@1600 854x480@704 640x358@424 426x238@176",
    ],
    ["an odd size", { width: 853, height: 479 }, "852x478@704 640x358@424 426x238@176"],
    ["4:3", { width: 640, height: 480 }, "640x480@704 480x360@424 320x240@176"],
    [
      "cinema",
      { width: 1920, height: 800 },
      "1920x800@3532 1280x532@1600 854x356@704 640x266@424 426x178@176",
    ],
    [
      "a phone upright",
      { width: 1080, height: 1920 },
      "1080x1920@3532 720x1280@1600 480x852@704 360x640@424 240x426@176",
    ],
    [
      "a phone turned",
      { rotation: 90 },
      "1080x1920@3532 720x1280@1600 480x852@704 360x640@424 240x426@176",
    ],
    [
      "pixels twice as wide as high",
      { width: 640, height: 720, sampleAspect: { num: 2, den: 1 } },
      "1280x720@1600 852x480@704 640x360@424 426x240@176",
    ],
    ["few bits", { bitrateBps: 700_000 }, "640x360@424 426x240@176"],
    ["a tiny picture", { width: 161, height: 91 }, "160x90@176"],
    ["hardly any bits", { width: 640, height: 360, bitrateBps: 90_500.5 }, "426x240@90.5"],
    [
      "a header that tells 40 h of a second",
      { width: 640, height: 360, bitrateBps: 5 },
      "426x240@32",
    ],
  ] as const)("makes of %s %s what suits it", (_what, fields, sizes) => {
    expect(rungs({ ...fields }).join(" ")).toBe(sizes);
  });

  test("takes the bitrate of the file without its sound where the picture's is not told", () => {
    const { bitrateBps: _, ...video } = aVideoStream();
    const media = aMedia({ video, audio: anAudioStream({ bitrateBps: 100_000 }) });
    expect(rungsFor(LADDER, { ...media, bitrateBps: 1_700_000 })).toHaveLength(4);
    expect(rungsFor(LADDER, { ...media, bitrateBps: 1_690_000 })).toHaveLength(3);
    expect(rungsFor(LADDER, media)).toHaveLength(5);
  });

  test("leaves the renditions of a source without a picture alone", () => {
    const { video: _, ...sound } = aMedia();
    expect(rungsFor(LADDER, sound)).toEqual(LADDER);
  });
});
