import { describe, expect, test } from "bun:test";
import type { EngineProgress } from "../../src/engine/engine.ts";
import type { Plan, Step } from "../../src/plan/plan.ts";
import { fetching, ProgressTracker } from "../../src/worker/progress.ts";

const aStep = (share: number): Step => ({ name: "encode", args: [], writes: [], share });

const aPlan = (shares: readonly number[], durationSeconds?: number): Plan => ({
  steps: shares.map(aStep),
  products: [],
  warnings: [],
  ...(durationSeconds !== undefined && { durationSeconds }),
});

const at = (outTimeSeconds: number, speed = 2): EngineProgress => ({
  outTimeSeconds,
  speed,
  fps: 60,
  frames: 0,
});

function trackerOf(plan: Plan, stepsBegun: number): ProgressTracker {
  const tracker = new ProgressTracker(plan);
  for (const step of plan.steps.slice(0, stepsBegun)) tracker.begin(step);
  return tracker;
}

describe("ProgressTracker", () => {
  test("counts percent by the media's duration", () => {
    expect(trackerOf(aPlan([1], 10), 1).update(at(2.5))).toEqual({
      phase: "TRANSCODING",
      percent: 25,
      outTimeSeconds: 2.5,
      speed: 2,
      fps: 60,
      etaSeconds: 4,
    });
  });

  test("adds the shares of the steps that are done", () => {
    expect(trackerOf(aPlan([0.4, 0.6], 10), 2).update(at(5)).percent).toBe(70);
  });

  test("counts later steps into the time that is left", () => {
    // 5 s of media at 2x, then another step of the same weight: 10 s at 2x.
    expect(trackerOf(aPlan([0.5, 0.5], 10), 1).update(at(5)).etaSeconds).toBe(8);
  });

  test("stays at 99 percent until the outputs are verified", () => {
    expect(trackerOf(aPlan([1], 10), 1).update(at(12)).percent).toBe(99);
  });

  test("has no percent where the duration is unknown", () => {
    const progress = trackerOf(aPlan([1]), 1).update(at(5));
    expect(progress).not.toContainKeys(["percent", "etaSeconds"]);
    expect(progress.outTimeSeconds).toBe(5);
  });

  test("evens out the speed for the time that is left", () => {
    const tracker = trackerOf(aPlan([1], 100), 1);
    tracker.update(at(0, 10));
    // 10 + 0.3 * (1 - 10) = 7.3; 90 s of media are left.
    expect(tracker.update(at(10, 1)).etaSeconds).toBe(Math.ceil(90 / 7.3));
  });

  test("says that it delivers once the steps are done", () => {
    const tracker = trackerOf(aPlan([1], 10), 1);
    tracker.update(at(10));
    expect(tracker.delivering()).toMatchObject({ phase: "DELIVERING", percent: 99 });
  });
});

describe("fetching", () => {
  test.each([
    [{ doneBytes: 0 }, undefined],
    [{ doneBytes: 5 }, undefined],
    [{ doneBytes: 0, totalBytes: 0 }, undefined],
    [{ doneBytes: 1, totalBytes: 3 }, 33.3],
    [{ doneBytes: 3, totalBytes: 3 }, 99],
  ])("of %j is %p percent", (fetched, percent) => {
    expect(fetching(fetched).percent).toBe(percent);
  });
});
