import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clip, tempFolder } from "../fixtures/clips.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { makeProducts, profileOf } from "../fixtures/made-products.ts";
import { anAudio, aVideo } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SMALL = profileOf({
  container: "mp4",
  video: aVideo({ width: 160, height: 90, bitrateBps: 100_000, effort: "highPerformance" }),
  audio: anAudio({ bitrateBps: 64_000 }),
});
const SOUND = profileOf({
  container: "mp3",
  video: "none",
  audio: anAudio({ codec: "mp3", bitrateBps: 64_000 }),
});
const COPY = profileOf({ container: "mkv", video: "copy", audio: "copy" });

/** Bytes that look random and are the same every time. */
function noise(length: number): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
}

/** A clip of which a part of its bytes is noise, or missing. */
async function spoilt(
  container: string,
  [from, to]: readonly [number, number],
  isMissing = false,
  made: Parameters<typeof clip>[0] = {},
): Promise<string> {
  const args = ["-g", "25", ...(container === "mp4" ? ["-movflags", "+faststart"] : [])];
  const bytes = readFileSync(await clip({ seconds: 4, container, args, ...made }));
  const [start, end] = [Math.floor(bytes.length * from), Math.floor(bytes.length * to)];
  const between = isMissing ? Buffer.alloc(0) : noise(end - start);
  const path = join(tempFolder(), `spoilt.${container}`);
  writeFileSync(path, Buffer.concat([bytes.subarray(0, start), between, bytes.subarray(end)]));
  return path;
}

describe("a source that is damaged", () => {
  test.each(["mp4", "mkv", "ts", "flv"])(
    "is refused where most of it is noise, and how much: %s",
    async (container) => {
      const path = await spoilt(container, [0.25, 0.9]);
      const { code, message } = await taskErrorOf(makeProducts(path, SMALL));
      expect(code).toBe("source_damaged");
      expect(message).toMatch(/\d+(?:\.\d+)? % of its|cut off: it should last/);
    },
  );

  test.each(["ts", "mkv"])(
    "is refused where a part in its middle is missing: %s",
    async (container) => {
      const path = await spoilt(container, [0.3, 0.6], true);
      const { code, message } = await taskErrorOf(makeProducts(path, SMALL));
      expect(code).toBe("source_damaged");
      expect(message).toMatch(/% of its video is missing/);
    },
  );

  test("is made where it has one flaw, and its caller is told", async () => {
    const path = await spoilt("mp4", [0.5, 0.502]);
    const { verified, warnings } = await makeProducts(path, SMALL);
    expect(verified[0]?.output.durationSeconds).toBeCloseTo(4, 0);
    expect(warnings.map(({ code }) => code)).toEqual(["source_damage"]);
  });

  test.each(["mp4", "mkv", "ts", "flv"])(
    "is made where its last 1000 bytes are missing, and its caller is told: %s",
    async (container) => {
      const whole = readFileSync(await spoilt(container, [1, 1]));
      const path = join(tempFolder(), `short.${container}`);
      writeFileSync(path, whole.subarray(0, whole.length - 1000));
      for (const profile of [SMALL, COPY]) {
        const { warnings } = await makeProducts(path, profile);
        expect(warnings.map(({ code }) => code)).toContain("source_damage");
      }
    },
  );

  test("brings no warning where nothing is wrong", async () => {
    const { warnings } = await makeProducts(await spoilt("mp4", [1, 1]), SMALL);
    expect(warnings).toEqual([]);
  });

  const MPEG2 = { args: ["-c:v", "mpeg2video"], audio: "pcm_s16le" };

  test.each([
    ["the sound of a MPEG-TS", "ts", {}],
    ["MPEG-TS of sound alone", "ts", { video: false }],
    ["the sound of a MXF", "mxf", MPEG2],
    ["FLAC", "flac", { video: false, audio: "flac" }],
  ] as const)(
    "is refused where its demuxer skips noise without a word: %s",
    async (_, container, made) => {
      const path = await spoilt(container, [0.4, 0.65], false, made);
      const { code, message } = await taskErrorOf(makeProducts(path, SOUND));
      expect(code).toBe("source_damaged");
      expect(message).toMatch(/% of its audio is missing/);
    },
  );

  test("is refused where its demuxer skips noise in pictures and sound without a word", async () => {
    const path = await spoilt("mxf", [0.4, 0.65], false, MPEG2);
    const { code, message } = await taskErrorOf(makeProducts(path, SMALL));
    expect(code).toBe("source_damaged");
    expect(message).toMatch(/% of its video is missing/);
  });

  test.each([
    ["libopus", "48000"],
    ["pcm_s16le", "8000"],
  ])(
    "is made where it has a gap that may be a pause, and its caller is told: %s",
    async (audio, rate) => {
      const path = await spoilt("mkv", [1, 1], false, {
        ...{ seconds: 6, video: false, audio },
        args: ["-ar", rate, "-af", `aresample=${rate},asetpts='PTS+if(gt(T,3),1.4/TB,0)'`],
      });
      const { verified, warnings } = await makeProducts(path, SOUND);
      expect(verified[0]?.output.durationSeconds).toBeCloseTo(7.4, 0);
      expect(warnings.map(({ code }) => code)).toEqual(["source_damage"]);
    },
  );

  test.each([
    ["begins with its first picture", 0, 0],
    ["begins within a group of pictures", 60, 0],
    ["ends within a picture", 0, 40],
  ])("is made where a MPEG-TS was paused, and %s", async (_, packets, fewer) => {
    const parts = await Promise.all(
      ["0", "6"].map((offset) =>
        clip({
          ...{ seconds: 3, container: "ts" },
          args: ["-g", "25", "-b:v", "100k", "-output_ts_offset", offset],
        }),
      ),
    );
    const whole = Buffer.concat(parts.map((part) => readFileSync(part)));
    const bytes = whole.subarray(0, whole.length - 188 * fewer);
    const path = join(tempFolder(), "paused.ts");
    // Two packets of tables are in front.
    writeFileSync(
      path,
      Buffer.concat([bytes.subarray(0, 564), bytes.subarray(188 * (3 + packets))]),
    );
    const { warnings } = await makeProducts(path, SMALL);
    expect(warnings.map(({ message }) => message).join()).toMatch(/For (?:2.9|3) s nothing comes/);
  });

  test("is to blame where a copy of broken time stamps comes out otherwise", async () => {
    const args = ["-c:v", "mpeg2video"];
    const bytes = readFileSync(await clip({ seconds: 4, container: "mpg", args, audio: "mp2" }));
    for (let at = 500; at < bytes.length; at += 500)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << ((at / 500) % 8));
    const path = join(tempFolder(), "flipped.mpg");
    writeFileSync(path, bytes);
    const made = await makeProducts(path, COPY).then(
      ({ warnings }) => warnings,
      (error) => error.code,
    );
    expect(made).toEqual("source_damaged");
  });
});
