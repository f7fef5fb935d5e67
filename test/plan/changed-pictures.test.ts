import { describe, expect, test } from "bun:test";
import { liveOutputArgs } from "../../src/engine/native-live/live-outputs.ts";
import { planLive } from "../../src/plan/live/plan-live.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import { aCapabilities, aCustomVideo, aMedia, aRendition, targetsAt } from "./builders.ts";

const CHANGES = { crop: { width: 1080, height: 1080 }, denoise: "light" } as const;
const DONE = "crop=1080:1080:420:0:exact=1,hqdn3d=luma_spatial=2:luma_tmp=3";

describe("a picture's changes", () => {
  test("are made once for all sizes of a set that ask for the same", () => {
    const rungs = [720, 360].map((height) =>
      aRendition({ container: "cmaf", video: aCustomVideo({ height, ...CHANGES }) }),
    );
    const [rendition = aRendition()] = rungs;
    const set = { renditions: rungs, isLadder: false };
    const assignments = [{ rendition, set, targets: [0] }];
    const { steps, products } = planTask({ assignments, tag: "t1" }, aMedia(), aCapabilities());
    const graph = steps[0]?.args[(steps[0]?.args.indexOf("-filter_complex") ?? 0) + 1];
    expect(graph).toStartWith(`[0:0]fps=30,${DONE},split=2[set0b0][set0b1];`);
    expect(products[0]?.set?.tracks.map(({ expect: look }) => look.video?.width)).toEqual([
      720,
      360,
      undefined,
    ]);
  });

  test("are made of a live stream", () => {
    const rendition = aRendition({ video: aCustomVideo(CHANGES) });
    const targets = targetsAt("rtmp://a/live/x");
    const request = { assignments: [{ rendition, targets: [0] }], targets };
    const plan = planLive(request, aMedia(), aCapabilities());
    expect(plan.isSized).toBe(true);
    const args = liveOutputArgs(plan, { offsetSeconds: 0, part: 1, prefix: "p" }).join(" ");
    expect(args).toContain(`-vf ${DONE},setsar=1,fps=30,format=yuv420p`);
  });

  test("keep an encode whole that is otherwise cut into slices, if they look back", () => {
    const wasm = aCapabilities({ engine: "wasm", slices: 2 });
    const whole = (changes: Parameters<typeof aCustomVideo>[0]) => {
      const rendition = aRendition({ video: aCustomVideo({ height: 360, ...changes }) });
      const assignments = [{ rendition, targets: [0] }];
      return planTask({ assignments, tag: "t1" }, aMedia(), wasm).steps[0]?.whole;
    };
    expect(whole({ crop: CHANGES.crop })).toBeUndefined();
    expect(whole({ denoise: "light" })).toBe("noise is told by the frames before");
  });
});
