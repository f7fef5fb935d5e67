import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import { aRun, never } from "../contract/engine.ts";
import { clip, ffmpeg, tempFolder } from "../fixtures/clips.ts";
import { openNative } from "../fixtures/native-engine.ts";
import { openWasm } from "../fixtures/wasm-engine.ts";
import { aRendition, aVideo } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const FRAME_SECONDS = 1001 / 30_000;

/** Plans the same rendition for an engine, runs it there, and tells what came out; all are judged by the same eyes. */
async function make(engine: Engine, source: string, eyes: Engine) {
  const media = await engine.probe({ path: source, side: "source" }, never);
  const rendition = aRendition({ video: aVideo({ width: 320, height: 180, bitrateBps: 500_000 }) });
  const request = { assignments: [{ rendition, targets: [0] }], tag: "t1" };
  const { steps } = planTask(request, media, engine.capabilities);
  const run = aRun(source, steps[0]);
  await engine.run(run, never);
  const path = join(run.folder, "0/out.mp4");
  const made = await eyes.probe({ path, side: "output", packets: true }, never);
  return { path, made, isSliced: steps[0]?.sliced !== undefined };
}

/** How like two films are, frame by frame: 1 where there is no difference. */
async function likenessOf(one: string, other: string): Promise<number[]> {
  const log = join(tempFolder(), "ssim.log");
  await ffmpeg(["-i", one, "-i", other, "-lavfi", `ssim=f=${log}`, "-f", "null", "-"]);
  const lines = readFileSync(log, "utf8").trim().split("\n");
  return lines.map((line) => Number(/All:([\d.]+)/.exec(line)?.[1]));
}

describe("the engines, given the same plan", () => {
  test.each([
    ["in one run", 1],
    ["in slices", 2],
  ])("make the same film, WebAssembly %s", async (_, slices) => {
    const source = await clip({ seconds: 7, width: 640, height: 360, rate: "30000/1001" });
    const native = await openNative();
    const theirs = await make(native, source, native);
    const ours = await make(await openWasm({ slices }), source, native);
    expect(ours.isSliced).toBe(slices > 1);
    const [film, peer] = [ours.made, theirs.made];
    expect(film.video?.packets?.count).toBe(peer.video?.packets?.count ?? 0);
    expect(film.audio?.packets?.count).toBe(peer.audio?.packets?.count ?? 0);
    const apart = (film.durationSeconds ?? 0) - (peer.durationSeconds ?? Number.NaN);
    expect(Math.abs(apart)).toBeLessThan(FRAME_SECONDS);
    const likeness = await likenessOf(ours.path, theirs.path);
    expect(likeness).toHaveLength(210);
    expect(Math.min(...likeness)).toBeGreaterThan(0.98);
  });
});
