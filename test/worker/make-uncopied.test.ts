import { describe, expect, test } from "bun:test";
import type { Plan } from "../../src/plan/plan.ts";
import { WrongCopy } from "../../src/plan/verify/wrong-copy.ts";
import { makeUncopied } from "../../src/worker/make-uncopied.ts";
import type { Planned } from "../../src/worker/plan-source.ts";
import { aCustomVideo, aMedia, anAudio } from "../plan/builders.ts";
import { COPY, planOf } from "../plan/planned.ts";

const FITS = { video: aCustomVideo({ bitrateBps: 9e6 }), audio: anAudio({ bitrateBps: 9e5 }) };

const wrong = new WrongCopy("copy_wrong", "Cannot copy", (media) => ({
  ...media,
  ...(media.video && { video: { ...media.video, uncopied: { mp4: "it is wrong" } } }),
}));

/** Makes renditions, of which copied pictures are wrong. */
function making(rendition: object) {
  const discarded: Plan[] = [];
  const made = makeUncopied(aMedia(), {
    plan: async (media) => ({ plan: planOf([rendition], media), media }),
    make: async ({ plan }: Planned) => {
      if (plan.products[0]?.video.action === "copy") throw wrong;
      return plan;
    },
    discard: async (plan) => {
      discarded.push(plan);
    },
  });
  return { made, discarded };
}

describe("makeUncopied", () => {
  test("encodes what was copied because it fits, and keeps nothing of the copy", async () => {
    const { made, discarded } = making(FITS);
    expect((await made).products[0]?.video).toEqual({ action: "encode", why: "it is wrong" });
    expect(discarded.map(({ products }) => products[0]?.video.action)).toEqual(["copy"]);
  });

  test("fails once where a copy is asked for", async () => {
    const { made, discarded } = making(COPY);
    await expect(made).rejects.toBe(wrong);
    expect(discarded).toEqual([]);
  });
});
