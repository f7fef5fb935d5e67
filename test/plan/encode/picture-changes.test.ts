import { describe, expect, test } from "bun:test";
import { chainText } from "../../../src/plan/args/streams.ts";
import { decideVideo } from "../../../src/plan/decide/copy-decision.ts";
import { sheetsFor } from "../../../src/plan/decide/sheets.ts";
import { fitsAnySize } from "../../../src/plan/encode/picture.ts";
import { videoEncoding } from "../../../src/plan/encode/video-encoding.ts";
import { inOrder } from "../../../src/plan/encode/video-filters.ts";
import { impossibilityOf } from "../../../src/plan/feasible/feasible.ts";
import type { VideoStream } from "../../../src/probe/media.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import {
  aCapabilities,
  aCustomVideo,
  aMedia,
  anAudio,
  aRendition,
  aVideoStream,
} from "../builders.ts";

const made = (encode: Partial<VideoEncode>, source: Partial<VideoStream> = {}) => {
  const { filters, width, height, rate } = videoEncoding(
    aCustomVideo(encode),
    aVideoStream(source),
  );
  return {
    size: `${width}x${height}`,
    rate: rate.num / rate.den,
    filters: chainText(inOrder(filters)),
  };
};

const REST = "setsar=1,fps=30,format=yuv420p";
const FIELDS = { isInterlaced: true, framerate: { num: 25, den: 1 } };

describe("a crop", () => {
  test.each([
    ["a place", { width: 640, height: 480, x: 100, y: 50 }, {}, "640:480:100:50"],
    ["the middle", { width: 1080, height: 1080 }, {}, "1080:1080:420:0"],
    ["the middle, on even pixels", { width: 1078, height: 1078 }, {}, "1078:1078:420:0"],
    ["a turned picture's middle", { width: 608, height: 1920 }, { rotation: 90 }, "608:1920:236:0"],
  ] as const)("keeps %s", (_what, crop, source, expected) => {
    expect(made({ crop }, source)).toEqual({
      size: `${crop.width}x${crop.height}`,
      rate: 30,
      filters: `crop=${expected}:exact=1,${REST}`,
    });
  });

  test("is scaled and filled up as the picture that it is", () => {
    const crop = { width: 960, height: 1080, x: 0, y: 0 };
    const scaled = "scale=640:360:force_original_aspect_ratio=decrease:force_divisible_by=2";
    expect(made({ crop, width: 640, height: 360 }).filters).toBe(
      `crop=960:1080:0:0:exact=1,${scaled},pad=640:360:(ow-iw)/2:(oh-ih)/2,${REST}`,
    );
    expect(made({ crop, height: 540 }).size).toBe("480x540");
  });

  test("is of the source's own pixels, whatever shape they have", () => {
    const wide = { width: 720, height: 576, sampleAspect: { num: 64, den: 45 } };
    const crop = { width: 360, height: 576 };
    expect(made({ crop }, wide)).toMatchObject({ size: "512x576" });
  });

  test.each([
    [{ width: 1922, height: 1080 }, "1922x1080 at the middle,the middle"],
    [{ width: 640, height: 480, x: 1282 }, "640x480 at 1282,the middle"],
    [{ width: 640, height: 480, x: 0, y: 602 }, "640x480 at 0,602"],
  ])("that the source does not have is refused: %j", (crop, told) => {
    expect(() => made({ crop })).toThrow(
      `Cannot crop the picture to ${told}: the source's has 1920x1080 pixels`,
    );
  });

  test("keeps fields in their places where they stay apart", () => {
    const crop = { width: 1920, height: 1076 };
    expect(made({ crop, progressive: false }, FIELDS).filters).toStartWith("crop=1920:1076:0:0:");
    expect(made({ crop, progressive: true }, FIELDS).filters).toContain(",crop=1920:1076:0:2:");
  });

  test("is made of each size anew, so that a live picture cannot change under it", () => {
    const box = aCustomVideo({ width: 640, height: 360 });
    expect(fitsAnySize(box, aVideoStream())).toBe(true);
    expect(fitsAnySize({ ...box, crop: { width: 640, height: 480 } }, aVideoStream())).toBe(false);
    expect(fitsAnySize({ ...box, pad: "off" }, aVideoStream())).toBe(false);
  });

  test("shows on the thumbnails of a set", () => {
    const video = aCustomVideo({ crop: { width: 1080, height: 1080 } });
    const sheets = sheetsFor({ intervalSeconds: 10, width: 160 }, aMedia(), undefined, video);
    expect(sheets).toMatchObject({
      width: 160,
      height: 160,
      area: { x: 420, y: 0, width: 1080, height: 1080 },
    });
  });
});

