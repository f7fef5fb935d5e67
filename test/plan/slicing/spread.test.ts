import { describe, expect, test } from "bun:test";
import { forecast } from "../../../src/plan/forecast.ts";
import type { Plan, Step } from "../../../src/plan/plan.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { Spread } from "../../../src/plan/sliced.ts";
import { tell } from "../../../src/plan/tell.ts";
import type { MediaInfo } from "../../../src/probe/media.ts";
import type { Rendition, VideoEncode } from "../../../src/profile/profile.ts";
import type { Clip } from "../../../src/task/task.ts";
import {
  aCapabilities,
  aMedia,
  aMediaWithAudio,
  aMediaWithVideo,
  aRendition,
  aVideo,
} from "../builders.ts";
import { AAC, MP3, X264_720 } from "../planned.ts";

const SPREAD: Spread = { minSeconds: 40, sliceSeconds: 20, slicesMax: 8 };
const NOTHING = "-sn -dn -map_metadata -1 -map_chapters -1";
const WITH_SPREAD = aCapabilities({ spread: SPREAD });

type More = { readonly clip?: Clip; readonly spread?: Spread };

const planOf = (
  renditions: readonly Partial<Rendition>[],
  media: MediaInfo,
  { clip, spread = SPREAD }: More = {},
): Plan => {
  const assignments = renditions.map((fields, at) => ({
    rendition: aRendition(fields),
    targets: [at],
  }));
  const request = { assignments, tag: "t1", ...(clip && { clip }) };
  return planTask(request, media, aCapabilities({ spread }));
};

const stepOf = (
  renditions: readonly Partial<Rendition>[] = [{}],
  media: MediaInfo = aMedia(),
  more: More = {},
): Step | undefined => planOf(renditions, media, more).steps.at(-1);

/** A video of a quality, whose encoder needs no time to settle. */
const fine = (fields: Partial<VideoEncode> = {}): VideoEncode => {
  const { bitrateBps: _, ...video } = aVideo(fields);
  return { ...video, quality: 70 };
};

const textsOf = (step: Step | undefined): readonly string[] =>
  step?.sliced?.parts.map(({ args }) => args.join(" ")) ?? [];

