import { describe, expect, onTestFinished, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planTask } from "../../../src/plan/plan-task.ts";
import { judgeOutput } from "../../../src/plan/verify/verify.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import { systemProfile } from "../../../src/profile/system-profiles.ts";
import { finishSet } from "../../../src/worker/output/finish-set.ts";
import type { JudgingRun } from "../../../src/worker/run.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { aCapabilities, aMedia } from "../../plan/builders.ts";

const media = aMedia();

/** An adaptive set of whose files there are these. */
function aSet(files: Readonly<Record<string, string>>, judge: typeof judgeOutput = judgeOutput) {
  const profile = systemProfile("video_hls_adaptive");
  if (!profile) throw new Error("there is no such profile");
  const assignments = assignRenditions(profile, [undefined]);
  const [product] = planTask({ assignments, tag: "t1" }, media, aCapabilities()).products;
  if (!product?.set) throw new Error("no set is planned");
  const folder = mkdtempSync(join(tmpdir(), "pontus-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const segments = join(folder, product.segments ?? "");
  mkdirSync(segments, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(segments, name), text);
  return finishSet({
    ...{ product, set: product.set, folder },
    source: { judge: async (expected, output) => judge(expected, output, media) },
    run: { signal: new AbortController().signal, warn: async () => {} } as unknown as JudgingRun,
  });
}

describe("finishSet of which nothing came out", () => {
  test.each([
    ["of any stream", {}],
    ["of its first one", { "manifest.mpd": "<MPD/>" }],
  ])("%s blames the source", async (_, files) => {
    const { code, message } = await taskErrorOf(aSet(files));
    expect([code, message]).toEqual([
      "source_damaged",
      "Cannot use the source: nothing of its video can be decoded",
    ]);
  });

  test("blames nobody where nothing was to come out", async () => {
    const { code, message } = await taskErrorOf(aSet({}, () => []));
    expect([code, message]).toEqual([
      "output_wrong",
      "Cannot deliver the set: a part of it is missing",
    ]);
  });
});
