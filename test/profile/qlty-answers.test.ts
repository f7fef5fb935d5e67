import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CONTAINERS } from "../../src/profile/containers.ts";
import { plainQlty } from "../../src/profile/plain-qlty.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import {
  AUDIO_FORMATS,
  AUDIO_SAMPLERATES,
  B_FRAMES_MAX,
  CHANNEL_COUNTS,
  FRAMERATES,
  GOP_SIZES,
  PRESETS,
  type Qlty,
  RC_MODES,
  toQlty,
  toRendition,
} from "../../src/profile/qlty.ts";
import { CATALOGUE, systemProfile } from "../../src/profile/system-profiles.ts";
import { SIZE_MAX, SIZE_MIN, VIDEO_FORMATS } from "../../src/profile/video-values.ts";
import { aQlty, faultsOf } from "./builders.ts";

const maybe = <T>(values: readonly T[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined });
const pixels = fc.option(fc.integer({ min: SIZE_MIN, max: SIZE_MAX }), { nil: undefined });
const anyQlty: fc.Arbitrary<Qlty> = fc.record({
  container: fc.constantFrom(...CONTAINERS),
  format: maybe(VIDEO_FORMATS),
  bitrate: fc.integer({ min: 1 }),
  framerate: maybe(FRAMERATES),
  width: pixels,
  height: pixels,
  use_progressive: maybe([true, false]),
  gop_size: maybe(GOP_SIZES),
  b_frame_size: fc.option(fc.nat(B_FRAMES_MAX), { nil: undefined }),
  rc_mode: maybe(RC_MODES),
  preset: maybe(PRESETS),
  audio_format: maybe(AUDIO_FORMATS),
  audio_bitrate: fc.integer({ min: 1 }),
  audio_samplerate: maybe(AUDIO_SAMPLERATES),
  channels: maybe(CHANNEL_COUNTS),
});
const goodQlty = anyQlty.filter((qlty) => faultsOf(qlty).length === 0);

describe("toQlty", () => {
  test("fills every default in", () => {
    expect(toQlty(toRendition(aQlty()))).toEqual({
      container: "mp4",
      format: "h264",
      bitrate: 800_000,
      use_progressive: true,
      gop_size: 50,
      b_frame_size: 0,
      rc_mode: "cbr",
      preset: "default",
      audio_format: "aac",
      audio_bitrate: 96_000,
    });
  });

  test.each([
    [{ container: "mp4", video: "copy", audio: "copy" }, "copy", "copy"],
    [{ container: "mp4", video: "copy", audio: "none" }, "copy", "none"],
    [{ container: "mp4", video: "none", audio: "copy" }, "none", "copy"],
  ] as const)("shows %j with its formats alone", (rendition, format, audio_format) => {
    expect(toQlty(rendition)).toEqual({ container: "mp4", format, audio_format });
  });

  test.each([
    ["video_mp4_1280x720_1728kbps", 60],
    ["video_mp4_1920x1080_3660kbps", 120],
  ])("shows the key frames of %s every %d frames", (name, gop_size) => {
    const [rendition] = systemProfile(name)?.renditions ?? [];
    expect(toQlty(rendition as Rendition).gop_size).toBe(gop_size);
  });

  test("shows a system profile without the B-frames that the encoder chooses", () => {
    const [rendition] = systemProfile("video_hls_1280x720_1728kbps")?.renditions ?? [];
    expect(toQlty(rendition as Rendition)).toEqual({
      container: "m3u8",
      format: "h264",
      bitrate: 1_600_000,
      width: 1280,
      height: 720,
      use_progressive: true,
      gop_size: 60,
      rc_mode: "cbr",
      preset: "default",
      audio_format: "aac",
      audio_bitrate: 128_000,
      audio_samplerate: 48_000,
      channels: 2,
    });
  });

  test("counts seconds between key frames at the rate that is asked for", () => {
    const rendition = toRendition(aQlty({ framerate: "30000/1001" }));
    if (typeof rendition.video === "string") throw new Error("no encode");
    const video = { ...rendition.video, gop: { seconds: 2 }, framerateMax: 60 };
    expect(toQlty({ ...rendition, video }).gop_size).toBe(60);
    expect(
      toQlty({ ...rendition, video: { ...video, framerate: { num: 12, den: 1 } } }).gop_size,
    ).toBe(24);
  });

  test.each([...CATALOGUE])(
    "shows %s in values of the table, which can be posted again",
    (name) => {
      for (const qlty of systemProfile(name)?.renditions.map(toQlty) ?? []) {
        expect(CONTAINERS).toContain(qlty.container);
        if (qlty.gop_size !== undefined) expect(GOP_SIZES).toContain(qlty.gop_size as never);
        expect(faultsOf(qlty)).toEqual([]);
      }
    },
  );

  test("is undone by toRendition, for every custom rendition", () => {
    fc.assert(
      fc.property(goodQlty, (qlty) => {
        const rendition = toRendition(qlty);
        expect(toRendition(toQlty(rendition))).toStrictEqual(rendition);
      }),
      { numRuns: 500 },
    );
  });

  test("keeps every value that was given to an encode", () => {
    fc.assert(
      fc.property(goodQlty, (qlty) => {
        const given = Object.entries(qlty).filter(([, value]) => value !== undefined);
        const { video, audio } = toRendition(qlty);
        fc.pre(typeof video !== "string" && typeof audio !== "string");
        expect(toQlty({ container: qlty.container, video, audio })).toMatchObject(
          Object.fromEntries(given),
        );
      }),
    );
  });

  test("leaves no field undefined, so that JSON and equality agree", () => {
    fc.assert(
      fc.property(goodQlty, (qlty) => {
        const shown = toQlty(toRendition(qlty));
        expect(Object.values(shown)).not.toContain(undefined);
        expect(JSON.parse(JSON.stringify(shown))).toStrictEqual(shown);
      }),
    );
  });
});

describe("plainQlty", () => {
  test.each([...CATALOGUE])("writes %s, field by field, as toQlty does", (name) => {
    const renditions = systemProfile(name)?.renditions ?? [];
    const plain = renditions.map(plainQlty);
    expect(plain).not.toContain(undefined);
    expect(JSON.stringify(plain)).toBe(JSON.stringify(renditions.map(toQlty)));
  });

  test("writes every custom rendition so, if it writes it", () => {
    let written = 0;
    fc.assert(
      fc.property(goodQlty, (qlty) => {
        const rendition = toRendition(qlty);
        const plain = plainQlty(rendition);
        if (!plain) return;
        written += 1;
        expect(JSON.stringify(plain)).toBe(JSON.stringify(toQlty(rendition)));
      }),
      { numRuns: 500 },
    );
    expect(written).toBeGreaterThan(250);
  });

  test.each<[string, Partial<Qlty>]>([
    ["a field of the picture", { denoise: "light" }],
    ["a field of quality", { measure_quality: true }],
    ["an encoder's option", { encoder_options: { tune: "film" } }],
    ["a field of colours", { format: "h265", dynamic_range: "source" }],
    ["subtitles", { subtitle_tracks: "all" }],
    ["captions", { closed_captions: "extract" }],
    ["tags", { keep_tags: true }],
    ["an index at the end", { faststart: false }],
    ["a loudness", { loudness: -23 }],
  ])("writes nothing with %s", (_, more) => {
    const rendition = toRendition(aQlty(more));
    expect(toQlty(rendition)).toMatchObject(more);
    expect(plainQlty(rendition)).toBeUndefined();
  });
});
