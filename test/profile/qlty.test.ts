import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Container } from "../../src/profile/containers.ts";
import { CONTAINERS } from "../../src/profile/containers.ts";
import type { FieldsQlty } from "../../src/profile/fields/fields.ts";
import type { MetadataQlty } from "../../src/profile/fields/metadata.ts";
import {
  AUDIO_FORMATS,
  AUDIO_SAMPLERATES,
  B_FRAMES_MAX,
  CHANNEL_COUNTS,
  FRAMERATES,
  GOP_SIZES,
  PRESETS,
  parseFramerate,
  type Qlty,
  RC_MODES,
  toQlty,
  toRendition,
} from "../../src/profile/qlty.ts";
import { SIZE_MAX, SIZE_MIN, VIDEO_FORMATS } from "../../src/profile/video-values.ts";
import { aQlty, faultsOf } from "./builders.ts";

describe("parseFramerate", () => {
  test.each([
    ["12/1", "12"],
    ["15/1", "15"],
    ["24/1", "24"],
    ["25/1", "25"],
    ["30/1", "30"],
    ["60/1", "60"],
    ["24000/1001", "24000/1001"],
    ["30000/1001", "30000/1001"],
    ["25", "25"],
    ["25.0", "25"],
    ["29.97", "30000/1001"],
    ["23.976", "24000/1001"],
    ["23.98", "24000/1001"],
    [12, "12"],
    [25, "25"],
    [60, "60"],
    [29.97, "30000/1001"],
    [30000 / 1001, "30000/1001"],
    [23.976, "24000/1001"],
  ] as const)("reads %p as %s", (value, framerate) => {
    expect(parseFramerate(value)).toBe(framerate);
  });

  test.each([
    "",
    "0",
    "0/0",
    "25/0",
    "50",
    "50/1",
    "59.94",
    "29",
    "29.9",
    "24.5",
    "-25",
    "25fps",
    "1e1",
  ])("knows no rate %j", (value) => {
    expect(parseFramerate(value)).toBeUndefined();
  });

  test.each([0, -25, 50, 1e21, Number.NaN, Number.POSITIVE_INFINITY])(
    "knows no rate %d",
    (value) => {
      expect(parseFramerate(value)).toBeUndefined();
    },
  );

  test.each([...FRAMERATES])("keeps %s as it is", (framerate) => {
    expect(parseFramerate(framerate)).toBe(framerate);
  });

  test("never throws", () => {
    const value = fc.oneof(fc.string(), fc.double());
    fc.assert(
      fc.property(value, (any) => {
        expect([undefined, ...FRAMERATES]).toContain(parseFramerate(any));
      }),
    );
  });
});

