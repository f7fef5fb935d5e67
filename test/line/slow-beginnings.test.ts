import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Container } from "../../src/profile/containers.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import { clip } from "../fixtures/clips.ts";
import { makeProducts, profileOf } from "../fixtures/made-products.ts";
import { aCustomVideo, anAudio } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SMALL = { width: 160, height: 90, effort: "highPerformance", bitrateBps: 100_000 } as const;
const encoded = (container: Container): Rendition => ({
  ...{ container, video: aCustomVideo(SMALL), audio: anAudio({ bitrateBps: 64_000 }) },
});
const copied = (container: Container): Rendition => ({ container, video: "copy", audio: "copy" });

/** A picture every twelve seconds: ffprobe looks at seven of a MPEG-TS. */
const slides = (container: string) =>
  clip({ ...{ seconds: 36, width: 160, height: 90, rate: "1/12", container }, args: ["-bf", "0"] });

/** Sound that begins after twelve seconds. */
const late = (container: string) =>
  clip({
    ...{ seconds: 14, width: 160, height: 90, container },
    args: ["-g", "25", "-af", "atrim=start=12"],
  });

/** What came of it: seconds, the width of the picture and the sound. */
async function made(path: string, rendition: Rendition) {
  const { verified } = await makeProducts(path, profileOf(rendition));
  const { durationSeconds = 0, video, audio } = verified[0]?.output ?? {};
  return [Math.round(durationSeconds), video?.width, audio?.codec];
}

describe("an output", () => {
  test.each([
    ["a copy in HLS", copied("m3u8")],
    ["a copy in MPEG-TS", copied("mpegts")],
    ["an encode in MPEG-TS", encoded("mpegts")],
  ])("is right where its pictures are far apart: %s", async (_, rendition) => {
    expect(await made(await slides("mp4"), rendition)).toEqual([36, 160, "aac"]);
  });

  test("is right where its sound begins late: a copy in MPEG-TS", async () => {
    expect(await made(await late("mp4"), copied("mpegts"))).toEqual([14, 160, "aac"]);
  });
});

describe("a MPEG-TS", () => {
  test.each([
    ["copied", copied("mp4")],
    ["encoded", encoded("mp4")],
  ])("is a source where its pictures are far apart: %s", async (_, rendition) => {
    const [seconds, ...streams] = await made(await slides("ts"), rendition);
    expect([Number(seconds) >= 36, ...streams]).toEqual([true, 160, "aac"]);
  });

  test("keeps its sound where that begins late", async () => {
    expect(await made(await late("ts"), encoded("mp4"))).toEqual([14, 160, "aac"]);
  });
});
