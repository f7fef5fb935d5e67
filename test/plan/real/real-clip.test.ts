import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Container } from "../../../src/profile/containers.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { clip } from "../../fixtures/clips.ts";
import { anAudio } from "../builders.ts";
import { custom, madeBy, runAndJudge, TIMEOUT_MS, video } from "../run-plan.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SOUND = anAudio({ bitrateBps: 64_000 });
const small = (container: Container): Rendition => ({ container, video: video(), audio: SOUND });
const copy = (container: Container): Rendition => ({ container, video: "copy", audio: "copy" });

/** Key frames two seconds apart. */
const indexless = (container: "ts" | "mpg"): Promise<string> =>
  clip({
    ...{ container, seconds: 6, args: ["-g", "50", "-bf", "2"] },
    ...(container === "mpg" && { video: "mpeg2video", audio: "mp2" }),
  });

/** Six seconds of picture, of which two have sound. */
async function shortSound(): Promise<string> {
  const args = ["-i", await clip({ seconds: 6, audio: false }), "-i", await clip({ seconds: 2 })];
  return madeBy("short-sound.mp4", [...args, "-map", "0:v", "-map", "1:a", "-c", "copy"]);
}

describe("a clip of a source without an index", () => {
  test.each([
    ["ts", { startSeconds: 3.1, durationSeconds: 2 }, 50],
    ["ts", { startSeconds: 4.5, durationSeconds: 1 }, 25],
    ["ts", { startSeconds: 4.2, durationSeconds: 60 }, 45],
    ["mpg", { startSeconds: 3.1, durationSeconds: 2 }, 50],
  ] as const)(
    "of %s is cut exactly where it was asked for: %j",
    async (container, clipped, frames) => {
      const twoPass = { ...small("mp4"), video: video({ rateMode: "2passvbr" }) };
      const made = await runAndJudge(await indexless(container), [small("mp4"), twoPass], clipped);
      expect(made.outputs.map((output) => output.video?.frames)).toEqual([frames, frames]);
    },
    TIMEOUT_MS,
  );

  test(
    "is cut exactly where it has no time stamps either",
    async () => {
      const path = await madeBy("raw.h264", ["-i", await indexless("ts"), "-c", "copy", "-an"]);
      const clipped = { startSeconds: 3.1, durationSeconds: 2 };
      const { outputs } = await runAndJudge(path, [small("mp4")], clipped);
      expect(outputs[0]?.video?.durationSeconds).toBeCloseTo(2, 1);
    },
    TIMEOUT_MS,
  );

  test(
    "that is copied begins at its first key frame, and not before",
    async () => {
      const clipped = { startSeconds: 3.1, durationSeconds: 2.5 };
      const path = await indexless("ts");
      const { outputs } = await runAndJudge(path, [copy("mp4"), copy("m3u8")], clipped);
      const frames = outputs[0]?.video?.frames ?? 0;
      expect([frames > 36, frames < 44]).toEqual([true, true]);
      expect(outputs[0]?.audio?.packets?.count).toBeLessThan(120);
    },
    TIMEOUT_MS,
  );

  test.each(["mp4", "m3u8", "mkv"] as const)(
    "that is copied into %s is refused where no key frame lies in it",
    async (container) => {
      const clipped = { startSeconds: 4.5, durationSeconds: 1 };
      await expect(
        runAndJudge(await indexless("ts"), [copy(container)], clipped),
      ).rejects.toMatchObject({
        code: "invalid_parameter",
        message: "Cannot cut the clip: a stream that is copied has no key frame in it",
      });
    },
    TIMEOUT_MS,
  );
});

describe("a clip behind the end of a stream", () => {
  test.each([small, copy])(
    "is silent where the sound has ended",
    async (make) => {
      const clipped = { startSeconds: 3, durationSeconds: 1 };
      const { outputs, plan } = await runAndJudge(await shortSound(), [make("mp4")], clipped);
      expect(outputs[0]?.audio).toBeUndefined();
      expect(plan.products[0]?.audio).toEqual({
        action: "none",
        why: "the source's audio ends at 2 s, and the clip starts at 3 s",
      });
    },
    TIMEOUT_MS,
  );

  test(
    "has the little sound that is left",
    async () => {
      const clipped = { startSeconds: 1.99, durationSeconds: 1 };
      const { outputs } = await runAndJudge(await shortSound(), [small("mp4")], clipped);
      expect(outputs[0]?.audio?.codec).toBe("aac");
    },
    TIMEOUT_MS,
  );

  test(
    "is the caller's fault where a source that does not say how long its streams last has none of it",
    async () => {
      const path = await madeBy("short-sound.flv", ["-i", await shortSound(), "-c", "copy"]);
      await expect(
        runAndJudge(path, [small("mp4")], { startSeconds: 3, durationSeconds: 1 }),
      ).rejects.toMatchObject({ code: "invalid_parameter" });
    },
    TIMEOUT_MS,
  );
});

describe("the shortest clip", () => {
  test.each([
    [{ startSeconds: 1.96 }, {}],
    [{ startSeconds: 1, durationSeconds: 0.04 }, {}],
    [{ startSeconds: 0.99, durationSeconds: 0.04 }, {}],
    [{ startSeconds: 0.5, durationSeconds: 1 }, { framerate: { num: 1, den: 1 } }],
  ])(
    "has one frame at least: %j, %j",
    async (clipped, fields) => {
      const path = await clip({ seconds: 2 });
      const rendition = { ...small("mp4"), video: custom(fields) };
      const { outputs } = await runAndJudge(path, [rendition, small("m3u8")], clipped);
      expect(outputs[0]?.video?.frames).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

describe("a set whose sound outlasts its picture", () => {
  test.each(["mp4", "mkv", "flv", "ts"])(
    "of %s is judged by its picture",
    async (container) => {
      const args = ["-i", await clip({ seconds: 2 }), "-i", await clip({ seconds: 4 })];
      const path = await madeBy(`long-sound.${container}`, [
        ...[...args, "-map", "0:v", "-map", "1:a", "-c", "copy"],
      ]);
      const { outputs } = await runAndJudge(path, [
        { container: "m3u8", video: custom(), audio: SOUND },
        copy("m3u8"),
      ]);
      expect(outputs.map((output) => Math.round(output.durationSeconds ?? 0))).toEqual([2, 2]);
      expect(outputs[1]?.audio?.packets?.count).toBeGreaterThan(180);
    },
    TIMEOUT_MS,
  );

  test(
    "is judged by it where the picture comes late, too",
    async () => {
      const args = ["-itsoffset", "2", "-i", await clip({ seconds: 3 }), "-i", await clip()];
      const path = await madeBy("late.mp4", [...args, "-map", "0:v", "-map", "1:a", "-c", "copy"]);
      const { outputs } = await runAndJudge(path, [small("m3u8"), copy("m3u8")]);
      expect(outputs).toHaveLength(2);
    },
    TIMEOUT_MS,
  );
});
