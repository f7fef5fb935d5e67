import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clip, tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";
import { anAudio } from "../builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SOUND = profileOf({
  container: "mp3",
  video: "none",
  audio: anAudio({ codec: "mp3", bitrateBps: 64_000 }),
});

const SOUND_ALONE = { video: false } as const;
const SOURCES = {
  avi: { video: "mpeg4", audio: "libmp3lame" },
  wav: { ...SOUND_ALONE, audio: "pcm_s16le" },
  w64: { ...SOUND_ALONE, audio: "pcm_s16le" },
  caf: { ...SOUND_ALONE, audio: "pcm_s16le" },
  aiff: { ...SOUND_ALONE, audio: "pcm_s16be" },
  flac: { ...SOUND_ALONE, audio: "flac" },
  mp3: { ...SOUND_ALONE, audio: "libmp3lame" },
  ogg: { ...SOUND_ALONE, audio: "libvorbis" },
  wmv: { video: "wmv2", audio: "wmav2" },
  mxf: { video: "mpeg2video", audio: "pcm_s16le" },
  flv: {},
  mkv: {},
  ts: {},
} as const;

/** A clip of 4 s, of which a part is there. */
async function cut(container: keyof typeof SOURCES, part: number): Promise<string> {
  const whole = readFileSync(await clip({ seconds: 4, container, ...SOURCES[container] }));
  const path = join(tempFolder(), `source.${container}`);
  writeFileSync(path, whole.subarray(0, Math.ceil(whole.length * part)));
  return path;
}

test.each(["avi", "wav", "w64", "caf", "aiff", "flac", "wmv", "mxf", "flv", "mkv"] as const)(
  "half a file is refused, as its header says how long it is: %s",
  async (container) => {
    const { code, message } = await taskErrorOf(makeProducts(await cut(container, 0.5), SOUND));
    expect(code).toBe("source_damaged");
    expect(message).toStartWith("Cannot use the source: it is cut off: ");
  },
);

test.each(["mp3", "ogg", "ts"] as const)(
  "half a file is made with a warning, as nothing surely says how long it was: %s",
  async (container) => {
    const { verified, warnings } = await makeProducts(await cut(container, 0.503), SOUND);
    expect(verified[0]?.output.durationSeconds).toBeLessThan(3.5);
    expect(warnings.map(({ code }) => code)).toContain("source_damage");
  },
);

test("a whole file brings no warning", async () => {
  for (const container of ["avi", "wav", "w64", "caf", "mp3", "ogg", "wmv", "flv", "ts"] as const) {
    const { warnings } = await makeProducts(await cut(container, 1), SOUND);
    expect({ container, warnings }).toEqual({ container, warnings: [] });
  }
});

test("a wave whose writer did not know its size is whole", async () => {
  const path = await cut("wav", 1);
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(0xffff_ffff, 4);
  bytes.writeUInt32LE(0xffff_ffff, bytes.indexOf("data") + 4);
  writeFileSync(path, bytes);
  const { verified, warnings } = await makeProducts(path, SOUND);
  expect(verified[0]?.output.durationSeconds).toBeCloseTo(4, 0);
  expect(warnings).toEqual([]);
});