describe("padding", () => {
  const crop = { width: 960, height: 1080, x: 0, y: 0 };
  const box = { width: 640, height: 360 };

  test("has a colour", () => {
    expect(made({ ...box, pad: "#ff8000" }).filters).toContain(
      "pad=640:360:(ow-iw)/2:(oh-ih)/2:color=#ff8000,",
    );
  });

  test("is left off, so that a picture is as large as fits", () => {
    expect(made({ ...box, crop, pad: "off" })).toMatchObject({
      size: "320x360",
      filters: `crop=960:1080:0:0:exact=1,scale=320:360,${REST}`,
    });
    expect(made({ ...box, pad: "off" }, { width: 640, height: 360 }).filters).toBe(REST);
  });
});

describe("deinterlacing", () => {
  const weave = "bwdif=mode=send_frame:deint=interlaced,";
  const bob = "bwdif=mode=send_field:deint=interlaced,";

  test.each([
    ["of itself makes a frame of two fields", {}, FIELDS, weave, 25],
    ["makes a frame of each field", { deinterlace: "bob" }, FIELDS, bob, 50],
    [
      "makes a frame of each field, and then what was asked for",
      { deinterlace: "bob", framerate: { num: 30, den: 1 } },
      FIELDS,
      bob,
      30,
    ],
    ["is left off", { deinterlace: "off" }, FIELDS, "", 25],
    ["makes nothing of frames", { deinterlace: "bob" }, {}, "", 30],
  ] as const)("%s", (_what, encode, source, expected, rate) => {
    const { filters, ...rest } = made(encode, source);
    expect(filters.replace(/setsar.*/, "")).toBe(expected);
    expect(rest.rate).toBe(rate);
  });
});

describe("denoising", () => {
  test.each([
    ["light", "hqdn3d=luma_spatial=2:luma_tmp=3"],
    ["medium", "hqdn3d=luma_spatial=4:luma_tmp=6"],
    ["strong", "hqdn3d=luma_spatial=8:luma_tmp=12"],
  ] as const)("comes in %s, before scaling", (denoise, expected) => {
    expect(made({ denoise, width: 640 }).filters).toBe(`${expected},scale=640:360,${REST}`);
  });
});

describe("a changed picture", () => {
  const FITTING = { bitrateBps: 500_000 };

  test.each([
    [{ crop: { width: 1920, height: 1080 } }, "the profile crops the picture"],
    [{ denoise: "light" }, "the profile takes noise from the picture"],
  ] as const)("is never copied: %j", (changes, why) => {
    const decided = (encode: VideoEncode) =>
      decideVideo(encode, aVideoStream(FITTING), "mp4", false);
    expect(decided(aCustomVideo()).action).toBe("copy");
    expect(decided(aCustomVideo(changes))).toEqual({ action: "encode", why });
  });

  test.each([
    [{ crop: { width: 640, height: 480 } }, "crop", "crop the picture"],
    [{ deinterlace: "bob" }, "bwdif", "make a frame of each field"],
    [{ denoise: "light" }, "hqdn3d", "take noise from the picture"],
  ] as const)("is refused where this ffmpeg has no filter for it: %j", (changes, filter, what) => {
    const { filters } = aCapabilities();
    const without = aCapabilities({ filters: filters.filter((name) => name !== filter) });
    const rendition = aRendition({ video: aCustomVideo(changes), audio: anAudio() });
    expect(impossibilityOf(rendition, without)).toEqual({
      code: "encoder_missing",
      message: `Cannot ${what}: the engine has no filter ${filter}`,
    });
    expect(impossibilityOf(rendition, aCapabilities())).toBeUndefined();
  });
});
