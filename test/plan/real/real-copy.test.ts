import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Container } from "../../../src/profile/containers.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { turn } from "../../fixtures/turned.ts";
import { anAudio, aVideo } from "../builders.ts";
import { madeBy, outputOf, runAndJudge, TIMEOUT_MS } from "../run-plan.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const copy = (container: Container): Rendition => ({ container, video: "copy", audio: "copy" });
const SMALL: Rendition = {
  container: "mp4",
  video: aVideo({ width: 160, height: 90, bitrateBps: 100_000, effort: "highPerformance" }),
  audio: anAudio({ bitrateBps: 64_000 }),
};

/** Pictures that refer to each other, so that times come out of order. */
const source = (container: string) =>
  clip({ seconds: 3, container, args: ["-g", "25", "-bf", "2"] });

describe("a copy made by the real ffmpeg", () => {
  test.each(["mp4", "mkv", "flv", "ts", "mov"])(
    "of %s passes its verification in every container",
    async (container) => {
      const renditions = (["mp4", "mov", "mkv", "flv", "mpegts", "m3u8", "copy"] as const).map(
        copy,
      );
      const { plan, outputs } = await runAndJudge(await source(container), renditions);
      expect(plan.steps.map(({ name }) => name)).toEqual(["copy"]);
      expect(outputs.map((output) => output.video?.packets?.count)).toEqual(Array(7).fill(75));
    },
    TIMEOUT_MS,
  );

  test.each([
    ["webm", "libvpx-vp9", "libopus", ["webm", "mkv", "mp4", "copy"]],
    ["mkv", "libx265", "libmp3lame", ["m3u8", "mp4", "mpegts", "mov"]],
    ["ts", "mpeg2video", "mp2", ["mpegts", "mkv", "mov"]],
  ] as const)(
    "of %s with %s and %s passes too",
    async (container, video, audio, containers) => {
      const path = await clip({ container, video, audio, seconds: 2 });
      const { outputs } = await runAndJudge(path, containers.map(copy));
      expect(outputs).toHaveLength(containers.length);
    },
    TIMEOUT_MS,
  );

  test.each([
    ["mp3", "libmp3lame", ["mp3", "mkv", "copy"]],
    ["ogg", "libopus", ["ogg", "webm", "mp4"]],
    ["m4a", "aac", ["m4a", "mpegts"]],
  ] as const)(
    "of sound alone in %s passes too",
    async (container, audio, containers) => {
      const path = await clip({ container, video: false, audio, seconds: 2 });
      const renditions = containers.map((one) => ({ ...copy(one), video: "none" as const }));
      const { outputs } = await runAndJudge(path, renditions);
      expect(outputs).toHaveLength(containers.length);
    },
    TIMEOUT_MS,
  );

  test(
    "of a recording that begins within a group of pictures leaves out what cannot be shown",
    async () => {
      const bytes = readFileSync(await source("ts"));
      const path = join(tempFolder(), "cut.ts");
      writeFileSync(path, bytes.subarray(188 * Math.floor((bytes.length / 188) * 0.15)));
      const made = await runAndJudge(path, [copy("mp4"), copy("mpegts"), SMALL]);
      const before = made.source.video?.packets?.count ?? 0;
      expect(made.outputs[0]?.video?.packets?.count).toBe(50);
      expect(before).toBeGreaterThan(55);
    },
    TIMEOUT_MS,
  );

  test(
    "keeps what an edit list hides, and the sound beside the picture",
    async () => {
      const args = ["-ss", "1.3", "-i", await source("mp4"), "-c", "copy"];
      const path = await madeBy("edited.mp4", args);
      const { outputs } = await runAndJudge(path, [
        copy("mp4"),
        copy("mpegts"),
        copy("mkv"),
        SMALL,
      ]);
      expect(outputs[3]?.durationSeconds).toBeCloseTo(1.7, 1);
    },
    TIMEOUT_MS,
  );

  test(
    "into HLS says how long its segments last, also where a Matroska says that pictures last no time",
    async () => {
      const select = ["-vf", "select='not(eq(mod(n\\,7)\\,3))'", "-fps_mode", "vfr"];
      const uneven = await madeBy("uneven.mkv", [
        ...["-i", await source("mp4"), ...select, "-preset", "ultrafast", "-c:a", "aac"],
      ]);
      const bytes = readFileSync(uneven);
      // The default duration of its pictures.
      const element = bytes.indexOf(Buffer.from("23e38384", "hex"));
      const millisecond = Buffer.alloc(4);
      millisecond.writeUInt32BE(1_000_000);
      expect(element).toBeGreaterThan(0);
      millisecond.copy(bytes, element + 4);
      writeFileSync(uneven, bytes);
      const { outputs } = await runAndJudge(uneven, [copy("m3u8"), copy("mp4")]);
      expect(outputs[0]?.durationSeconds).toBeCloseTo(3, 0);
    },
    TIMEOUT_MS,
  );

  test(
    "keeps uneven frames, late sound and a turned picture",
    async () => {
      const select = "select='not(eq(mod(n\\,7)\\,3))'";
      const uneven = await madeBy("uneven.mp4", [
        ...["-i", await source("mp4"), "-itsoffset", "0.7", "-i", await source("mp4")],
        ...[
          "-map",
          "0:v",
          "-map",
          "1:a",
          "-vf",
          select,
          "-fps_mode",
          "vfr",
          "-preset",
          "ultrafast",
        ],
        ...["-bf", "2", "-c:a", "copy"],
      ]);
      const path = await madeBy("turned.mp4", ["-i", uneven, "-c", "copy"]);
      turn(path);
      const made = await runAndJudge(path, [copy("mp4"), copy("mov")]);
      expect(made.source.video?.rotation).not.toBe(0);
      expect(made.outputs[0]?.video?.rotation).toBe(made.source.video?.rotation as 90);
      expect(made.outputs[0]?.audio?.startSeconds).toBeCloseTo(0.7, 1);
    },
    TIMEOUT_MS,
  );

  test.each([
    ["avi", "libx264", "libmp3lame", ["mkv", "mp4", "flv", "mpegts", "m3u8"]],
    ["avi", "mpeg4", "libmp3lame", ["mkv", "mp4", "mov"]],
    ["mpg", "mpeg2video", "mp2", ["mkv", "mp4", "mpegts"]],
    ["m2v", "mpeg2video", false, ["mkv", "mp4", "mpegts"]],
  ] as const)(
    "of %s with %s, whose packets have not all their times, passes too",
    async (container, video, audio, containers) => {
      const path = await clip({ container, video, audio, seconds: 2, args: ["-bf", "2"] });
      const { outputs } = await runAndJudge(path, containers.map(copy));
      expect(outputs).toHaveLength(containers.length);
    },
    TIMEOUT_MS,
  );

  test(
    "of a clip begins at the key frame before it; an encode is exact",
    async () => {
      const clipped = { startSeconds: 1.3, durationSeconds: 1 };
      const path = await source("mp4");
      const made = await runAndJudge(path, [copy("mp4"), copy("mpegts"), SMALL], clipped);
      expect(made.outputs[1]?.video?.packets?.count).toBe(35);
      expect(made.outputs[2]?.durationSeconds).toBeCloseTo(1.02, 1);
      expect(made.plan.durationSeconds).toBe(1);
    },
    TIMEOUT_MS,
  );
});

