import { describe, expect, test } from "bun:test";
import { type Estimate, estimate } from "../../src/plan/estimate.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import type { Clip } from "../../src/task/task.ts";
import { aCapabilities, aMedia, anAudio, aRendition, aVideo } from "./builders.ts";

const MB = 1_000_000;
const SLACK = 64 << 20;
const COPY: Rendition = { container: "mp4", video: "copy", audio: "copy" };

/** The estimate of a task with one target for each rendition. */
function estimateOf(
  renditions: readonly Rendition[],
  media: MediaInfo,
  clip?: Clip,
): Estimate | undefined {
  const assignments = renditions.map((rendition, index) => ({ rendition, targets: [index] }));
  const targetUrls = renditions.map((_, index) => `out-${index}.mp4`);
  const request = { assignments, tag: "t", targetUrls, ...(clip && { clip }) };
  return estimate(planTask(request, media, aCapabilities()), assignments, media);
}

describe("estimate", () => {
  const encode = aRendition({
    video: aVideo({ bitrateBps: 8 * MB }),
    audio: anAudio({ bitrateBps: 128_000 }),
  });
  // A minute of both.
  const bytes = ((8 * MB + 128_000) * 60) / 8;

  test("is made of bitrates and the duration", () => {
    expect(estimateOf([encode], aMedia({ sizeBytes: MB }))).toEqual({
      leastBytes: bytes / 8,
      mostBytes: bytes * 4 + SLACK,
    });
  });

  test("adds up what all targets get", () => {
    const other = aRendition({ video: aVideo({ bitrateBps: 16 * MB, width: 640, height: 360 }) });
    const both = ((16 * MB + 128_000) * 60) / 8 + bytes;
    expect(estimateOf([encode, other], aMedia({ sizeBytes: MB }))?.mostBytes).toBe(
      both * 4 + SLACK,
    );
  });

  test("expects some bits of each pixel, however few are asked for", () => {
    const tiny = aRendition({
      video: aVideo({ bitrateBps: 1000, width: 1920, height: 1080 }),
      audio: "none",
    });
    const floor = (1920 * 1080 * 60 * 0.05 * 60) / 8;
    expect(estimateOf([tiny], aMedia({ sizeBytes: MB }))).toEqual({
      leastBytes: (1000 * 60) / 8 / 8,
      mostBytes: floor * 4 + SLACK,
    });
  });

  test("is that of the source for a copy", () => {
    expect(estimateOf([COPY], aMedia({ sizeBytes: 500 * MB }))).toEqual({
      leastBytes: 250 * MB,
      mostBytes: 2000 * MB + SLACK,
    });
  });

  test("demands nothing of a copy of which only a part is wanted", () => {
    const clip = { startSeconds: 10, durationSeconds: 1 };
    expect(estimateOf([COPY], aMedia({ sizeBytes: 500 * MB }), clip)?.leastBytes).toBe(0);
  });

  test("allows what the size of the source makes likely where its header says too little", () => {
    const media = aMedia({ sizeBytes: 4000 * MB, durationSeconds: 1 });
    expect(estimateOf([encode], media)?.mostBytes).toBe(16_000 * MB + SLACK);
  });

  test("is none where the duration is unknown", () => {
    const media = aMedia({ sizeBytes: MB });
    const assignments = [{ rendition: encode, targets: [0] }];
    const request = { assignments, tag: "t", targetUrls: ["out.mp4"] };
    const { durationSeconds: _, ...plan } = planTask(request, media, aCapabilities());
    expect(estimate(plan, assignments, media)).toBeUndefined();
  });

  test("expects next to nothing of a still, however long its film is", () => {
    const still: Rendition = {
      container: "jpg",
      video: aVideo({ codec: "mjpeg", bitrateBps: 9 * MB }),
      audio: "none",
    };
    const media = aMedia({ sizeBytes: MB, durationSeconds: 7200 });
    expect(estimateOf([still], media)).toEqual({ leastBytes: 0, mostBytes: 4 * MB + SLACK });
  });

  test("counts each rendition of a set", () => {
    const renditions = [encode, aRendition({ video: aVideo({ bitrateBps: 4 * MB, height: 480 }) })];
    const set = { renditions, isLadder: false };
    const first = { ...encode, container: "dash" } as const;
    const assignments = [{ rendition: first, targets: [0], set }];
    const request = { assignments, tag: "t", targetUrls: ["out.mpd"] };
    const media = aMedia({ sizeBytes: MB });
    const plan = planTask(request, media, aCapabilities());
    const both = ((12 * MB + 256_000) * 60) / 8;
    expect(estimate(plan, assignments, media)?.mostBytes).toBe(both * 4 + SLACK);
  });
});
