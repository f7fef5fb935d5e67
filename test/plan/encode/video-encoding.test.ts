import { describe, expect, test } from "bun:test";
import type { Filter } from "../../../src/plan/encode/filters.ts";
import { videoEncoding } from "../../../src/plan/encode/video-encoding.ts";
import { inOrder, rateFirst, withBlackStart } from "../../../src/plan/encode/video-filters.ts";
import { aVideo, aVideoStream } from "../builders.ts";

const HDR = {
  color: { transfer: "smpte2084", primaries: "bt2020", space: "bt2020nc", range: "tv" },
} as const;

const names = (filters: readonly Filter[]): string => filters.map(({ name }) => name).join(" ");

describe("videoEncoding", () => {
  test("decides everything that an encoder is told", () => {
    const { filters: _, ...decided } = videoEncoding(aVideo(), aVideoStream());
    expect(decided).toEqual({
      ...{ codec: "h264", bitrateBps: 1_600_000, rateMode: "cbr", effort: "default" },
      ...{ width: 1280, height: 720, rate: { num: 30, den: 1 }, gopFrames: 60 },
      ...{ maxrateBps: 1_600_000, bufferBits: 3_200_000, level: "3.1" },
      ...{ isInterlaced: false, isToneMapped: false, captions: "kept" },
    });
  });

  test.each([
    [{ framerate: { num: 60, den: 1 } }, {}, false, false, "deleted"],
    [{ framerate: { num: 60, den: 1 } }, {}, true, false, "spread"],
    [{}, { codec: "h265" }, true, true, "unwritten"],
    [{}, { codec: "h265", captions: "keep" }, true, false, "unwritten"],
    [{}, { codec: "h265", captions: "keep" }, true, true, "spread"],
    [HDR, { codec: "h265", captions: "keep" }, true, true, "unwritten"],
    [HDR, { codec: "h265", captions: "keep", dynamicRange: "source" }, true, true, "spread"],
    [{}, { codec: "vp9", captions: "keep" }, true, true, "unwritten"],
    [{}, { captions: "drop" }, true, true, "refused"],
  ] as const)(
    "tells of captions of %j in %j, carried: %p, in HEVC: %p: %s",
    (source, encode, areCarried, areInHevc, fate) => {
      const abilities = { areCarried, areInHevc };
      expect(videoEncoding(aVideo(encode), aVideoStream(source), abilities).captions).toBe(fate);
    },
  );
});

describe("the filters of a picture", () => {
  const { filters } = videoEncoding(aVideo(), aVideoStream({ isInterlaced: true }));

  test("go in the order of their stages, or with the rate before the size", () => {
    expect(names(inOrder(filters))).toBe("bwdif scale pad setsar fps format");
    expect(names(rateFirst(filters))).toBe("bwdif fps scale pad setsar format");
  });

  test("begin black for so long, and say the rate once more", () => {
    const { rate, ...others } = withBlackStart(filters, 0.28);
    expect(names(rate)).toBe("fps setpts fps tpad");
    expect({ ...others, rate: filters.rate }).toEqual(filters);
    expect(withBlackStart(filters, 0)).toBe(filters);
  });
});
