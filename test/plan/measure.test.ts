import { describe, expect, test } from "bun:test";
import { measureStep, readMeasured } from "../../src/plan/measure.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import { raisedAssignment, raisedQuality } from "../../src/plan/raise.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import { aCapabilities, aMediaWithVideo, aRendition, aVideo } from "./builders.ts";

const measured = (fields: Parameters<typeof aVideo>[0] = {}): Partial<Rendition> => ({
  video: aVideo({ measuresQuality: true, ...fields }),
});

const PLACED = { args: ["-i", "0/out.mp4"], fromSeconds: 0, firstSeconds: 0 };

const stepOf = ({ measuring }: Plan, part = 0) => {
  if (!measuring) throw new Error("nothing is measured");
  const placed = measuring.outputs.map(() => PLACED);
  return measureStep(measuring, part, placed);
};

const planned = (
  media: MediaInfo = aMediaWithVideo({}),
  filters: readonly string[] = ["ssim"],
  renditions: readonly Partial<Rendition>[] = [measured()],
): Plan =>
  planTask(
    {
      assignments: renditions.map((one, at) => ({ rendition: aRendition(one), targets: [at] })),
      tag: "t1",
    },
    media,
    aCapabilities({ filters: [...aCapabilities().filters, ...filters] }),
  );

describe("the measuring of a plan", () => {
  test("is of the outputs that ask for it", () => {
    expect(planned(undefined, [], [{}]).measuring).toBeUndefined();
    const some = planned(undefined, ["ssim"], [{}, measured()]);
    expect(some.measuring?.outputs.map(({ product }) => product)).toEqual([1]);
  });

  test("spreads parts over the film, each at a whole number of pictures", () => {
    const startsOf = (durationSeconds: number, framerate = { num: 30_000, den: 1001 }) =>
      planned(aMediaWithVideo({ durationSeconds, framerate })).measuring?.startsSeconds;
    expect(planned().measuring?.startsSeconds).toEqual([7, 22, 37, 52]);
    expect(startsOf(60)).toEqual([6.006, 21.021, 36.036, 51.051]);
  });

  test("reads the source once, and makes of it what each encode was given", () => {
    expect(stepOf(planned(), 1).args.join(" ")).toBe(
      "-f mov -ss 22 -t 1 -i input -ss 22 -t 1 -i 0/out.mp4 -filter_complex " +
        "[0:0]split=1[s0];[s0]scale=1280:720:force_original_aspect_ratio=decrease:force_divisible_by=2," +
        "pad=1280:720:(ow-iw)/2:(oh-ih)/2,setsar=1,fps=30,format=yuv420p,trim=start=0:duration=1," +
        "setpts=round(round((T-0)*30)/30/TB)[r0];[1:v:0]setpts=PTS+0.016667/TB[d0];" +
        "[d0][r0]ssim=stats_file=measured/1-0:shortest=1[m0] -map [m0] -f null -",
    );
  });

  test("begins earlier for filters that look back, but not before the outputs do", () => {
    const denoised = planned(undefined, ["ssim", "hqdn3d"], [measured({ denoise: "light" })]);
    expect(stepOf(denoised, 1).args.join(" ")).toStartWith(
      "-f mov -ss 21 -t 2 -i input -ss 22 -t 1 -i 0/out.mp4 ",
    );
    expect(stepOf(denoised, 1).args.join(" ")).toContain("trim=start=1:duration=1,");
    const { measuring } = denoised;
    if (!measuring) throw new Error("nothing is measured");
    const early = { ...denoised, measuring: { ...measuring, startsSeconds: [0] } };
    expect(stepOf(early).args.join(" ")).toStartWith("-f mov -t 1 -i input -t 1 -i 0/out.mp4 ");
  });

  test.each([
    [["ssim"], "ssim=stats_file=measured/0-0"],
    [["ssim", "xpsnr"], "ssim=stats_file=measured/0-0"],
    [["ssim", "libvmaf"], "libvmaf=log_fmt=csv:log_path=measured/0-0"],
  ])("by itself takes of %j the best", (filters, expected) => {
    expect(stepOf(planned(aMediaWithVideo({}), filters)).args.join(" ")).toContain(expected);
  });

  test("takes the metric that is asked for", () => {
    const wanted = measured({ qualityTarget: { metric: "xpsnr", min: 40 } });
    const plan = planned(undefined, ["ssim", "libvmaf", "xpsnr"], [wanted]);
    expect(stepOf(plan).args.join(" ")).toContain("xpsnr=stats_file=measured/0-0");
    expect(plan.measuring?.outputs[0]?.min).toBe(40);
  });
});

describe("readMeasured", () => {
  test.each([
    [
      "ssim",
      "n:1 Y:0.9 U:0.9 V:0.9 All:0.913240 (10.6)\nn:2 Y:1 U:1 V:1 All:1.000000 (inf)\n",
      [0.91324, 1],
    ],
    [
      "xpsnr",
      "n:    1  XPSNR y: 47.2345  XPSNR u: 44.1  XPSNR v: 44.1\nn:    2  XPSNR y: inf  XPSNR u: inf  XPSNR v: inf\n\nXPSNR average, 2 frames  y: 47.2  u: 44.1  v: 44.1  (minimum: 44.1)\n",
      [47.2345, 100],
    ],
    ["vmaf", "Frame,integer_motion2,vmaf,\n0,0.1,95.5,\n1,0.2,97.25,\n", [95.5, 97.25]],
    ["vmaf", "", []],
    ["ssim", "n:1 Y:nan U:nan V:nan All:nan (nan)\n", []],
  ] as const)("reads what the filter of %s writes", (metric, text, values) => {
    expect(readMeasured(metric, text)).toEqual([...values]);
  });
});

describe("raisedAssignment", () => {
  const ofQuality = (quality: number) => aRendition({ video: aVideo({ quality }) });
  const raisedOf = (qualities: readonly number[], pairs: readonly number[]) => {
    const renditions = qualities.map(ofQuality);
    const [rendition = ofQuality(0)] = renditions;
    const set = { tracks: [], renditions: pairs.map((video) => ({ video })) };
    const raised = raisedAssignment(
      { rendition, set: { renditions, isLadder: false }, targets: [0] },
      { set },
      [{ track: 1, from: 30, to: 45 }],
    );
    return raised.set?.renditions.map(({ video }) => typeof video === "object" && video.quality);
  };

  test("raises the rendition of a set whose stream came to less", () => {
    expect(raisedOf([30, 30], [0, 1])).toEqual([30, 45]);
  });

  test("raises all renditions that are the same stream", () => {
    expect(raisedOf([70, 30, 30], [0, 1])).toEqual([70, 45, 45]);
  });
});

describe("raisedQuality", () => {
  test.each([
    ["ssim", 40, 0.95, 0.98, 65],
    ["vmaf", 40, 85, 93, 61],
    ["xpsnr", 40, 38, 40, 50],
    ["ssim", 40, 0.9799, 0.98, 41],
    ["ssim", 95, 0.95, 0.98, 100],
    ["ssim", 100, 0.95, 0.98, undefined],
  ] as const)(
    "of %s at %d, which came to %d and is to be %d: %p",
    (metric, quality, value, min, raised) => {
      expect(raisedQuality(metric, { quality, value, min })).toBe(raised);
    },
  );
});
