import { describe, expect, test } from "bun:test";
import type { Plan } from "../../../src/plan/plan.ts";
import { type PlanRequest, planTask } from "../../../src/plan/plan-task.ts";
import { filesOfVideo, recipesIn, renditionsMade } from "../../../src/plan/reuse/renditions.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import { aCapabilities, aMedia } from "../builders.ts";

const rung = (height: number, changes: Partial<Qlty> = {}): Qlty => ({
  ...{
    container: "m3u8",
    bitrate: height * 1_000,
    height,
    width: height * 2,
    audio_bitrate: 64_000,
  },
  ...changes,
});
const LADDER = [rung(360), rung(180)];

const assigned = (qlties: readonly Qlty[]) =>
  assignRenditions({ name: "p", description: "", renditions: qlties.map(toRendition) }, [
    undefined,
  ]);

const planOf = (
  qlties: readonly Qlty[],
  changes: Partial<PlanRequest> = {},
  media = aMedia(),
): Plan =>
  planTask(
    { assignments: assigned(qlties), tag: "t1", made: [], ...changes },
    media,
    aCapabilities(),
  );

const argsOf = ({ steps }: Plan): string => steps.at(-1)?.args.join(" ") ?? "";

describe("recipesIn()", () => {
  const [high = "", low = ""] = recipesIn(planOf(LADDER)) ?? [];

  test("are told only where they are asked for, and change nothing else", () => {
    const request = { assignments: assigned(LADDER), tag: "t1" };
    const plain = planTask(request, aMedia(), aCapabilities());
    expect(recipesIn(plain)).toBeUndefined();
    expect(argsOf(planOf(LADDER))).toBe(argsOf(plain));
    expect(high).not.toBe(low);
  });

  test.each<[string, readonly Qlty[]]>([
    ["its place among others", [rung(720), ...LADDER]],
    ["the players that its set is for", LADDER.map((one) => ({ ...one, container: "dash" }))],
    ["the sound beside it", LADDER.map((one) => ({ ...one, audio_bitrate: 128_000 }))],
  ])("are the same whatever %s", (_, qlties) => {
    expect(recipesIn(planOf(qlties))?.slice(-2)).toEqual([high, low]);
  });

  test.each<[string, readonly Qlty[], Partial<PlanRequest>]>([
    ["another bitrate", [rung(360, { bitrate: 1 })], {}],
    ["another size", [rung(360, { width: 640 })], {}],
    ["other key frames", [rung(360, { gop_size: 25 })], {}],
    ["another codec", [rung(360, { format: "h265" })], {}],
    ["a clip", [rung(360)], { clip: { startSeconds: 1 } }],
  ])("are others for %s", (_, qlties, changes) => {
    const [own] = recipesIn(planOf([...qlties, rung(180)], changes)) ?? [];
    expect(typeof own).toBe("string");
    expect(own).not.toBe(high);
  });

  test("are the same in a ladder of which one rung changed, but for that", () => {
    expect(recipesIn(planOf([rung(360, { bitrate: 500_000 }), rung(180)]))?.[1]).toBe(low);
  });

  test.each<[string, () => Plan]>([
    [
      "it is encoded in two passes",
      () => planOf(LADDER.map((one) => ({ ...one, rc_mode: "2passvbr" }))),
    ],
    [
      "its clip is cut out of what is encoded",
      () => planOf(LADDER, { clip: { startSeconds: 1 } }, { ...aMedia(), format: "mpegts" }),
    ],
    [
      "other outputs are made with it",
      () => {
        const [set] = assigned(LADDER);
        const [file] = assigned([rung(90, { container: "mp4" })]);
        if (!set || !file) throw new Error("nothing is assigned");
        return planOf(LADDER, { assignments: [set, { ...file, targets: [1] }] });
      },
    ],
  ])("say why its renditions are used again only together: %s", (why, plan) => {
    expect(recipesIn(plan())).toBe(why);
  });

  test("are none of what is no set", () => {
    expect(recipesIn(planOf([rung(360, { container: "mp4" })]))).toBeUndefined();
  });
});

describe("a plan for a set of which some pictures were made before", () => {
  const made = [{ video: 1, file: "made-1.mp4" }];
  const plan = planOf([...LADDER, rung(90)], { made });

  test("copies these, and encodes and scales the others alone", () => {
    const args = argsOf(plan);
    expect(args).toStartWith("-f mov -i input -f mov -i made-1.mp4 -filter_complex ");
    expect(args).toContain("split=2[set0b0][set0b1]");
    expect(args).toContain("-map [set0v0] -map 1:0 -map [set0v2] -map 0:1");
    expect(args).toContain("-c:v:1 copy -c:v:2 libx264");
    expect(args.match(/-c:v:\d libx264/g)).toHaveLength(2);
  });

  test("makes the same files, and says which renditions were there", () => {
    const whole = planOf([...LADDER, rung(90)]);
    expect(plan.products).toEqual(whole.products);
    expect(plan.steps.map(({ writes }) => writes)).toEqual(whole.steps.map(({ writes }) => writes));
    expect(renditionsMade(plan, [1])).toEqual([false, true, false]);
  });

  test("decodes nothing where all were", () => {
    const all = [0, 1].map((video) => ({ video, file: `made-${video}.mp4` }));
    const args = argsOf(planOf(LADDER, { made: all }));
    expect(args).toContain("-map 1:0 -map 2:0 -map 0:1");
    expect(args).not.toContain("libx264");
    expect(args).not.toContain("filter_complex");
  });

  test("is made in one run, also where long encodes are cut", () => {
    const spread = { minSeconds: 1, sliceSeconds: 20, slicesMax: 8 };
    const request = { assignments: assigned(LADDER), tag: "t1" };
    const stepOf = (of: typeof made) =>
      planTask({ ...request, made: of }, aMedia(), aCapabilities({ spread })).steps.at(-1);
    expect(stepOf([])?.sliced).toBeDefined();
    expect(stepOf(made)?.sliced).toBeUndefined();
    expect(stepOf(made)?.whole).toBe("a part of it was made before");
  });
});

describe("filesOfVideo()", () => {
  test("are the beginning of a stream and its segments by their numbers, of no other stream", () => {
    const names = ["chunk-1-100000.m4s", "chunk-1-99999.m4s", "init-1.mp4", "chunk-11-00001.m4s"];
    const all = [...names, "init-11.mp4", "media_1.m3u8", "manifest.mpd"];
    expect(
      filesOfVideo(
        all.map((name) => `segments/${name}`),
        1,
      ),
    ).toEqual([
      ...["segments/init-1.mp4", "segments/chunk-1-99999.m4s", "segments/chunk-1-100000.m4s"],
    ]);
  });
});
