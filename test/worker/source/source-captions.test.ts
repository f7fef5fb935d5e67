import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withCaptions, withFirstCaptions } from "../../../src/worker/source/source-captions.ts";
import { BUNDLED, CAPTIONED } from "../../fixtures/captions.ts";
import { ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { aMediaWithVideo } from "../../plan/builders.ts";
import { probe } from "../../plan/run-plan.ts";

setDefaultTimeout(60_000);

const signal = new AbortController().signal;

async function factsOf(path: string) {
  const { media } = await withCaptions({ path, media: await probe(path, "source") }, signal);
  return [media.video?.hasCaptions === true, media.video?.areCaptionsBundled === true];
}

async function madeBy(name: string, args: readonly string[]): Promise<string> {
  const path = join(tempFolder(), name);
  await ffmpeg([...args, path]);
  return path;
}

describe("withCaptions", () => {
  test.each(["ts", "mp4", "mkv", "flv", "mxf", "avi"])(
    "sees captions of H.264 in %s, and whether they are bundled",
    async (container) => {
      const copy = (from: string) =>
        madeBy(`copy.${container}`, ["-i", from, "-t", "4", "-map", "0:v", "-c", "copy"]);
      expect(await factsOf(await copy(CAPTIONED))).toEqual([true, false]);
      expect(await factsOf(await copy(BUNDLED))).toEqual([true, true]);
    },
  );

  test.each(["ts", "mpg", "mkv", "mxf"])("sees captions of MPEG-2 in %s", async (container) => {
    const args = ["-i", CAPTIONED, "-t", "2", "-map", "0:v", "-c:v", "mpeg2video"];
    const path = await madeBy(`made.${container}`, [...args, "-s", "320x240"]);
    expect(await factsOf(path)).toEqual([true, false]);
  });

  test("sees none where there are none", async () => {
    const path = await madeBy("plain.ts", ["-f", "lavfi", "-i", "testsrc2=s=160x120:d=1"]);
    expect(await factsOf(path)).toEqual([false, false]);
  });

  test("leaves a file that cannot be read to its run, and reads none of other codecs", async () => {
    for (const codec of ["h264", "vp9"]) {
      const source = { path: "/nowhere", media: aMediaWithVideo({ codec }) };
      expect(await withCaptions(source, signal)).toBe(source);
    }
  });
});

describe("withFirstCaptions", () => {
  test("sees what the first bytes of a source show", async () => {
    const bytes = readFileSync(BUNDLED);
    const source = {
      sizeBytes: bytes.length,
      extension: ".ts",
      read: async (position: number, length: number) =>
        bytes.subarray(position, position + Math.min(length, 100_000)),
      close: () => {},
    };
    const media = { ...aMediaWithVideo({}), format: "mpegts" };
    expect((await withFirstCaptions(media, source)).video).toMatchObject({
      hasCaptions: true,
      areCaptionsBundled: true,
    });
  });
});
