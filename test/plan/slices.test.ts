import { describe, expect, test } from "bun:test";
import type { Step } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import type { Clip } from "../../src/task/task.ts";
import {
  aCapabilities,
  aMedia,
  aMediaWithAudio,
  aMediaWithVideo,
  aRendition,
  aVideo,
} from "./builders.ts";
import { AAC, MP3, X264_720 } from "./planned.ts";

/** The last step of a plan for an engine that wants slices. */
function stepOf(
  renditions: readonly Partial<Rendition>[] = [{}],
  media: MediaInfo = aMedia(),
  more: { readonly clip?: Clip; readonly slices?: number } = {},
): Step | undefined {
  const { clip, slices = 2 } = more;
  const assignments = renditions.map((fields, index) => ({
    rendition: aRendition(fields),
    targets: [index],
  }));
  const request = { assignments, tag: "t1", ...(clip && { clip }) };
  return planTask(request, media, aCapabilities({ engine: "wasm", slices })).steps.at(-1);
}

/** As x264 without assembly makes it. */
const LEAN_720 = X264_720.replace(
  "-fps_mode",
  "-x264-params subme=1:me=dia:trellis=1:b-adapt=0:bframes=2:rc-lookahead=20 -fps_mode",
);
const NOTHING = "-sn -dn -map_metadata -1 -map_chapters -1";