describe("toRendition", () => {
  test("gives a group of the needed fields alone the table's defaults", () => {
    expect(toRendition(aQlty())).toEqual({
      container: "mp4",
      video: {
        codec: "h264",
        bitrateBps: 800_000,
        progressive: true,
        gop: { frames: 50 },
        bFrames: 0,
        rateMode: "cbr",
        effort: "default",
      },
      audio: { codec: "aac", bitrateBps: 96_000 },
    });
  });

  test("takes over every field that is given", () => {
    const qlty: Required<Omit<Qlty, keyof FieldsQlty | keyof MetadataQlty | "encryption">> = {
      container: "mkv",
      format: "h265",
      bitrate: 2_000_000,
      framerate: "30000/1001",
      width: 1280,
      height: 720,
      use_progressive: false,
      gop_size: 120,
      b_frame_size: 3,
      low_latency: false,
      rc_mode: "2passvbr",
      preset: "highQuality",
      audio_format: "ac3",
      audio_bitrate: 384_000,
      audio_samplerate: 44_100,
      channels: 6,
      subtitle_tracks: ["en", 1],
      closed_captions: "keep_and_extract",
      caption_languages: { CC1: "en" },
      audio_tracks: ["eng", 2],
      audio_mix: "surround_and_stereo",
      loudness: -23,
    };
    expect(toRendition(qlty)).toEqual({
      sound: { tracks: ["eng", 2], mix: "surround_and_stereo", loudnessLufs: -23 },
      container: "mkv",
      video: {
        codec: "h265",
        bitrateBps: 2_000_000,
        framerate: { num: 30_000, den: 1001 },
        width: 1280,
        height: 720,
        progressive: false,
        gop: { frames: 120 },
        bFrames: 3,
        rateMode: "2passvbr",
        effort: "highQuality",
        captions: "keep",
      },
      audio: { codec: "ac3", bitrateBps: 384_000, samplerateHz: 44_100, channels: 6 },
      subtitles: { tracks: ["en", 1] },
      captions: { pictures: "keep", isExtracted: true, languages: { CC1: "en" } },
    });
    expect(toQlty(toRendition(qlty))).toMatchObject({ subtitle_tracks: ["en", 1] });
  });

  test("makes key frames come sooner with low latency, and no B-frames", () => {
    const qlty = { container: "flv", bitrate: 1, audio_bitrate: 1, low_latency: true } as const;
    const made = { lowLatency: true, gop: { frames: 25 }, bFrames: 0 };
    expect(toRendition(qlty).video).toMatchObject(made);
    expect(toQlty(toRendition(qlty))).toMatchObject({ low_latency: true, gop_size: 25 });
    expect(() => toRendition({ ...qlty, b_frame_size: 1 })).toThrow("b_frame_size must be 0");
    expect(() => toRendition({ ...qlty, format: "vp9" })).toThrow(
      "low_latency is for h264 and h265",
    );
  });

  test("takes a field that is there but undefined for one that is absent", () => {
    const holes: Qlty = aQlty({ format: undefined, framerate: undefined, width: undefined });
    const rendition = toRendition(holes);
    expect(rendition).toStrictEqual(toRendition(aQlty()));
  });

  test.each([
    ["12", 12, 1],
    ["12/1", 12, 1],
    ["24000/1001", 24_000, 1001],
    ["29.97", 30_000, 1001],
    ["60", 60, 1],
  ])("keeps the framerate %s as %d/%d", (framerate, num, den) => {
    expect(toRendition(aQlty({ framerate })).video).toMatchObject({ framerate: { num, den } });
  });

  test.each([
    ["flv", "h264", "aac"],
    ["mp4", "h264", "aac"],
    ["m3u8", "h264", "aac"],
    ["mpegts", "h264", "aac"],
    ["mov", "h264", "aac"],
    ["mkv", "h264", "aac"],
    ["dash", "h264", "aac"],
    ["cmaf", "h264", "aac"],
    ["copy", "h264", "aac"],
    ["webm", "vp9", "opus"],
    ["mp3", "none", "mp3"],
    ["m4a", "none", "aac"],
    ["ogg", "none", "opus"],
    ["gif", "gif", "none"],
    ["webp", "webp", "none"],
    ["avif", "avif", "none"],
    ["png", "png", "none"],
    ["jpg", "mjpeg", "none"],
  ] as const)("leaves %s without formats at %s and %s", (container, format, audioFormat) => {
    const none = container === "png" && { bitrate: undefined };
    const { video, audio } = toRendition(aQlty({ container, ...none }));
    expect(typeof video === "string" ? video : video.codec).toBe(format);
    expect(typeof audio === "string" ? audio : audio.codec).toBe(audioFormat);
  });

  test.each([
    // What the container bends is the default alone: what was asked for is for the plan to judge.
    [{ container: "mp3", format: "h264" }, "h264", "mp3"],
    [{ container: "mp3", format: "copy" }, "copy", "mp3"],
    [{ container: "mp3", audio_format: "aac" }, "none", "aac"],
    [{ container: "m4a", audio_format: "copy" }, "none", "copy"],
    [{ container: "gif", audio_format: "aac" }, "gif", "aac"],
    [{ container: "webm", format: "h264", audio_format: "aac" }, "h264", "aac"],
    [{ container: "copy", format: "copy", audio_format: "copy" }, "copy", "copy"],
    [{ container: "copy", format: "copy" }, "copy", "aac"],
    [{ container: "copy", audio_format: "copy" }, "h264", "copy"],
    [{ format: "none" }, "none", "aac"],
    [{ audio_format: "none" }, "h264", "none"],
    [{ format: "copy", audio_format: "none" }, "copy", "none"],
    [{ format: "none", audio_format: "copy" }, "none", "copy"],
  ] as const)("makes of %j video %s and audio %s", (changes, format, audioFormat) => {
    const { video, audio } = toRendition(aQlty(changes));
    expect(typeof video === "string" ? video : video.codec).toBe(format);
    expect(typeof audio === "string" ? audio : audio.codec).toBe(audioFormat);
  });

  test.each(["copy", "none"] as const)(
    "ignores what belongs to an encode when format is %s",
    (format) => {
      const qlty = aQlty({
        format,
        width: 640,
        framerate: "nonsense",
        gop_size: 12,
        rc_mode: "vbr",
      });
      expect(toRendition(qlty).video).toBe(format);
    },
  );

  test.each([
    [{ container: "mp4" }, ["bitrate", "audio_bitrate"]],
    [{ container: "mp4", bitrate: 1 }, ["audio_bitrate"]],
    [{ container: "mp4", audio_bitrate: 1 }, ["bitrate"]],
    [{ container: "copy" }, ["bitrate", "audio_bitrate"]],
    [{ container: "copy", format: "copy" }, ["audio_bitrate"]],
    [{ container: "copy", audio_format: "copy" }, ["bitrate"]],
    [{ container: "mp4", format: "copy", audio_format: "copy" }, []],
    [{ container: "mp4", format: "none", audio_format: "copy" }, []],
    [{ container: "mp4", format: "none" }, ["audio_bitrate"]],
    [{ container: "mp4", audio_format: "none" }, ["bitrate"]],
    [{ container: "mp4", format: "h265", audio_format: "opus" }, ["bitrate", "audio_bitrate"]],
    [{ container: "mp3" }, ["audio_bitrate"]],
    [{ container: "mp3", audio_bitrate: 1 }, []],
    [{ container: "mp3", format: "h264", audio_bitrate: 1 }, ["bitrate"]],
    [{ container: "gif" }, []],
    [{ container: "png" }, []],
    [{ container: "webp" }, ["bitrate"]],
    [{ container: "gif", bitrate: 1 }, []],
    [{ container: "mp4", format: "none", audio_format: "none" }, ["audio_format"]],
    [{ container: "mp3", audio_format: "none" }, ["audio_format"]],
    [{ container: "gif", format: "none" }, ["audio_format"]],
    [{ container: "mp4", bitrate: 1, audio_bitrate: 1, framerate: "50" }, ["framerate"]],
    [{ container: "mp4", audio_bitrate: 1, framerate: "x" }, ["framerate", "bitrate"]],
  ] as const)("finds in %j the faults %j", (qlty, faults) => {
    expect(faultsOf(qlty)).toEqual([...faults]);
  });

  test("says in its message what is missing", () => {
    expect(() => toRendition({ container: "mp4", audio_bitrate: 1 })).toThrow(
      "Cannot use the parameter group: bitrate is required unless format is copy or none",
    );
  });
});

