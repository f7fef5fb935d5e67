import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finishManifest } from "../../../src/plan/verify/finished-set.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { hear } from "../../fixtures/heard.ts";
import { anAudio } from "../builders.ts";
import { type Made, madeBy, outputOf, runAndJudge } from "../run-plan.ts";

setDefaultTimeout(60_000);

const entryOf = ({ folder, plan }: Made, at = 0): string =>
  join(folder, plan.products[at]?.entry ?? "");

const PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2"];
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25"];

/** A film with a sound for each tone, and what is said of them. */
const filmOf = (name: string, tones: readonly number[], args: readonly string[]) =>
  madeBy(name, [
    ...PICTURE,
    ...tones.flatMap((hertz) => ["-f", "lavfi", "-i", `sine=${hertz}:r=48000:d=2`]),
    ...["-map", "0", ...tones.flatMap((_, at) => ["-map", String(at + 1)])],
    ...[...H264, ...args],
  ]);

const sound = (container: Rendition["container"]): Rendition => ({
  container,
  video: "none",
  audio: anAudio({ codec: container === "ogg" ? "opus" : "aac" }),
});

const warningsOf = ({ plan }: Made) => plan.warnings.map(({ message }) => message);

describe("of several sounds, by the real ffmpeg,", () => {
  test.each([
    ["comment", "a commentary", "mkv"],
    ["visual_impaired", "an audio description", "mkv"],
    ["hearing_impaired", "made for the hard of hearing", "mkv"],
    ["visual_impaired", "an audio description", "ts"],
  ] as const)(
    "the main one is taken before a default %s, %s, of a %s, and told",
    async (role, what, container) => {
      const marks = ["-disposition:a:0", `default+${role}`, "-disposition:a:1", "0", "-c:a", "ac3"];
      const source = await filmOf(`source.${container}`, [500, 1000], marks);
      const made = await runAndJudge(source, [sound("m4a")]);
      expect((await hear(entryOf(made))).toneAt(1)).toBe(1000);
      const why = `Of the source stream 2 is its sound, as stream 1 is ${what}`;
      expect(warningsOf(made)).toEqual([why]);
    },
  );

  test("one that can be decoded is taken before a default one of an unknown codec", async () => {
    const source = await filmOf("source.mp4", [500, 1000], ["-c:a:0", "ac3", "-c:a:1", "aac"]);
    const bytes = readFileSync(source);
    bytes.write("apac", bytes.lastIndexOf("ac-3"), "latin1");
    const patched = join(tempFolder(), "apac.mp4");
    writeFileSync(patched, bytes);
    const made = await runAndJudge(patched, [sound("m4a")]);
    expect((await hear(entryOf(made))).toneAt(1)).toBe(1000);
    expect(warningsOf(made)[0]).toStartWith("Of the source stream 2 is its sound, as stream 1 is ");
  });

  test("nothing is told of the choice of the first of two languages", async () => {
    const languages = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fre"];
    const source = await filmOf("source.mp4", [500, 1000], languages);
    const made = await runAndJudge(source, [sound("m4a")]);
    expect((await hear(entryOf(made))).toneAt(1)).toBe(500);
    expect(warningsOf(made)).toEqual([]);
  });
});

describe("streams of one channel each, by the real ffmpeg,", () => {
  const sides = async (path: string) => {
    const { channels, toneAt } = await hear(path);
    return [channels, toneAt(1, 0), toneAt(1, 1)];
  };

  test.each([
    ["mov", 2, "pcm_s16le"],
    ["mxf", 8, "pcm_s16le"],
  ] as const)("are left and right, in a %s of %d", async (container, count, encoder) => {
    const tones = Array.from({ length: count }, (_, at) => 500 + 100 * at);
    const args = ["-c:a", encoder, ...(container === "mxf" ? ["-c:v", "mpeg2video"] : [])];
    const source = await filmOf(`source.${container}`, tones, args);
    const film: Rendition = { container: "mp4", video: "none", audio: anAudio() };
    const made = await runAndJudge(source, [film, sound("ogg"), sound("m3u8")]);
    for (const at of [0, 1, 2]) expect(await sides(entryOf(made, at))).toEqual([2, 500, 600]);
    expect(warningsOf(made)).toEqual([
      "Of the source streams 1 and 2 of one channel each are its left and right",
    ]);
  });

  test("are not left and right in different languages", async () => {
    const languages = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fre"];
    const source = await filmOf("source.mov", [500, 600], [...languages, "-c:a", "pcm_s16le"]);
    const made = await runAndJudge(source, [sound("m4a")]);
    expect(await sides(entryOf(made))).toEqual([2, 500, 500]);
  });

  test("come as late as they came, after silence", async () => {
    const source = await madeBy("late.mov", [
      ...[...PICTURE, "-itsoffset", "0.5", "-f", "lavfi", "-i", "sine=500:r=48000:d=1"],
      ...["-itsoffset", "0.5", "-f", "lavfi", "-i", "sine=600:r=48000:d=1"],
      ...["-map", "0", "-map", "1", "-map", "2", ...H264, "-c:a", "pcm_s16le"],
    ]);
    const film: Rendition = { container: "mkv", video: "copy", audio: anAudio() };
    const made = await runAndJudge(source, [film]);
    const { toneAt } = await hear(entryOf(made));
    expect([0.1, 0.38, 0.6].map((second) => toneAt(second, 1))).toEqual([0, 0, 600]);
  });
});

describe("the language of a sound, by the real ffmpeg,", () => {
  const languageOf = async (path: string) => {
    const entries = ["-select_streams", "a", "-show_entries", "stream_tags=language"];
    return (await outputOf("ffprobe", [...entries, "-of", "csv=p=0", path]))
      .toString()
      .split("\n")[0];
  };
  const german = () =>
    filmOf("source.mkv", [500], ["-metadata:s:a:0", "language=ger", "-c:a", "aac"]);

  test("is kept in files, copied and encoded", async () => {
    const containers = ["mp4", "mov", "mkv", "mpegts"] as const;
    const renditions = containers.flatMap((container): Rendition[] => [
      { container, video: "none", audio: "copy" },
      { container, video: "none", audio: anAudio() },
    ]);
    const made = await runAndJudge(await german(), [...renditions, sound("m3u8")]);
    const kept = await Promise.all(renditions.map((_, at) => languageOf(entryOf(made, at))));
    expect(new Set(kept)).toEqual(new Set(["ger"]));
    const segment = made.plan.steps
      .flatMap(({ writes }) => writes)
      .find((name) => name.endsWith(".ts"));
    expect(segment).toBeDefined();
  });

  test("is told in the manifest of a set", async () => {
    const path = join(tempFolder(), "manifest.mpd");
    const tags = ["-metadata:s:a:0", "language=ger"];
    await ffmpeg(["-i", await german(), "-map", "0:a", "-c", "copy", ...tags, "-f", "dash", path]);
    expect(finishManifest(readFileSync(path, "utf8"), [])).toContain('lang="de"');
  });
});
