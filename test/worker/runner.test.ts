import { describe, expect, test } from "bun:test";
import type { Plan, Step } from "../../src/plan/plan.ts";
import { WrongCopy } from "../../src/plan/verify/wrong-copy.ts";
import { type Damage, NO_DAMAGE } from "../../src/task/damage.ts";
import type { Progress } from "../../src/task/task.ts";
import { type Line, runLine } from "../../src/worker/runner.ts";
import { DEAF } from "../fixtures/made-products.ts";
import { aCustomVideo, aMedia, anAudio } from "../plan/builders.ts";
import { COPY, planOf } from "../plan/planned.ts";

const FITS = { video: aCustomVideo({ bitrateBps: 9e6 }), audio: anAudio({ bitrateBps: 9e5 }) };

const wrong = new WrongCopy("copy_wrong", "Cannot copy", (media) => ({
  ...media,
  ...(media.video && { video: { ...media.video, uncopied: { mp4: "it is wrong" } } }),
}));

const aPlan = (names: readonly string[]): Plan => ({
  steps: names.map((name): Step => ({ name: "encode", args: [name], writes: [], share: 0.5 })),
  products: [],
  warnings: [],
});

/** A line whose steps do nothing, and that makes the plan itself. */
const lineOf = (plan: Plan): Line<Plan> => ({
  plan: async (media) => ({ plan, media }),
  runStep: async () => {},
  verify: async (planned) => planned.plan,
  deliver: async () => {},
  discard: async () => {},
});

/** Makes renditions, of which copied pictures are wrong. */
function making(rendition: object) {
  const [delivered, discarded]: [Plan[], Plan[]] = [[], []];
  const done = runLine<Plan>(DEAF, aMedia(), {
    ...lineOf(aPlan([])),
    plan: async (media) => ({ plan: planOf([rendition], media), media }),
    verify: async ({ plan }) => {
      if (plan.products[0]?.video.action === "copy") throw wrong;
      return plan;
    },
    deliver: async (plan) => {
      delivered.push(plan);
    },
    discard: async (plan) => {
      discarded.push(plan);
    },
  });
  return { done, delivered, discarded };
}

describe("runLine", () => {
  test("encodes what was copied because it fits, and keeps nothing of the copy", async () => {
    const { done, delivered, discarded } = making(FITS);
    await done;
    const [made] = delivered;
    expect(made?.products[0]?.video).toEqual({ action: "encode", why: "it is wrong" });
    expect(discarded.map(({ products }) => products[0]?.video.action)).toEqual(["copy"]);
  });

  test("fails once where a copy is asked for", async () => {
    const { done, delivered, discarded } = making(COPY);
    await expect(done).rejects.toBe(wrong);
    expect([delivered, discarded]).toEqual([[], []]);
  });

  test("adds up the damage of a step's parts, and takes the worst of its steps", async () => {
    let told: Damage | undefined;
    const plan = aPlan(["first", "second"]);
    await runLine<Plan>(DEAF, aMedia(), {
      ...lineOf(plan),
      runStep: async (step, { onDamage }) => {
        for (const count of step === plan.steps[0] ? [2, 3] : [4])
          onDamage({ ...NO_DAMAGE, isTold: true, failures: { 0: count } });
      },
      verify: async (planned, damage) => {
        told = damage;
        return planned.plan;
      },
    });
    expect(told).toMatchObject({ isTold: true, failures: { 0: 5 } });
  });

  test.each([
    [false, ["check", "warn", "begin", "first", "second", "verify", "DELIVERING", "deliver"]],
    [true, ["check", "warn", "begin", "first", "second", "DELIVERING", "verify", "deliver"]],
  ])("takes its steps in order, where outputs leave meanwhile: %p", async (isStreamed, order) => {
    const steps: string[] = [];
    const note = (name: string) => async () => {
      steps.push(name);
    };
    const plan = aPlan(["first", "second"]);
    const onProgress = ({ phase }: Progress) => steps.push(phase);
    await runLine<Plan>({ ...DEAF, onProgress, warn: note("warn") }, aMedia(), {
      ...lineOf(plan),
      ...(isStreamed && { isStreamed }),
      check: note("check"),
      begin: note("begin"),
      runStep: async ({ args: [name = ""] }) => note(name)(),
      verify: async () => {
        await note("verify")();
        return plan;
      },
      deliver: note("deliver"),
    });
    expect(steps).toEqual(order);
  });

  test("counts the shares of the steps that are done into the progress", async () => {
    const percents: (number | undefined)[] = [];
    const plan = { ...aPlan(["first", "second"]), durationSeconds: 10 };
    const onProgress = ({ percent }: Progress) => percents.push(percent);
    await runLine<Plan>({ ...DEAF, onProgress }, aMedia(), {
      ...lineOf(plan),
      runStep: async (_, reports) =>
        reports.onProgress({ outTimeSeconds: 5, speed: 1, fps: 25, frames: 0 }),
    });
    expect(percents).toEqual([25, 75, 99]);
  });
});
