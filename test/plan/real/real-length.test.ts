import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { judgeOutput } from "../../../src/plan/verify/verify.ts";
import type { Container } from "../../../src/profile/containers.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { anAudio } from "../builders.ts";
import { type Made, madeBy, outputOf, runAndJudge, TIMEOUT_MS, video } from "../run-plan.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const copy = (container: Container): Rendition => ({ container, video: "copy", audio: "copy" });
const SMALL: Rendition = {
  container: "mp4",
  video: video(),
  audio: anAudio({ bitrateBps: 64_000 }),
};
const source = (container: string) =>
  clip({ seconds: 3, container, args: ["-g", "25", "-bf", "2"] });

/** Written to a new file, changed. */
function changed(path: string, name: string, change: (bytes: Buffer) => Buffer): string {
  const to = join(tempFolder(), name);
  writeFileSync(to, change(readFileSync(path)));
  return to;
}

/** Sets the 32 bits of a box's duration, where the header of the movie or of its fragments has them. */
function withDuration(bytes: Buffer, box: "mvhd" | "mehd", offset: number): Buffer {
  const at = bytes.indexOf(box);
  if (at < 0) throw new Error(`Cannot change "${box}": it is not in the file`);
  const lying = Buffer.from(bytes);
  lying.writeUInt32BE(0x7fffffff, at + 4 + offset);
  return lying;
}

/** What its caller is told of each output. */
const codesOf = ({ plan, outputs, source: media }: Made): readonly string[] =>
  outputs.flatMap((output, at) =>
    judgeOutput(plan.products[at]?.expect ?? { durationToleranceSeconds: 0 }, output, media).map(
      ({ code }) => code,
    ),
  );

/** Pictures that can be decoded. */
async function picturesOf({ folder, plan }: Made, at: number): Promise<number> {
  const path = join(folder, plan.products[at]?.entry ?? "");
  const args = ["-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framehash", "-"];
  const text = (await outputOf("ffmpeg", args)).toString();
  return text.split("\n").filter((line) => /^\d/.test(line)).length;
}

describe("the length of a source", () => {
  const late = ["-c", "copy", "-output_ts_offset", "60"];
  const without = ["-flvflags", "no_duration_filesize"];
  test.each([
    ["Matroska whose stamps begin at a minute", "late.mkv", late],
    ["FLV whose stamps begin at a minute, without a duration", "late.flv", [...late, ...without]],
    ["FLV past 2^32 ms", "big.flv", ["-c", "copy", "-output_ts_offset", "4294968", ...without]],
    ["FLV without a duration", "without.flv", ["-c", "copy", ...without]],
    ["MP4 whose stamps begin at a minute", "late.mp4", late],
    [
      "MPEG-TS whose stamps begin at an hour",
      "late.ts",
      ["-c", "copy", "-output_ts_offset", "3600"],
    ],
  ] as const)(
    "is that of its packets: %s",
    async (_, name, args) => {
      const path = await madeBy(name, ["-i", await source("mkv"), ...args]);
      const made = await runAndJudge(path, [SMALL, copy("mkv"), copy("mpegts")]);
      expect(Math.abs((made.plan.durationSeconds ?? 0) - 3)).toBeLessThan(0.2);
      for (const output of made.outputs)
        expect(Math.abs((output.durationSeconds ?? 0) - 3)).toBeLessThan(0.1);
      expect(await picturesOf(made, 1)).toBe(75);
      expect(codesOf(made)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "is counted in a clip from where the stamps begin",
    async () => {
      const path = await madeBy("late.mkv", ["-i", await source("mkv"), ...late]);
      const made = await runAndJudge(path, [SMALL], { startSeconds: 1, durationSeconds: 1 });
      expect(made.outputs[0]?.durationSeconds).toBeCloseTo(1, 1);
      const outside = runAndJudge(path, [SMALL], { startSeconds: 10 });
      await expect(outside).rejects.toMatchObject({ code: "invalid_parameter" });
    },
    TIMEOUT_MS,
  );

  test.each([
    ["mvhd", 16],
    ["mehd", 4],
  ] as const)(
    "is that of its packets where the %s of a file in fragments lies, and its caller is told",
    async (box, offset) => {
      const args = ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"];
      const fragmented = await madeBy("frag.mp4", [
        "-i",
        await source("mkv"),
        "-c",
        "copy",
        ...args,
      ]);
      const path = changed(fragmented, "lies.mp4", (bytes) =>
        withDuration(box === "mehd" ? withFragmentHeader(bytes) : bytes, box, offset),
      );
      const made = await runAndJudge(path, [SMALL, copy("mkv")]);
      expect(made.outputs[0]?.durationSeconds).toBeCloseTo(3, 0);
      expect(await picturesOf(made, 1)).toBe(75);
      expect(new Set(codesOf(made))).toEqual(
        new Set((made.source.durationSeconds ?? 0) > 10 ? ["source_duration"] : []),
      );
    },
    TIMEOUT_MS,
  );
});

/** Puts an `mehd` in front of the `trex` of a file that has none. */
function withFragmentHeader(bytes: Buffer): Buffer {
  const grown = 16;
  const header = Buffer.alloc(grown);
  header.writeUInt32BE(grown, 0);
  header.write("mehd", 4, "latin1");
  const at = bytes.indexOf("trex") - 4;
  const wide = Buffer.concat([bytes.subarray(0, at), header, bytes.subarray(at)]);
  for (const box of ["moov", "mvex"]) {
    const start = wide.indexOf(box) - 4;
    wide.writeUInt32BE(wide.readUInt32BE(start) + grown, start);
  }
  return wide;
}

describe("a recording that begins within a group of pictures", () => {
  test(
    "is made from its first key frame on, with and without sound",
    async () => {
      for (const audio of ["aac", false] as const) {
        const whole = await clip({
          seconds: 8,
          audio,
          container: "ts",
          args: ["-g", "100", "-bf", "2"],
        });
        const path = changed(whole, "cut.ts", (bytes) =>
          bytes.subarray(188 * Math.floor((bytes.length / 188) * 0.2)),
        );
        const made = await runAndJudge(path, [SMALL, copy("mp4"), copy("mkv")]);
        expect(await picturesOf(made, 1)).toBe(100);
        expect(made.source.video?.packets?.count).toBeGreaterThan(120);
      }
    },
    TIMEOUT_MS,
  );
});

describe("a source whose end is missing", () => {
  test.each(["mkv", "flv", "mov"])(
    "is refused where it ends halfway: %s",
    async (container) => {
      const args = container === "mov" ? ["-movflags", "+faststart"] : [];
      const path = changed(
        await clip({ seconds: 4, container, args }),
        `half.${container}`,
        (bytes) => bytes.subarray(0, bytes.length >> 1),
      );
      for (const rendition of [SMALL, copy("mkv")])
        await expect(runAndJudge(path, [rendition])).rejects.toMatchObject({
          code: "source_damaged",
        });
    },
    TIMEOUT_MS,
  );
});