describe("judgeOutput of real damage", () => {
  test(
    "finds a source that was cut in the middle, copied or encoded",
    async () => {
      const whole = await clip({ seconds: 4, args: ["-movflags", "+faststart"] });
      const bytes = readFileSync(whole);
      const path = join(tempFolder(), "half.mp4");
      writeFileSync(path, bytes.subarray(0, bytes.length >> 1));
      for (const rendition of [SMALL, copy("mkv")])
        await expect(runAndJudge(path, [rendition])).rejects.toMatchObject({
          code: "source_damaged",
        });
    },
    TIMEOUT_MS,
  );
});

describe("what is not asked for", () => {
  test(
    "stays out: titles, chapters, subtitles, data",
    async () => {
      const chapters = join(tempFolder(), "chapters.txt");
      const title = "title=secret";
      writeFileSync(
        chapters,
        `;FFMETADATA1\n${title}\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\n${title}\n`,
      );
      const subtitles = join(tempFolder(), "words.srt");
      writeFileSync(subtitles, "1\n00:00:00,000 --> 00:00:01,000\nsecret\n");
      const path = await madeBy("full.mkv", [
        ...["-i", await source("mp4"), "-i", subtitles, "-i", chapters, "-map", "0", "-map", "1"],
        ...["-map_metadata", "2", "-map_chapters", "2", "-c", "copy", "-c:s", "srt"],
        ...["-metadata:s:v:0", title],
      ]);
      const { folder, plan } = await runAndJudge(path, [
        SMALL,
        copy("mp4"),
        copy("mkv"),
        copy("mov"),
      ]);
      for (const { entry } of plan.products) {
        const args = ["-show_format", "-show_streams", "-show_chapters", join(folder, entry)];
        const text = (await outputOf("ffprobe", args)).toString();
        expect(text.match(/codec_type=\w+/g)).toEqual(["codec_type=video", "codec_type=audio"]);
        expect(text).not.toContain("secret");
        expect(text).not.toContain("[CHAPTER]");
      }
    },
    TIMEOUT_MS,
  );
});
