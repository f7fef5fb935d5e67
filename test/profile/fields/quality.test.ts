import { describe, expect, test } from "bun:test";
import { describeRendition } from "../../../src/profile/describe.ts";
import { type Qlty, toQlty, toRendition } from "../../../src/profile/qlty.ts";
import { aQlty, faultsOf } from "../builders.ts";

const byQuality = (changes: Partial<Qlty> = {}): Qlty =>
  aQlty({ rc_mode: "quality", quality: 70, bitrate: undefined, ...changes });

describe("quality", () => {
  test("takes the place of the bitrate, which is the ceiling where it is given", () => {
    const { video } = toRendition(byQuality());
    expect(video).toMatchObject({ rateMode: "quality", quality: 70 });
    expect(video).not.toHaveProperty("bitrateBps");
    expect(toRendition(byQuality({ bitrate: 900_000 })).video).toMatchObject({
      ...{ rateMode: "quality", quality: 70, bitrateBps: 900_000 },
    });
  });

  test("is answered as it is read", () => {
    const answer = toQlty(toRendition(byQuality({ bitrate: 900_000 })));
    expect(answer).toMatchObject({ rc_mode: "quality", quality: 70, bitrate: 900_000 });
    expect(toRendition(answer)).toEqual(toRendition(byQuality({ bitrate: 900_000 })));
    expect(toQlty(toRendition(byQuality()))).not.toHaveProperty("bitrate");
  });

  test.each([
    ["by another rate mode", { rc_mode: "cbr", bitrate: 1 }, ["quality"]],
    ["in two passes", { rc_mode: "2passvbr", bitrate: 1 }, ["quality"]],
    ["of a copy", { rc_mode: undefined, format: "copy" }, ["quality"]],
    ["that is missing", { quality: undefined }, ["quality"]],
    ["of a picture with a ceiling", { container: "jpg", bitrate: 1 }, ["bitrate"]],
  ] as const)("is refused %s", (_, changes, faults) => {
    expect(faultsOf(byQuality(changes))).toEqual([...faults]);
  });

  test.each([
    [undefined, "H.264 at quality 70, AAC at 96 kbit/s, in MP4"],
    [900_000, "H.264 at quality 70, at most 900 kbit/s, AAC at 96 kbit/s, in MP4"],
  ])("with the ceiling %p is told as %s", (bitrate, words) => {
    expect(describeRendition(toRendition(byQuality({ bitrate })))).toBe(words);
  });
});

const WATERMARK = {
  ...({ image_url: "file:/media/logo.png", place: "center" } as const),
  ...{ width: 0.2, margin: 0, opacity: 1 },
};

describe("what is measured of a quality", () => {
  const all = {
    quality_target: { metric: "vmaf", min: 93 },
    measure_quality: true,
    skip_if_larger: true,
  } as const;

  test("is answered as it is read", () => {
    const rendition = toRendition(byQuality(all));
    expect(rendition.video).toMatchObject({
      ...{ qualityTarget: { metric: "vmaf", min: 93 }, measuresQuality: true, skipsLarger: true },
    });
    expect(toQlty(rendition)).toMatchObject(all);
    expect(toRendition(toQlty(rendition))).toEqual(rendition);
    const off = byQuality({ measure_quality: false, skip_if_larger: false });
    expect(toRendition(off)).toEqual(toRendition(byQuality()));
  });

  test.each([
    [{ rc_mode: "vbr", quality: undefined, bitrate: 1 }, ["quality_target"]],
    [{ container: "m3u8" }, ["skip_if_larger"]],
    [{ crop: { width: 64, height: 64 } }, ["skip_if_larger"]],
    [{ denoise: "light" }, ["skip_if_larger"]],
    [{ watermark: WATERMARK }, ["measure_quality", "quality_target", "skip_if_larger"]],
    [{ quality_target: { metric: "ssim", min: 93 } }, ["quality_target.min"]],
    [{ quality_target: { metric: "xpsnr", min: 0.9 } }, ["quality_target.min"]],
    [{ container: "jpg" }, ["quality_target", "measure_quality", "skip_if_larger"]],
    [{ format: "copy" }, ["quality", "quality_target", "measure_quality", "skip_if_larger"]],
  ] as const)("is refused with %j", (changes, paths) => {
    expect(faultsOf(byQuality({ ...all, ...changes })).toSorted()).toEqual([...paths].toSorted());
  });
});
