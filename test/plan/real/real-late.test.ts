import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Rendition } from "../../../src/profile/profile.ts";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { anAudio, aVideo } from "../builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const run = promisify(execFile);

const ENCODED: Rendition = {
  container: "mp4",
  video: aVideo({ width: 64, height: 36, effort: "highPerformance" }),
  audio: anAudio({ channels: 1 }),
};

/** An mp4 of 4 s whose picture begins so much after its sound. */
async function lateFilm(rate: string, seconds: number): Promise<string> {
  const film = await clip({ seconds: 4, width: 160, height: 90, rate });
  const path = join(tempFolder(), "late.mp4");
  const late = ["-itsoffset", String(seconds), "-i", film, "-i", film];
  await ffmpeg([...late, "-map", "0:v", "-map", "1:a", "-c", "copy", path]);
  return path;
}

async function pictures(path: string): Promise<number> {
  const counted = [
    "-count_frames",
    "-select_streams",
    "v",
    "-show_entries",
    "stream=nb_read_frames",
  ];
  const { stdout } = await run("ffprobe", ["-v", "error", ...counted, "-of", "csv=p=0", path]);
  return Number(stdout.trim());
}

async function soundSeconds(path: string): Promise<number> {
  const shown = ["-select_streams", "a", "-show_entries", "stream=duration"];
  const { stdout } = await run("ffprobe", ["-v", "error", ...shown, "-of", "csv=p=0", path]);
  return Number(stdout.trim());
}

describe("an encode of a film whose picture begins a little after its sound", () => {
  test.each([
    ["25", 0.021, 100],
    ["30000/1001", 0.033, 120],
    ["10", 0.07, 40],
    ["5", 0.11, 20],
    ["5", 0.18, 20],
  ])("has all its pictures: %s a second, %d s late", async (rate, late, count) => {
    const { verified } = await makeProducts(await lateFilm(rate, late), profileOf(ENCODED));
    expect(await pictures(verified[0]?.finished.entry ?? "")).toBe(count);
  });

  test("has all its sound, though pictures are a second apart", async () => {
    const { verified } = await makeProducts(await lateFilm("1", 0.923), profileOf(ENCODED));
    expect(await soundSeconds(verified[0]?.finished.entry ?? "")).toBeGreaterThan(3.98);
    expect(await pictures(verified[0]?.finished.entry ?? "")).toBe(4);
  });
});
