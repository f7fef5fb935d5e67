import { describe, expect, test } from "bun:test";
import type { Plan } from "../../../src/plan/plan.ts";
import { aCustomVideo, aMedia, anAudio, anAudioStream, aVideo, aVideoStream } from "../builders.ts";
import { planOf } from "../planned.ts";

const lateAudio = (seconds: number) => aMedia({ audio: anAudioStream({ startSeconds: seconds }) });
const latePicture = aMedia({ video: aVideoStream({ startSeconds: 1 }) });

/** The filters that stand before all outputs of a step, one text each. */
const graphsOf = ({ steps }: Plan, step = 0): readonly string[] => {
  const args = steps[step]?.args ?? [];
  return args.filter((_, at) => args[at - 1] === "-filter_complex");
};

/** As a source's sound is copied of, one of 192 kbit/s. */
const COPIED_SOUND = { audio: anAudio({ bitrateBps: 400_000 }) };
const isSoundCopied = ({ args }: Plan["steps"][number]) => args.join(" ").includes("-c:a copy");

describe("a run of several outputs", () => {
  test("has the filters of its late sounds in one graph, apart from those of pictures", () => {
    const plan = planOf([{}, { container: "mkv" }, {}], lateAudio(0.5));
    const [graph = "", ...others] = graphsOf(plan);
    expect(others).toEqual([]);
    expect(graph.match(/\[0:1\]/g)).toHaveLength(3);
    expect(graph).not.toContain("[0:0]");
  });

  test("has the filters of all pictures in one graph where some begin black", () => {
    const plan = planOf([{ container: "m3u8" }, {}], latePicture);
    const [graph = "", ...others] = graphsOf(plan);
    expect(others).toEqual([]);
    expect(graph).toMatch(/^\[0:0\].*tpad=start_duration=1,.*\[v0\];\[0:0\].*\[v1\]$/);
    expect(plan.steps[0]?.args).not.toContain("-vf");
    expect(plan.steps[0]?.args.join(" ")).toContain("-map [v1] -map 0:1 ");
  });

  test("has the filters of all pictures in one graph where one has more frames than the source", () => {
    const interlaced = aMedia({ video: aVideoStream({ isInterlaced: true }) });
    const more = { video: aVideo({ framerate: { num: 60, den: 1 } }) };
    const bobbed = { video: aCustomVideo({ deinterlace: "bob" }) };
    for (const plan of [planOf([{}, more]), planOf([more, {}]), planOf([{}, bobbed], interlaced)]) {
      const [graph = "", ...others] = graphsOf(plan);
      expect(others).toEqual([]);
      expect(graph).toMatch(/^\[0:0\].*\[v0\];\[0:0\].*\[v1\]$/);
      expect(plan.steps[0]?.args).not.toContain("-vf");
    }
  });

  test("has a graph for each output where nothing is filled", () => {
    for (const plan of [
      planOf([{}, { video: aVideo({ framerate: { num: 12, den: 1 } }) }]),
      planOf([{ video: aVideo({ framerate: { num: 60, den: 1 } }) }]),
      planOf([{ container: "m3u8" }, {}]),
      planOf([{}, { container: "mkv" }], latePicture),
      planOf([{ container: "m3u8" }], latePicture),
    ])
      expect(graphsOf(plan)).toEqual([]);
  });

  test("copies no sound that others fill: those have a run of their own", () => {
    const renditions = [{}, COPIED_SOUND, {}, COPIED_SOUND];
    const { steps } = planOf(renditions, lateAudio(0.5));
    expect(steps.map(({ writes }) => writes)).toEqual([
      ["0/out.mp4", "2/out.mp4"],
      ["1/out.mp4", "3/out.mp4"],
    ]);
    expect(steps.map(isSoundCopied)).toEqual([false, true]);
    expect(planOf(renditions, lateAudio(0)).steps).toHaveLength(1);
  });

  test("copies no picture that begins black in others", () => {
    const kept = { video: "copy", audio: anAudio() } as const;
    const { steps } = planOf([{ container: "m3u8" }, kept], latePicture);
    expect(steps.map(({ writes }) => writes[0])).toEqual(["0/out.m3u8", "1/out.mp4"]);
  });
});

test.each([
  ["copies a late sound and fills it too filters it together with its pictures", 400_000, 1],
  ["fills its late sounds alone filters them apart from its pictures", 96_000, 2],
] as const)("a set that %s", (_, bitrateBps, count) => {
  const renditions = [anAudio({ bitrateBps }), anAudio({ bitrateBps: 64_000 })].map(
    (audio, at) => ({
      container: "cmaf" as const,
      video: aVideo({ width: 640 / (at + 1), height: 360 / (at + 1) }),
      audio,
    }),
  );
  const [rendition] = renditions;
  if (!rendition) throw new Error("unreachable");
  const set = { renditions, isLadder: false };
  const assignments = [{ rendition, targets: [0], set }];
  const graphs = graphsOf(planOf([], lateAudio(0.5), { assignments }));
  expect(graphs).toHaveLength(count);
  expect(graphs.join(";")).toMatch(/^\[0:0\].*;\[0:1\].*\[set0a1\]$/);
});
