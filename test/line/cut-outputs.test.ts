import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AudioCodec, VideoCodec } from "../../src/profile/codecs.ts";
import type { Container } from "../../src/profile/containers.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import { clip } from "../fixtures/clips.ts";
import { makeProducts, profileOf } from "../fixtures/made-products.ts";
import { aCustomVideo, anAudio } from "../plan/builders.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

type Form = readonly [Container, VideoCodec | "none", AudioCodec];
const FILES: readonly Form[] = [
  ["mp4", "h264", "aac"],
  ["mov", "h264", "aac"],
  ["mkv", "h264", "aac"],
  ["webm", "vp9", "opus"],
  ["flv", "h264", "aac"],
  ["mpegts", "h264", "aac"],
  ["mp3", "none", "mp3"],
  ["m4a", "none", "aac"],
  ["ogg", "none", "opus"],
];
const SETS: readonly Form[] = [
  ["m3u8", "h264", "aac"],
  ["m3u8", "h265", "aac"],
  ["m3u8", "none", "aac"],
  ["cmaf", "h264", "aac"],
  ["dash", "h264", "aac"],
];

const SMALL = { width: 160, height: 90, effort: "highPerformance", bitrateBps: 200_000 } as const;

/** A rendition of a form: encoded, or copied where the source has it. */
const renditionOf = (
  [container, codec, sound]: Form,
  isCopy = false,
  fields: Parameters<typeof aCustomVideo>[0] = {},
): Rendition => ({
  container,
  video:
    codec === "none" || isCopy
      ? codec === "none"
        ? "none"
        : "copy"
      : aCustomVideo({ ...SMALL, ...fields, codec }),
  audio: isCopy ? "copy" : anAudio({ codec: sound, bitrateBps: 64_000 }),
});

/** So long that a set has more than one segment. */
const source = () => clip({ seconds: 8, width: 160, height: 90, args: ["-g", "25"] });

/** The only file, or the last segment of the stream that is named first. */
function lastFile(folder: string): string {
  const product = join(folder, "0");
  const entry = readdirSync(product).find((name) => name.startsWith("out.")) ?? "";
  if (!readdirSync(product).includes("segments")) return join(product, entry);
  const names = readdirSync(join(product, "segments")).filter((name) => /\.(ts|m4s)$/.test(name));
  const track = names.filter((name) => !name.startsWith("chunk-") || name.startsWith("chunk-0-"));
  return join(product, "segments", track.sort().at(-1) ?? "");
}

/** Within a packet, also of MPEG-TS: all of its packets have an even length. */
const cutToHalf = (folder: string): void => {
  const path = lastFile(folder);
  truncateSync(path, Math.floor(statSync(path).size / 2) | 1);
};

/** As where a disk has lost what was written last: it reads as zeros. */
const zeroEnd = (folder: string): void => {
  const path = lastFile(folder);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0, Math.floor(bytes.length * 0.7), bytes.length - 200));
};

const named = (forms: readonly Form[]) =>
  forms.map((form) => [form.filter((part) => part !== "none").join(", "), form] as const);

describe("an output that was cut after its encode", () => {
  test.each(named([...FILES, ...SETS]))("of %s is refused", async (_name, form) => {
    const made = makeProducts(await source(), profileOf(renditionOf(form)), { spoil: cutToHalf });
    await expect(made).rejects.toMatchObject({ code: "output_wrong" });
  });

  test.each(named([FILES[0], SETS[0], SETS[3]].filter((form) => form !== undefined)))(
    "of %s is refused where it is a copy",
    async (_name, form) => {
      const profile = profileOf(renditionOf(form, true));
      const made = makeProducts(await source(), profile, { spoil: cutToHalf });
      await expect(made).rejects.toMatchObject({ code: "output_wrong" });
    },
  );

  test.each(named([FILES[0], FILES[5], SETS[3]].filter((form) => form !== undefined)))(
    "of %s is refused where its end is of zeros",
    async (_name, form) => {
      const made = makeProducts(await source(), profileOf(renditionOf(form)), { spoil: zeroEnd });
      await expect(made).rejects.toMatchObject({ code: "output_wrong" });
    },
  );
});

describe("an output that was not cut", () => {
  test.each(named([...FILES, ...SETS]))("of %s passes", async (_name, form) => {
    const { verified } = await makeProducts(await source(), profileOf(renditionOf(form)));
    expect(verified[0]?.output.durationSeconds).toBeCloseTo(8, 0);
  });

  test("passes where its sound ends long before its picture", async () => {
    const path = await clip({ seconds: 6, args: ["-af", "atrim=end=2", "-g", "25"] });
    for (const form of FILES.slice(0, 6)) {
      const { verified } = await makeProducts(path, profileOf(renditionOf(form)));
      expect(verified[0]?.output.durationSeconds).toBeCloseTo(6, 0);
    }
  });

  test("passes where its picture is but a few frames of a long sound", async () => {
    const path = await clip({ seconds: 6, args: ["-vf", "trim=end_frame=3"] });
    const forms: readonly Form[] = [
      ["mkv", "h264", "aac"],
      ["webm", "vp9", "opus"],
    ];
    const wanted = [
      ...forms.map((form) => renditionOf(form)),
      renditionOf(["mkv", "h264", "aac"], true),
    ];
    for (const rendition of wanted) {
      const { verified } = await makeProducts(path, profileOf(rendition));
      expect(verified[0]?.output.durationSeconds).toBeCloseTo(6, 0);
    }
  });

  // Where MPEG-TS is read from, no key frame may be.
  test.each(named([FILES[4], FILES[5], SETS[0], SETS[3]].filter((form) => form !== undefined)))(
    "of %s passes with few key frames",
    async (_name, form) => {
      const profile = profileOf(renditionOf(form, false, { gop: { frames: 120 } }));
      const path = await clip({ seconds: 9.4, width: 160, height: 90, args: ["-g", "25"] });
      const { verified } = await makeProducts(path, profile);
      expect(verified[0]?.output.durationSeconds).toBeCloseTo(9.4, 0);
    },
  );

  test.each([
    ...named([FILES[2], FILES[4], FILES[5]].filter((form) => form !== undefined)).map(
      ([name, form]) => [name, form, 1.5] as const,
    ),
    ...named([FILES[0], FILES[4], FILES[5], SETS[3]].filter((form) => form !== undefined)).map(
      ([name, form]) => [name, form, 7] as const,
    ),
  ])("of %s passes where its picture ends before its sound", async (_name, form, seconds) => {
    const trim = ["-vf", `trim=end=${8 - seconds}`, "-g", "25"];
    const path = await clip({ seconds: 8, width: 160, height: 90, args: trim });
    const { verified } = await makeProducts(path, profileOf(renditionOf(form)));
    expect(verified[0]?.output.durationSeconds).toBeCloseTo(8, 0);
  });

  test.each(named([FILES[2], FILES[4], FILES[5]].filter((form) => form !== undefined)))(
    "of %s passes as a copy whose picture ends before its sound",
    async (_name, form) => {
      const trim = ["-vf", "trim=end=6.5", "-g", "25"];
      const path = await clip({ seconds: 8, width: 160, height: 90, args: trim });
      const { verified } = await makeProducts(path, profileOf(renditionOf(form, true)));
      expect(verified[0]?.output.durationSeconds).toBeCloseTo(8, 0);
    },
  );
});
