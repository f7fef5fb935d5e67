import { describe, expect, test } from "bun:test";
import { impossibilityOf } from "../../src/plan/feasible/feasible.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { Container } from "../../src/profile/containers.ts";
import { aCapabilities, aCustomVideo, aMedia, aRendition } from "./builders.ts";
import { argsOf } from "./planned.ts";

const streaming = { ...aCapabilities(), streamsOutput: true, slices: 4 } as const;

const argsFor = (container: Container): string => {
  const rendition = aRendition({ container, video: "copy", audio: "copy" });
  const assignments = [{ rendition, targets: [0] }];
  return argsOf(planTask({ assignments, tag: "t1" }, aMedia(), streaming)).join(" ");
};

describe("a plan for outputs that leave as they are written", () => {
  test.each(["mp4", "mov"] as const)("makes %s in segments, with no index to move", (container) => {
    const args = argsFor(container);
    expect(args).toContain("+frag_keyframe+empty_moov+delay_moov+default_base_moof+skip_trailer");
    expect(args).not.toContain("faststart");
    expect(args).toContain("-bsf:a aac_adtstoasc");
  });

  test("makes flv without what is known at the end alone, and leaves others as they are", () => {
    expect(argsFor("flv")).toContain("-flvflags +no_duration_filesize");
    for (const container of ["mkv", "mpegts", "m3u8"] as const)
      expect(argsFor(container)).not.toMatch(/movflags|flvflags|bsf/);
  });

  test("is never in slices, and says why", () => {
    const assignments = [{ rendition: aRendition(), targets: [0] }];
    const media = aMedia({ durationSeconds: 60 });
    const [step] = planTask({ assignments, tag: "t1" }, media, streaming).steps;
    expect(step?.sliced).toBeUndefined();
    expect(step?.whole).toBe("nothing can be kept between runs here");
  });

  test("is not made of two passes", () => {
    const rendition = aRendition({ video: aCustomVideo({ rateMode: "2passvbr" }) });
    expect(impossibilityOf(rendition, streaming)?.message).toContain("two passes");
    expect(impossibilityOf(rendition, aCapabilities())).toBeUndefined();
  });
});