describe("a step that workers share", () => {
  test("is slices of whole GOPs, the sound once, and a join of copies", () => {
    const { sliced, whole } = stepOf([{ video: fine() }]) ?? {};
    expect(whole).toBeUndefined();
    const texts = textsOf(stepOf([{ video: fine() }]));
    expect(texts).toHaveLength(4);
    expect(texts[0]).toStartWith("-f mov -i input -t 20 -map 0:0 -an -sn");
    expect(texts[0]).toEndWith("-fps_mode:v:0 vfr -f mp4 0/slice-0.mp4");
    // A second before its beginning, and a quarter of a picture.
    expect(texts[1]).toStartWith("-f mov -ss 18.991667 -i input -ss 1 -t 20 -map 0:0");
    expect(texts[2]).toStartWith("-f mov -ss 38.991667 -i input -ss 1 -map 0:0");
    expect(texts[3]).toBe(`-f mov -i input -map 0:1 -vn ${NOTHING} ${AAC} -f mp4 0/sound-0.mp4`);
    expect(sliced?.parts.map(({ frames }) => frames)).toEqual([[600], [600], undefined, undefined]);
    expect(sliced?.parts.map(({ isLight }) => isLight)).toEqual([
      ...[undefined, undefined, undefined],
      true,
    ]);
    expect(sliced?.list).toEqual({
      path: "0/slices.txt",
      text: [0, 1, 2].map((at) => `file 'slice-${at}.mp4'\nduration 20.000000\n`).join(""),
    });
    expect(sliced?.join.args.join(" ")).toBe(
      `-f concat -auto_convert 0 -i 0/slices.txt -i 0/sound-0.mp4 -map 0:0 -map 1:0 ${NOTHING} -c:v copy -c:a copy -movflags +faststart -f mp4 0/out.mp4`,
    );
    expect(sliced?.join.writes).toEqual(["0/out.mp4"]);
  });

  test("lets an encoder of a bitrate settle before each slice, and drops what that makes", () => {
    const step = stepOf([{}], aMedia(), { spread: { ...SPREAD, sliceSeconds: 30, slicesMax: 2 } });
    expect(textsOf(step)).toHaveLength(3);
    // 30 s are less than ten times of what is dropped.
    expect(textsOf(step)[1]).not.toContain("noise");
    const media = { ...aMediaWithVideo({ durationSeconds: 120 }), durationSeconds: 120 };
    const long = stepOf([{}], media, { spread: { ...SPREAD, sliceSeconds: 40 } });
    expect(textsOf(long)[0]).not.toContain("noise");
    expect(textsOf(long)[1]).toStartWith("-f mov -ss 34.991667 -i input -ss 1 -t 44");
    expect(textsOf(long)[1]).toContain("-bsf:v:0 noise=drop=lt(n\\,120) -output_ts_offset -4 -f");
    // Versions of ffmpeg differ in whether they count what is dropped.
    expect(long?.sliced?.parts.map(({ frames }) => frames)).toEqual([
      ...[[1200], [1200, 1320]],
      ...[undefined, undefined],
    ]);
  });

  test("encodes nothing in vain where one machine makes all slices, which are longer then if they have a bitrate", () => {
    const spread = { minSeconds: 60, sliceSeconds: 40, slicesMax: 8, isAlone: true } as const;
    const media = { ...aMediaWithVideo({ durationSeconds: 240 }), durationSeconds: 240 };
    const rated = stepOf([{}], media, { spread });
    expect(rated?.sliced?.parts.map(({ frames }) => frames)).toEqual([
      ...[[2400], [2400]],
      ...[undefined, undefined],
    ]);
    expect(textsOf(rated).join(" ")).not.toContain("noise");
    expect(textsOf(stepOf([{ video: fine() }], media, { spread }))).toHaveLength(7);
  });

  test("says why it stays whole where a later run could not go on with slices", () => {
    const why = "nothing tells whether its source is the same in a later run";
    const told = (media: MediaInfo) => stepOf([{}], media, { spread: { ...SPREAD, whole: why } });
    expect(told(aMedia())).toMatchObject({ whole: why });
    expect(told(aMedia())?.sliced).toBeUndefined();
    const short = { ...aMediaWithVideo({ durationSeconds: 10 }), durationSeconds: 10 };
    expect(told(short)?.whole).toBe("it is shorter than 40 s");
  });

  test("is the same one run as without slices, but for them", () => {
    const { sliced: _, ...step } = stepOf() ?? {};
    const [plain] = planTask(
      { assignments: [{ rendition: aRendition(), targets: [0] }], tag: "t1" },
      aMedia(),
      aCapabilities(),
    ).steps;
    expect(step as Step).toEqual(plain as Step);
    expect(plain?.args.join(" ")).toContain(X264_720);
  });

  test("is in slices of the engine's own where it is not shared", () => {
    const both = { engine: "wasm", slices: 2, spread: { ...SPREAD, minSeconds: 600 } } as const;
    const assignments = [{ rendition: aRendition(), targets: [0] }];
    const [step] = planTask({ assignments, tag: "t1" }, aMedia(), aCapabilities(both)).steps;
    expect(step?.sliced?.list.text).toContain("slice-0.ts");
    expect(step?.whole).toBeUndefined();
    const shared = { ...both, spread: SPREAD };
    const [other] = planTask({ assignments, tag: "t1" }, aMedia(), aCapabilities(shared)).steps;
    expect(other?.sliced?.list.text).toContain("slice-0.mp4");
  });

  test("has lists whose rounded lengths add up to the exact beginnings", () => {
    const rate = { num: 24_000, den: 1001 };
    const media = aMediaWithVideo({ framerate: rate });
    const { sliced } = stepOf([{ video: fine() }], media) ?? {};
    const told = [...(sliced?.list.text ?? "").matchAll(/duration (\S+)/g)];
    const sum = told.slice(0, 2).reduce((all, [, seconds]) => all + Number(seconds), 0);
    // 48 frames a GOP, 10 GOPs.
    expect(sum).toBeCloseTo((2 * 480 * 1001) / 24_000, 6);
  });

  test("makes all pictures of a set in each slice, and its sounds and thumbnails once", () => {
    const small = { container: "cmaf", video: fine({ width: 640, height: 360 }) } as const;
    const renditions = [aRendition({ container: "cmaf", video: fine() }), aRendition(small)];
    const set = { renditions, isLadder: false, thumbnails: { intervalSeconds: 10, width: 160 } };
    const assignments = [{ rendition: renditions[0] ?? aRendition(), targets: [0], set }];
    const plan = planTask({ assignments, tag: "t1" }, aMedia(), WITH_SPREAD);
    const step = plan.steps.at(-1);
    const [first = "", , , sound = "", sheets = ""] = textsOf(step);
    expect(step?.sliced?.parts).toHaveLength(5);
    expect(first).toContain("split=2[set0b0][set0b1]");
    expect(first).toContain("-map [set0v0] -map [set0v1] -an");
    expect(first).not.toContain("-tag");
    expect(sound).toContain("-map 0:1 -vn");
    expect(sheets).toEndWith("-f image2 0/segments/sprite-%05d.jpg");
    expect(step?.sliced?.parts.at(-1)).toMatchObject({ isKept: true });
    const join = step?.sliced?.join.args.join(" ") ?? "";
    expect(join).toContain("-map 0:0 -map 0:1 -map 1:0");
    // The muxer's arguments are those of one run.
    const dash = step?.args.slice(step.args.indexOf("dash") - 1, step.args.indexOf("[set0sheet]"));
    expect(join).toEndWith(dash?.slice(0, -1).join(" ") ?? "?");
  });

  test("takes what is copied from the source, and names it as one run does", () => {
    const step = stepOf([{ video: fine(), audio: "copy" }]);
    expect(step?.sliced?.parts).toHaveLength(3);
    const join = step?.sliced?.join.args.join(" ") ?? "";
    expect(join).toStartWith(
      "-f mov -fflags +genpts -i input -f concat -auto_convert 0 -i 0/slices.txt -map 1:0 -map 0:1",
    );
  });

  test("marks a picture in Matroska as one run does, which MP4 does not know", () => {
    const webm = { container: "webm", video: fine({ codec: "vp9" }), audio: "none" } as const;
    const marked = aMediaWithVideo({ dispositions: ["default", "original"] });
    const argsOf = (media: MediaInfo) => stepOf([webm], media)?.sliced?.join.args.join(" ");
    expect(argsOf(marked)).toContain("-c:v copy -disposition:v default+original -f webm");
    expect(argsOf(aMediaWithVideo({ dispositions: [] }))).not.toContain("disposition");
  });

  test("makes several outputs at once", () => {
    const step = stepOf([{ video: fine() }, { video: fine({ width: 640, height: 360 }) }, MP3]);
    const [first = "", , , sounds = ""] = textsOf(step);
    expect(first).toContain("-map 0:0 -map 0:0 -an");
    expect(sounds).toContain("-f mp4 0/sound-0.mp4");
    expect(sounds).toEndWith("-f mov 0/sound-2.mov");
    const join = step?.sliced?.join;
    expect(join?.writes).toEqual(["0/out.mp4", "1/out.mp4", "2/out.mp3"]);
    expect(join?.args.join(" ")).toContain("-map 3:0");
  });

  test("moves as a source whose picture comes a little later does", () => {
    const late = { ...aMediaWithVideo({ startSeconds: 0.021 }), startSeconds: 0 };
    const texts = textsOf(stepOf([{ video: fine() }], late));
    expect(texts[0]).toStartWith("-f mov -itsoffset -0.021 -i input");
    expect(texts[1]).toStartWith("-f mov -ss 19.012667 -i input");
  });

  test.each([
    [60, 8, 3],
    [39.9, 8, 0],
    [600, 8, 8],
    [600, 30, 30],
    [64, 8, 3],
  ])("of %p s is cut into at most %i slices: %i", (durationSeconds, slicesMax, count) => {
    const media = { ...aMediaWithVideo({ durationSeconds }), durationSeconds };
    const spread = { ...SPREAD, slicesMax };
    const { sliced } = stepOf([{ video: fine(), audio: "none" }], media, { spread }) ?? {};
    expect(sliced?.parts.length ?? 0).toBe(count);
  });

  test.each([
    [{ video: aVideo({ codec: "vp9" }), audio: "none" }, {}, "come to the bitrate"],
    [{ video: aVideo({ codec: "av1", quality: 70 }) }, {}, "under a ceiling"],
    [
      { video: aVideo({ codec: "mpeg2" }), container: "mpegts" },
      {},
      "slices of mpeg2video do not join",
    ],
    [{ container: "mkv" }, {}, "its sound is not to be played"],
    [MP3, {}, "no video"],
    [{}, { media: aMedia({ format: "mpegts" }) }, "no index"],
    [{}, { media: aMediaWithVideo({ isInterlaced: true }) }, "interlaced"],
    [{}, { media: aMediaWithVideo({ isVariableRate: true }) }, "rate varies"],
    [{}, { media: aMediaWithVideo({ framerate: { num: 37, den: 1 } }) }, "even rate"],
    [{}, { media: aMediaWithVideo({ hidden: { headSeconds: 1, laterSeconds: 0 } }) }, "edit list"],
    [{}, { media: aMediaWithVideo({ startSeconds: 0.5 }) }, "later than its sound"],
    [{}, { media: aMediaWithVideo({ durationSeconds: 30 }) }, "shorter than 40 s"],
    [{}, { clip: { startSeconds: 1, durationSeconds: 50 } }, "clip"],
    [{ video: aVideo({ gop: { seconds: 40 } }) }, {}, "key frames"],
    [{ video: aVideo({ codec: "vp9", rateMode: "2passvbr" }), audio: "none" }, {}, "the bitrate"],
    [{ video: aVideo({ denoise: "light" }) }, {}, "noise"],
  ] as const)("is %j in one run where that is not so simple, and says why", (fields, more, why) => {
    const { media = aMedia(), ...rest } = more as { media?: MediaInfo; clip?: Clip };
    const step = stepOf([fields as Partial<Rendition>], media, rest);
    expect(step?.sliced).toBeUndefined();
    expect(step?.whole).toContain(why);
  });

  test("is cut though its sound comes later, as that is made whole", () => {
    const step = stepOf([{ video: fine() }], aMediaWithAudio({ startSeconds: 0.5 }));
    expect(textsOf(step).at(-1)).toContain("first_pts=0");
  });

  test("is told of by a plan, with the number of each slice, or why there are none", () => {
    const media = aMedia();
    const cut = forecast(planOf([{ video: fine() }], media), media, WITH_SPREAD);
    expect(cut.steps.map(({ name, slice }) => `${name} ${slice}`)).toEqual([
      ...["encode 0", "encode 1", "encode 2", "encode undefined", "join undefined"],
    ]);
    expect(tell(cut, media).join("\n")).toContain("Encodes 3 slices and joins them");
    const { steps, ...rest } = forecast(planOf([MP3], media), media, WITH_SPREAD);
    expect(steps[0]?.whole).toBe("no video is encoded");
    expect(tell({ ...rest, steps }, media).join("\n")).toContain(
      "in one run, not in slices: no video is encoded",
    );
  });
});
