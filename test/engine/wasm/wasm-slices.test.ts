import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { EngineProgress } from "../../../src/engine/engine.ts";
import type { Step } from "../../../src/plan/plan.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import { aRun, never } from "../../contract/engine.ts";
import { clip } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { aRendition, aVideo } from "../../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const opened = openWasm({ slices: 3 });

/** The one step of a small rendition of a source, planned for slices. */
async function planFor(path: string): Promise<Step> {
  const engine = await opened;
  const media = await engine.probe({ path, side: "source" }, never);
  const video = aVideo({
    width: 160,
    height: 90,
    bitrateBps: 100_000,
    gop: { frames: 25 },
    bFrames: 2,
  });
  const rendition = aRendition({ video });
  const request = { assignments: [{ rendition, targets: [0] }], tag: "t1" };
  const [step] = planTask(request, media, engine.capabilities).steps;
  if (!step?.sliced) throw new Error(`not sliced: ${step?.whole}`);
  return step;
}

const probeOf = async (folder: string) => {
  const path = join(folder, "0/out.mp4");
  return await (await opened).probe({ path, side: "output", packets: true }, never);
};

describe("a step in slices", () => {
  test.each(["25", "30000/1001", "50", "60000/1001"])(
    "has at %s fps every frame and every audio packet of the whole, without a gap",
    async (rate) => {
      const engine = await opened;
      const source = await clip({ seconds: 10, rate });
      const step = await planFor(source);
      expect(step.sliced?.parts).toHaveLength(4);
      const told: EngineProgress[] = [];
      const onProgress = (progress: EngineProgress) => {
        told.push(progress);
      };
      const inSlices = aRun(source, step, { onProgress });
      await engine.run(inSlices, never);
      const { sliced: _, ...unsliced } = step;
      const inOne = aRun(source, unsliced);
      await engine.run(inOne, never);

      const [made, whole] = [await probeOf(inSlices.folder), await probeOf(inOne.folder)];
      expect(made.video?.packets?.count).toBe(whole.video?.packets?.count ?? 0);
      expect(made.audio?.packets?.count).toBe(whole.audio?.packets?.count ?? 0);
      expect(made.durationSeconds).toBeCloseTo(whole.durationSeconds ?? 0, 2);
      const frameSeconds = whole.video?.packets?.gapSecondsMax ?? 0;
      expect(made.video?.packets?.gapSecondsMax).toBeLessThan(frameSeconds + 0.0005);
      expect(made.video?.packets?.firstSeconds).toBeCloseTo(
        whole.video?.packets?.firstSeconds ?? 0,
        3,
      );
      expect(made.audio?.packets?.firstSeconds).toBeCloseTo(
        whole.audio?.packets?.firstSeconds ?? 0,
        3,
      );

      const times = told.map(({ outTimeSeconds }) => outTimeSeconds);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(told.at(-1)?.frames).toBe(made.video?.packets?.count ?? 0);
      expect(times.at(-1)).toBeCloseTo(10, 0);
      expect(readdirSync(join(inSlices.folder, "0"))).toEqual(["out.mp4"]);
    },
  );

  test("fails as the first of its parts does, and leaves nothing running or lying about", async () => {
    const engine = await opened;
    const source = await clip({ seconds: 10 });
    const step = await planFor(source);
    const [first, ...others] = step.sliced?.parts ?? [];
    const broken = { args: ["-i", "input", "-c:v", "nosuch", "0/x.ts"], writes: ["0/x.ts"] };
    if (!step.sliced || !first) throw new Error("no slices");
    const sliced = { ...step.sliced, parts: [first, broken, ...others] };
    const request = aRun(source, { ...step, sliced });
    expect((await taskErrorOf(engine.run(request, never))).code).toBe("encoder_missing");
    expect(engine.busyThreads).toBe(0);
    expect(readdirSync(join(request.folder, "0"))).toEqual([]);
  });

  test("is stopped with all its parts", async () => {
    const engine = await opened;
    const source = await clip({ seconds: 10 });
    const controller = new AbortController();
    const reason = new Error("the caller's own");
    const onProgress = () => controller.abort(reason);
    const request = aRun(source, await planFor(source), { onProgress });
    const run = engine.run(request, controller.signal);
    expect(await run.catch((error: unknown) => error)).toBe(reason);
    expect(engine.busyThreads).toBe(0);
  });

  test("shares its places with the slices of other tasks", async () => {
    const engine = await openWasm({ slices: 2 });
    const source = await clip({ seconds: 10 });
    const media = await engine.probe({ path: source, side: "source" }, never);
    const rendition = aRendition({
      video: aVideo({ width: 160, height: 90, bitrateBps: 100_000, gop: { frames: 25 } }),
      audio: "none",
    });
    const request = { assignments: [{ rendition, targets: [0] }], tag: "t1" };
    const [step] = planTask(request, media, { ...engine.capabilities, slices: 3 }).steps;
    expect(step?.sliced?.parts).toHaveLength(3);
    let busiest = 0;
    const onProgress = () => {
      busiest = Math.max(busiest, engine.busyThreads);
    };
    const run = () => engine.run(aRun(source, step, { onProgress }), never);
    await Promise.all([run(), run()]);
    // The first of a task begins in any case; the other one had two by then.
    expect(busiest).toBeGreaterThan(1);
    expect(busiest).toBeLessThanOrEqual(3);
  });
});
