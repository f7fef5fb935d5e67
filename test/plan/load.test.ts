import { describe, expect, test } from "bun:test";
import { planLive } from "../../src/plan/live/plan-live.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import {
  aCapabilities,
  aMedia,
  anAudio,
  aRendition,
  aVideo,
  aVideoStream,
  targetsAt,
} from "./builders.ts";
import { planOf } from "./planned.ts";

const HD = 1280 * 720;
const SMALL = 640 * 360;
/** What the decoder of the source keeps. */
const SOURCE = 1920 * 1080 * 80;

const video = (width: number, height: number, more = {}): Partial<Rendition> => ({
  video: aVideo({ width, height, bitrateBps: 1_000_000, ...more }),
  audio: anAudio({ bitrateBps: 100_000 }),
});

describe("the load of a step", () => {
  test("adds up what all outputs of its run take", () => {
    const { steps } = planOf([video(1280, 720), video(640, 360, { codec: "h265" })]);
    expect(steps.map(({ load }) => load)).toEqual([
      {
        encodes: 2,
        pixels: HD + SMALL,
        memoryBytes: HD * 400 + SMALL * 500 + SOURCE,
        pixelsPerSecond: expect.any(Number),
        bitsPerSecond: 2_200_000,
        seconds: 60,
      },
    ]);
    const [first] = planOf([video(1280, 720)]).steps;
    expect(steps[0]?.load?.pixelsPerSecond).toBeGreaterThan(first?.load?.pixelsPerSecond ?? 0);
  });

  test("is small for a copy", () => {
    const [step] = planOf([{ video: "copy", audio: "copy" }]).steps;
    expect(step?.load).toMatchObject({ encodes: 0, pixels: 0, memoryBytes: SOURCE });
  });

  test("is that of its encode for each of two passes", () => {
    const { steps } = planOf([video(1280, 720, { rateMode: "2passvbr" })]);
    expect(steps.map(({ name }) => name)).toEqual(["first pass", "encode"]);
    const load = { encodes: 1, pixels: HD, memoryBytes: HD * 400 + SOURCE, seconds: 60 };
    for (const step of steps) expect(step.load).toMatchObject(load);
  });

  test("is that of one picture for a still", () => {
    const still = { container: "jpg", audio: "none" } as const;
    const [step] = planOf([{ ...video(1280, 720, { codec: "mjpeg" }), ...still }]).steps;
    expect(step?.load).toMatchObject({ encodes: 1, memoryBytes: HD * 150 + SOURCE });
  });

  test("adds up the renditions of a set, their sounds too", () => {
    const renditions = [
      aRendition({ container: "cmaf", ...video(1280, 720) }),
      aRendition({ container: "cmaf", ...video(640, 360), audio: anAudio({ bitrateBps: 64_000 }) }),
    ];
    const [rendition = aRendition()] = renditions;
    const assignments = [{ rendition, targets: [0], set: { renditions, isLadder: false } }];
    const [step] = planOf([], aMedia(), { assignments }).steps;
    expect(step?.load).toMatchObject({ encodes: 2, pixels: HD + SMALL, bitsPerSecond: 2_164_000 });
  });

  test("is that of all outputs for a live run, whose pace is that of its source", () => {
    const assignments = [video(1280, 720), video(640, 360)].map((one, at) => ({
      rendition: aRendition(one),
      targets: [at],
    }));
    const targets = targetsAt("a.mp4", "b.mp4");
    const { load } = planLive({ assignments, targets }, aMedia(), aCapabilities());
    const memoryBytes = (HD + SMALL) * 400 + SOURCE;
    expect(load).toMatchObject({ encodes: 2, pixels: HD + SMALL, memoryBytes, pixelsPerSecond: 0 });
  });
});

describe("the pixels of a task", () => {
  const outputPixelsMax = HD + SMALL;
  const capabilities = aCapabilities({ outputPixelsMax });
  const renditions = [video(1280, 720), video(640, 360)].map((one) => aRendition(one));
  const assigned = (all: readonly Rendition[]) =>
    all.map((rendition, at) => ({ rendition, targets: [at] }));
  // Its size is that of the source, which is known to the plan alone.
  const { width: _, height: __, ...unsized } = aVideo();
  const asSource = aRendition({ video: unsized });
  const why = `Cannot encode: its outputs have ${HD + 1920 * 1080} pixels in all, and a task may have ${outputPixelsMax}`;

  test("may be as many as allowed", () => {
    const request = { assignments: assigned(renditions), tag: "t" };
    expect(planTask(request, aMedia(), capabilities).products).toHaveLength(2);
  });

  test("are refused by the plan when they are more, the sizes of the source included", () => {
    const assignments = assigned([...renditions.slice(0, 1), asSource]);
    const media = { ...aMedia(), video: aVideoStream({ codec: "vp9" }) };
    expect(() => planTask({ assignments, tag: "t" }, media, capabilities)).toThrow(why);
    const targets = targetsAt("a.mp4", "b.mp4");
    expect(() => planLive({ assignments, targets }, media, capabilities)).toThrow(why);
  });
});

describe("the load of a quality", () => {
  const stream = (bitrateBps?: number) => {
    const { bitrateBps: _, ...rest } = aVideo({ rateMode: "quality", quality: 70 });
    return { video: bitrateBps === undefined ? rest : { ...rest, bitrateBps } };
  };

  test("is told by what it usually takes, and limited by what noise takes", () => {
    const [step] = planOf([stream()]).steps;
    const { bitsPerSecond = 0, mostBitsPerSecond = 0 } = step?.load ?? {};
    expect(bitsPerSecond).toBeWithin(1_000_000, 4_000_000);
    expect(mostBitsPerSecond).toBe(1280 * 720 * 30 * 12 + 128_000);
  });

  test("is limited by its ceiling", () => {
    const [step] = planOf([stream(500_000)]).steps;
    expect(step?.load).toMatchObject({ bitsPerSecond: 628_000, mostBitsPerSecond: 628_000 });
  });

  test("is not told of other encodes", () => {
    const [step] = planOf([{ video: aVideo() }]).steps;
    expect(step?.load).not.toHaveProperty("mostBitsPerSecond");
  });
});