describe("slices of a step", () => {
  test("are key frame distances of the video, the audio whole, and a join of copies", () => {
    const { sliced, whole } = stepOf() ?? {};
    expect(whole).toBeUndefined();
    const texts = sliced?.parts.map(({ args, writes }) => [args.join(" "), ...writes]);
    expect(sliced?.parts.map(({ isLight }) => isLight ?? false)).toEqual([false, false, true]);
    const video = `-i input -map 0:0 -an ${NOTHING} ${LEAN_720}`;
    expect(texts).toEqual([
      [`-f mov ${video} -frames:v 900 -f mpegts 0/slice-0.ts`, "0/slice-0.ts"],
      [`-f mov -ss 29.991667 ${video} -f mpegts 0/slice-1.ts`, "0/slice-1.ts"],
      [`-f mov -i input -map 0:1 -vn ${NOTHING} ${AAC} -f mp4 0/audio.mp4`, "0/audio.mp4"],
    ]);
    expect(sliced?.list).toEqual({
      path: "0/slices.txt",
      text: "file 'slice-0.ts'\nduration 30.000000\nfile 'slice-1.ts'\nduration 30.000000\n",
    });
    expect(sliced?.join.args.join(" ")).toBe(
      `-f concat -i 0/slices.txt -i 0/audio.mp4 -map 0:0 -map 1:0 ${NOTHING} -c copy -movflags +faststart -f mp4 0/out.mp4`,
    );
    expect(sliced?.join.writes).toEqual(["0/out.mp4"]);
  });

  test("carry captions of dropped frames where the whole would", () => {
    const media = aMediaWithVideo({ framerate: { num: 60_000, den: 1001 } });
    const video = aVideo({ framerate: { num: 30_000, den: 1001 } });
    const argsOf = (muxers: readonly string[]) => {
      const { muxers: usual } = aCapabilities();
      const engine = aCapabilities({ engine: "wasm", slices: 2, muxers: [...usual, ...muxers] });
      const assignments = [{ rendition: aRendition({ video, audio: "none" }), targets: [0] }];
      const { steps } = planTask({ assignments, tag: "t1" }, media, engine);
      return (
        steps
          .at(-1)
          ?.sliced?.parts.map(({ args }) => args.join(" "))
          .join() ?? ""
      );
    };
    expect(argsOf([])).toContain("sidedata=mode=delete");
    expect(argsOf(["rcwt"])).toContain("slice-1.ts");
    expect(argsOf(["rcwt"])).not.toContain("sidedata=mode=delete");
  });

  test("leave the step itself as it is without them", () => {
    const { sliced: _, ...step } = stepOf() ?? {};
    expect(stepOf([{}], aMedia(), { slices: 1 })).toEqual(step as Step);
  });

  test("are not made of a set, whose renditions are made together", () => {
    const rendition = aRendition({ container: "cmaf" });
    const set = { renditions: [rendition], isLadder: false };
    const assignments = [{ rendition, targets: [0], set }];
    const engine = aCapabilities({ engine: "wasm", slices: 2 });
    const [step] = planTask({ assignments, tag: "t1" }, aMedia(), engine).steps;
    expect(step?.whole).toBe("the renditions of a set are made together");
  });

  test("take audio that is copied from the source, and none where there is none", () => {
    const copied = stepOf([{ audio: "copy" }])?.sliced;
    expect(copied?.parts).toHaveLength(2);
    expect(copied?.join.args.join(" ")).toContain("-f mov -i input -map 0:0 -map 1:1");
    const silent = stepOf([{ audio: "none" }])?.sliced;
    expect(silent?.join.args.join(" ")).toContain(`-i 0/slices.txt -map 0:0 ${NOTHING}`);
  });

  test("write an HLS set by the join", () => {
    const join = stepOf([{ container: "m3u8" }])?.sliced?.join;
    expect(join?.writes).toEqual(["0/out.m3u8", "0/segments/t1-%05d.ts"]);
  });

  test.each([
    [60, 2, 2],
    [60, 4, 4],
    [240, 2, 2],
    [250, 2, 4],
    [3600, 8, 32],
    [10, 4, 3],
    [5.9, 4, 0],
  ])("of %p s on %i cores are %i", (durationSeconds, slices, count) => {
    const media = { ...aMediaWithVideo({ durationSeconds }), durationSeconds };
    const { sliced } = stepOf([{ audio: "none" }], media, { slices }) ?? {};
    expect(sliced?.parts.length ?? 0).toBe(count);
  });

  test.each([
    ["several outputs", [{}, MP3], {}, "several outputs"],
    [
      "a codec that MPEG-TS does not hold",
      [{ container: "mkv", video: aVideo({ codec: "vp9" }) }],
      {},
      "vp9",
    ],
    ["no video", [MP3], {}, "no video"],
    ["a source without an index", [{}], { media: aMedia({ format: "mpegts" }) }, "no index"],
    [
      "an interlaced source",
      [{}],
      { media: aMediaWithVideo({ isInterlaced: true }) },
      "interlaced",
    ],
    ["uneven frames", [{}], { media: aMediaWithVideo({ isVariableRate: true }) }, "even rate"],
    [
      "another rate",
      [{}],
      { media: aMediaWithVideo({ framerate: { num: 37, den: 1 } }) },
      "even rate",
    ],
    ["sound that starts later", [{}], { media: aMediaWithAudio({ startSeconds: 0.5 }) }, "start"],
    ["video that starts later", [{}], { media: aMediaWithVideo({ startSeconds: 0.5 }) }, "start"],
    ["a short source", [{}], { media: aMediaWithVideo({ durationSeconds: 5 }) }, "short"],
    [
      "a source of which a part is hidden",
      [{}],
      { media: aMediaWithVideo({ hidden: { headSeconds: 1, laterSeconds: 0 } }) },
      "edit list",
    ],
    ["a clip", [{}], { clip: { startSeconds: 1, durationSeconds: 30 } }, "clip"],
    ["far key frames", [{ video: aVideo({ gop: { seconds: 100 } }) }], {}, "key frames"],
  ] as const)("are not made for %s, and the plan says why", (_, renditions, more, why) => {
    const { media = aMedia(), ...rest } = more as { media?: MediaInfo; clip?: Clip };
    const step = stepOf(renditions, media, rest);
    expect(step?.sliced).toBeUndefined();
    expect(step?.whole).toContain(why);
  });
});
