import { describe, expect, test } from "bun:test";
import type { Plan, PlannedOutput, Step } from "../../../src/plan/plan.ts";
import { type PlanRequest, planTask } from "../../../src/plan/plan-task.ts";
import { resultText, whyUnkept } from "../../../src/plan/reuse/results.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { aCapabilities, aMedia, aRendition, aVideo } from "../builders.ts";

const request = (
  rendition: Partial<Rendition> = {},
  changes: Partial<PlanRequest> = {},
): PlanRequest => ({
  assignments: [{ rendition: aRendition(rendition), targets: [0] }],
  tag: "task-a-1",
  ...changes,
});

const textOf = (asked: PlanRequest): string =>
  resultText(planTask(asked, aMedia(), aCapabilities()), asked.tag);

describe("resultText()", () => {
  test.each([
    ["a file", {}],
    ["a set, whose segments bear the tag", { container: "m3u8" }],
  ] as const)("is the same for all tasks and targets that want %s", (_, rendition) => {
    const asked = request(rendition);
    const [first] = asked.assignments;
    if (!first) throw new Error("nothing is asked");
    const others = { ...asked, tag: "task-b-2", assignments: [{ ...first, targets: [3, 5] }] };
    expect(textOf(others)).toBe(textOf(asked));
    expect(textOf(asked)).not.toContain("task-a-1");
  });

  test.each([
    ["another bitrate", request({ video: aVideo({ bitrateBps: 500_000 }) })],
    ["a clip", request({}, { clip: { startSeconds: 1 } })],
    ["a title", request({}, { title: "Nosferatu" })],
    ["another container", request({ container: "mkv" })],
  ])("is another for %s", (_, asked) => {
    expect(textOf(asked)).not.toBe(textOf(request()));
  });
});

describe("whyUnkept()", () => {
  const asked = request();
  const plan = planTask(asked, aMedia(), aCapabilities());
  const [step] = plan.steps as readonly [Step];
  const [product] = plan.products as readonly [PlannedOutput];
  const withStep = (changes: Partial<Step>): Plan => ({
    ...plan,
    steps: [{ ...step, ...changes }],
  });

  test("says nothing of what depends on the source and the plan alone", () => {
    expect(whyUnkept(plan, asked.assignments)).toBeUndefined();
  });

  test.each<[string, Plan]>([
    ["nothing is encoded for it", withStep({ name: "copy" })],
    ["it is drawn with the fonts of a machine", withStep({ needsFonts: true })],
    [
      "a device may encode it",
      withStep({ hardware: { family: "vaapi", sessions: 1, software: step.args } }),
    ],
    ["it is made of more than one source", withStep({ name: "join" })],
    [
      "it is made of more than one source",
      {
        ...plan,
        inputs: [{ kind: "picture", name: "the watermark", file: "side-0", format: "png" }],
      },
    ],
    [
      "it is encrypted by keys of its task",
      {
        ...plan,
        products: [{ ...product, protection: {} as NonNullable<PlannedOutput["protection"]> }],
      },
    ],
    [
      "it depends on measurements of what comes out",
      { ...plan, measuring: {} as NonNullable<Plan["measuring"]> },
    ],
  ])("says that %s", (why, made) => {
    expect(whyUnkept(made, asked.assignments)).toBe(why);
  });

  test("says so of an output whose source may take its place", () => {
    const { assignments } = request({ video: aVideo({ skipsLarger: true }) });
    expect(whyUnkept(plan, assignments)).toBe("it depends on measurements of what comes out");
  });
});
