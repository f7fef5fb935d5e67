import { expect, onTestFinished, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyProducts } from "../../../src/worker/output/verify-products.ts";
import type { JudgingRun } from "../../../src/worker/run.ts";
import { aMedia } from "../../plan/builders.ts";
import { planOf } from "../../plan/planned.ts";

test("verifyProducts tells a playlist's target duration as its longest segment asks for", async () => {
  const media = aMedia();
  const plan = planOf([{ container: "m3u8", audio: "none" }], media);
  const folder = mkdtempSync(join(tmpdir(), "pontus-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "0/segments"), { recursive: true });
  const playlist = join(folder, "0/out.m3u8");
  writeFileSync(playlist, "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6.500000,\nsegments/a.ts\n");
  writeFileSync(join(folder, "0/segments/a.ts"), Buffer.alloc(188, 0x47));
  const { audio: _, ...output } = media;
  const made = { ...output, video: { ...media.video, width: 1280, height: 720 } };
  const run = {
    engine: { probe: async () => made, readTail: async () => ({}) },
    signal: new AbortController().signal,
    warn: async () => {},
  } as unknown as JudgingRun;
  const source = { folder, sourcePath: "", media };
  await verifyProducts(plan, source, run);
  expect(readFileSync(playlist, "utf8")).toContain("#EXT-X-TARGETDURATION:7\n");
});