describe("the tables", () => {
  test("hold the Profile API's own values", () => {
    expect(CONTAINERS).toEqual(
      expect.arrayContaining<Container>(["flv", "mp4", "m3u8", "mpegts", "copy"]),
    );
    expect(VIDEO_FORMATS).toEqual(expect.arrayContaining(["mpeg2", "h264", "h265", "copy"]));
    expect(GOP_SIZES).toEqual([12, 15, 20, 24, 25, 30, 48, 50, 60, 100, 120]);
    expect(AUDIO_FORMATS).toEqual(
      expect.arrayContaining(["aac", "aache2", "mp3", "ac3", "mp2", "copy"]),
    );
    expect([AUDIO_SAMPLERATES[0], AUDIO_SAMPLERATES.at(-1)]).toEqual([8000, 96_000]);
    expect(CHANNEL_COUNTS).toEqual([1, 2, 6]);
    expect(RC_MODES).toEqual(["cbr", "vbr", "2passvbr", "quality"]);
    expect(PRESETS).toEqual(["default", "highQuality", "highPerformance"]);
    expect([B_FRAMES_MAX, SIZE_MIN, SIZE_MAX]).toEqual([3, 64, 8192]);
  });

  test("hold no value twice", () => {
    for (const table of [CONTAINERS, VIDEO_FORMATS, FRAMERATES, AUDIO_FORMATS, AUDIO_SAMPLERATES])
      expect(new Set<string | number>(table).size).toBe(table.length);
  });
});
