import { expect, test } from "bun:test";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { aCapabilities, aMedia, aVideoStream } from "../builders.ts";

const COPIED: Rendition = {
  ...{ container: "dash", video: "copy", audio: "copy" },
  protection: { method: "cenc" },
};
const planOf = (codec: string) =>
  planTask(
    { assignments: [{ rendition: COPIED, targets: [0] }], tag: "t1" },
    aMedia({ video: aVideoStream({ codec }) }),
    aCapabilities(),
  );

test("a copied picture is planned for encryption if it is h264 or h265, and refused by name otherwise", async () => {
  for (const codec of ["h264", "hevc"])
    expect(planOf(codec).products[0]?.protection).toEqual({ method: "cenc" });
  for (const codec of ["av1", "vp9"]) {
    const { code, message } = await taskErrorOf(Promise.try(() => planOf(codec)));
    expect(code).toBe("output_not_supported");
    expect(message).toContain(`it is ${codec}, and h264 and h265 alone are encrypted so`);
  }
});
