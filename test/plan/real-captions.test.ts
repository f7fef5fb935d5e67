import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { askPrograms } from "../../src/engine/native-capabilities.ts";
import { carriesCaptions } from "../../src/plan/captions.ts";
import type { VideoEncode } from "../../src/profile/profile.ts";
import { custom, mp4, outputOf, runAndJudge, TIMEOUT_MS } from "./run-plan.ts";

setDefaultTimeout(TIMEOUT_MS);

/** 24 frames a second, captions (CEA-608) in them. */
const SOURCE = join(import.meta.dir, "../../node_modules/mux.js/test/segments/sintel-captions.ts");

/** What a viewer reads. */
async function captionsOf(path: string): Promise<string> {
  const read = ["-f", "lavfi", "-i", `movie=${path}[out0+subcc]`, "-map", "0:1", "-f", "srt", "-"];
  const lines = (await outputOf("ffmpeg", read)).toString().split(/\r?\n/);
  const texts = lines.filter((line) => line !== "" && !/^\d+$|-->/.test(line));
  return texts.map((line) => line.replace(/<[^>]*>|\{[^}]*\}/g, "")).join("/");
}

/** The captions that are left of the source's. */
async function keptOf(encode: VideoEncode): Promise<string> {
  const { folder, plan } = await runAndJudge(SOURCE, [mp4(encode)]);
  return captionsOf(join(folder, plan.products[0]?.entry ?? ""));
}

describe("captions in a picture", () => {
  test("come out whole where the rate of frames stays", async () => {
    const whole = await captionsOf(SOURCE);
    expect(whole).toContain("ASUKA");
    expect(await keptOf(custom())).toBe(whole);
    expect(await keptOf(custom({ framerateMax: 30 }))).toBe(whole);
  });

  test("come out whole or not at all where it changes", async () => {
    const isCarried = carriesCaptions(
      await askPrograms("ffmpeg", "ffprobe").then((told) => ({ ...told, threads: 1 })),
    );
    const whole = await captionsOf(SOURCE);
    const thirty = { num: 30, den: 1 };
    expect(await keptOf(custom({ framerate: thirty }))).toBe(isCarried ? whole : "");
    expect(await keptOf(custom({ framerate: { num: 12, den: 1 } }))).toBe("");
  });
});
