import { describe, expect, test } from "bun:test";
import { planTask } from "../../../src/plan/plan-task.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import type { Profile } from "../../../src/profile/profile.ts";
import { systemProfile } from "../../../src/profile/system-profiles.ts";
import { profileOf } from "../../fixtures/made-products.ts";
import { aCapabilities, aCustomVideo, aMediaWithVideo, anAudio } from "../builders.ts";

const FULL = aMediaWithVideo({ width: 1920, height: 1080, framerate: { num: 25, den: 1 } });

const LATE = aMediaWithVideo({
  ...{ width: 1920, height: 1080, framerate: { num: 25, den: 1 }, startSeconds: 6 },
});

function planOf(profile: Profile, seconds: number, isGrowing = true, source = FULL) {
  const media = { ...source, durationSeconds: seconds };
  const assignments = assignRenditions(profile, [undefined]);
  const request = { assignments, tag: "t", ...(isGrowing && { isGrowing: true as const }) };
  return planTask(request, media, aCapabilities());
}

const rung = (height: number, fields: Parameters<typeof aCustomVideo>[0] = {}) => ({
  container: "cmaf" as const,
  video: aCustomVideo({ height, ...fields }),
  audio: anAudio(),
});
const LADDER = systemProfile("video_hls_adaptive") ?? profileOf(rung(360));
const two = (fields: Parameters<typeof aCustomVideo>[0] = {}): Profile =>
  profileOf(rung(360, fields), { renditions: [rung(360, fields), rung(720, fields)] });

describe("the head of a set that grows", () => {
  test("is the first segment of its smallest picture, made before the ladder", () => {
    const { steps, products } = planOf(LADDER, 7200);
    expect(steps.map(({ writes }) => writes)).toEqual([
      ["0/head/segments/manifest.mpd"],
      ["0/segments/manifest.mpd"],
    ]);
    const [head, ladder] = steps;
    expect(head?.args.join(" ")).toMatch(/scale=426:240.* -t 6 .*-c:v:0 libx264/);
    expect(head?.args.filter((arg) => arg.startsWith("-c:"))).toEqual(["-c:v:0", "-c:a:0"]);
    expect(head?.share).toBeLessThan(0.001);
    expect((head?.share ?? 0) + (ladder?.share ?? 0)).toBeCloseTo(1);
    expect(products[0]?.head).toMatchObject({ tracks: [4, 5], seconds: 6 });
  });

  test("may be any rendition of the profile", () => {
    expect(planOf(two(), 60).products[0]?.head?.tracks).toEqual([0, 2]);
  });

  test.each<readonly [string, ReturnType<typeof planOf>]>([
    ["a set that is published whole", planOf(LADDER, 7200, false)],
    ["one that is whole soon", planOf(LADDER, 29)],
    ["one picture", planOf(profileOf(rung(360)), 7200)],
    ["two passes", planOf(two({ rateMode: "2passvbr" }), 7200)],
    ["a picture that begins a segment late", planOf(LADDER, 7200, true, LATE)],
  ])("is not made of %s", (_, { steps, products }) => {
    expect(products.some(({ head }) => head)).toBe(false);
    expect(steps.flatMap(({ writes }) => writes).join()).not.toContain("head");
  });
});
