import { describe, expect, test } from "bun:test";
import type { Step } from "../../../src/plan/plan.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { Rendition, VideoEncode } from "../../../src/profile/profile.ts";
import { aCapabilities, aMedia, aRendition, aVideo } from "../builders.ts";

const WITH_SPREAD = aCapabilities({
  spread: { minSeconds: 40, sliceSeconds: 20, slicesMax: 8 },
});

const stepsOf = (fields: Partial<Rendition>, capabilities = WITH_SPREAD): readonly Step[] => {
  const assignments = [{ rendition: aRendition(fields), targets: [0] }];
  return planTask({ assignments, tag: "t1" }, aMedia(), capabilities).steps;
};

const stepOf = (fields: Partial<Rendition>): Step | undefined => stepsOf(fields).at(-1);

/** A video of a quality. */
const fine = (): VideoEncode => {
  const { bitrateBps: _, ...video } = aVideo();
  return { ...video, quality: 70 };
};

const textsOf = (step: Step | undefined): readonly string[] =>
  step?.sliced?.parts.map(({ args }) => args.join(" ")) ?? [];

describe("a slice of an encode in two passes", () => {
  test("has statistics of its own in the second of two passes, of which the first is of the whole", () => {
    const twice = (codec: "h264" | "h265") => ({ video: aVideo({ codec, rateMode: "2passvbr" }) });
    const step = stepOf(twice("h264"));
    const [first = "", second = ""] = textsOf(step);
    expect(first).toContain(
      "-x264-params:v:0 stitchable=1 -pass:v:0 2 -passlogfile:v:0 0/pass-slice0-",
    );
    expect(second).toContain("-passlogfile:v:0 0/pass-slice1-");
    // By then the encoder knows what to spend.
    expect(second).not.toContain("noise");
    expect(step?.args.join(" ")).not.toContain("stitchable");
    expect(step?.sliced?.analyses).toEqual([
      {
        at: 0,
        whole: { pictures: "0/pass-0.log", blocks: "0/pass-0.log.mbtree" },
        slices: [0, 1, 2].map((at) => {
          const pictures = `0/pass-slice${at}--0.log`;
          return { pictures, blocks: `${pictures}.mbtree` };
        }),
        ...{ frames: 600, rate: { num: 30, den: 1 }, bitrateBps: 1_600_000 },
        ...{ maxrateBps: 2_400_000, bufferBits: 4_800_000 },
      },
    ]);
    const hevc = stepOf(twice("h265"));
    expect(textsOf(hevc)[2]).toContain("pass=2:stats=0/pass-slice2-.log");
    expect(hevc?.sliced?.analyses?.[0]?.whole).toEqual({
      ...{ pictures: "0/pass.log", blocks: "0/pass.log.cutree" },
    });
    expect(stepOf({ video: fine() })?.sliced?.analyses).toBeUndefined();
  });

  test("is made by a first pass that a later run can go on with, with all that it may leave", () => {
    const fields = { video: aVideo({ rateMode: "2passvbr" }) };
    const [first] = stepsOf(fields);
    const [pictures, blocks] = ["0/pass-0.log", "0/pass-0.log.mbtree"];
    expect(first?.analysis).toEqual({
      ...{ args: first?.args ?? [], writes: [pictures, blocks], mayLack: [blocks] },
    });
    expect(stepsOf(fields, aCapabilities())[0]).not.toHaveProperty("analysis");
    expect(stepsOf({ video: fine() })[0]).not.toHaveProperty("analysis");
  });

  test("tells the statistics of pictures of a set apart, and leaves those of one pass alone", () => {
    const videos = [
      ...[fine(), aVideo({ width: 640, height: 360, framerateMax: 15, rateMode: "2passvbr" })],
    ];
    const setOf = (all: readonly VideoEncode[]) => {
      const renditions = all.map((video) => aRendition({ container: "cmaf", video }));
      const set = { renditions, isLadder: false };
      const assignments = [{ rendition: renditions[0] ?? aRendition(), targets: [0], set }];
      return planTask({ assignments, tag: "t1" }, aMedia(), WITH_SPREAD).steps.at(-1);
    };
    const { sliced } = setOf(videos) ?? {};
    expect(textsOf(setOf(videos))[1]).toContain("-passlogfile:v:1 0/pass1-slice1-");
    expect(sliced?.analyses?.map(({ at, frames, whole }) => [at, frames, whole.pictures])).toEqual([
      [1, 300, "0/pass1-1.log"],
    ]);
    expect(setOf([...videos, aVideo({ width: 320, height: 180 })])?.whole).toContain("in two");
  });
});
