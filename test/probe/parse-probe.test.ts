import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { captionTrackOf } from "../../src/probe/choose-streams.ts";
import { parseProbe } from "../../src/probe/parse-probe.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";

/** What ffprobe 5.1.9 said of a clip of 1 s, recorded. */
const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(`${import.meta.dir}/fixtures/${name}.json`, "utf8"));

const format = { format_name: "mov,mp4,m4a,3gp,3g2,mj2" };
const video = { index: 0, codec_type: "video", codec_name: "h264", width: 320, height: 180 };
const audio = {
  index: 1,
  codec_type: "audio",
  codec_name: "aac",
  channels: 2,
  sample_rate: "48000",
};

/** A file of one video stream with the given fields. */
const aVideo = (fields: object) => parseProbe({ format, streams: [{ ...video, ...fields }] }).video;

describe("parseProbe", () => {
  test("reads numbers that are written as strings", () => {
    const { streams, ...media } = parseProbe(recorded("mp4"));
    expect(streams).toEqual([media.video, media.audio].filter((one) => one !== undefined));
    expect(media).toEqual({
      format: "mov,mp4,m4a,3gp,3g2,mj2",
      durationSeconds: 1,
      startSeconds: 0,
      sizeBytes: 87_600,
      bitrateBps: 700_800,
      video: {
        kind: "video",
        dispositions: ["default"],
        index: 0,
        codec: "h264",
        profile: "Constrained Baseline",
        pixelFormat: "yuv420p",
        width: 320,
        height: 180,
        sampleAspect: { num: 1, den: 1 },
        rotation: 0,
        framerate: { num: 25, den: 1 },
        isVariableRate: false,
        isInterlaced: false,
        bitrateBps: 612_920,
        durationSeconds: 1,
        startSeconds: 0,
        frames: 25,
        color: {},
      },
      audio: {
        kind: "audio",
        dispositions: ["default"],
        isUndecodable: true,
        index: 1,
        codec: "aac",
        profile: "LC",
        channels: 1,
        samplerateHz: 48_000,
        bitrateBps: 70_441,
        durationSeconds: 1,
        startSeconds: 0,
      },
    });
  });

  test("leaves out what the file does not say, and takes Matroska's durations from its tags", () => {
    const { video, audio } = parseProbe(recorded("webm"));
    expect(video).toEqual({
      kind: "video",
      dispositions: [],
      index: 0,
      codec: "vp9",
      profile: "Profile 0",
      pixelFormat: "yuv420p",
      width: 320,
      height: 180,
      sampleAspect: { num: 1, den: 1 },
      rotation: 0,
      framerate: { num: 25, den: 1 },
      isVariableRate: false,
      isInterlaced: false,
      durationSeconds: 1.007,
      startSeconds: 0.007,
      color: { range: "tv" },
    });
    expect(audio).toEqual({
      kind: "audio",
      dispositions: [],
      isUndecodable: true,
      index: 1,
      codec: "opus",
      channels: 1,
      samplerateHz: 48_000,
      durationSeconds: 1.008,
      startSeconds: -0.007,
    });
  });

  test.each([
    ["clockwise-90", 90],
    ["clockwise-180", 180],
    ["clockwise-270", 270],
  ] as const)("turns ffprobe's counter-clockwise matrix around: %s", (name, rotation) => {
    expect(parseProbe(recorded(name)).video).toMatchObject({ width: 320, height: 180, rotation });
  });

  test.each([
    ["the clockwise tag of older files", { tags: { rotate: "90" } }, 90],
    [
      "the matrix before the tag",
      { tags: { rotate: "90" }, side_data_list: [{ rotation: 90 }] },
      270,
    ],
    ["the nearest quarter", { side_data_list: [{ rotation: -89 }] }, 90],
    ["more than a turn", { tags: { rotate: "450" } }, 90],
    ["side data of other kinds", { side_data_list: [{ side_data_type: "CPB properties" }] }, 0],
    ["no number", { tags: { rotate: "left" } }, 0],
  ] as const)("takes the rotation from %s", (_, fields, rotation) => {
    expect(aVideo(fields)?.rotation).toBe(rotation);
  });

  test("tells a variable rate by its average, which differs from the base rate", () => {
    expect(parseProbe(recorded("vfr")).video).toMatchObject({
      isVariableRate: true,
      framerate: { num: 925, den: 49 },
    });
  });

  test.each([
    ["equal", "25/1", "25/1", "progressive", false, { num: 25, den: 1 }],
    [
      "rounded by a clock of milliseconds",
      "989/33",
      "30000/1001",
      "progressive",
      false,
      { num: 30_000, den: 1_001 },
    ],
    ["off by less than 1 %", "2480/100", "25/1", "progressive", false, { num: 2_480, den: 100 }],
    ["off by more than 1 %", "2470/100", "25/1", "progressive", true, { num: 2_470, den: 100 }],
    ["fields counted", "25/1", "50/1", "tt", false, { num: 25, den: 1 }],
    ["half the frames left out", "25/1", "50/1", "progressive", true, { num: 25, den: 1 }],
    ["no average", "0/0", "25/1", "progressive", false, { num: 25, den: 1 }],
    ["no rate at all", "0/0", "0/0", "progressive", false, undefined],
  ] as const)("judges rates: %s", (_, average, base, field_order, isVariableRate, framerate) => {
    const stream = aVideo({ avg_frame_rate: average, r_frame_rate: base, field_order });
    expect([stream?.isVariableRate, stream?.framerate]).toEqual([isVariableRate, framerate]);
  });

  test("knows a stream of captions, which is no subtitle that is shown as text", () => {
    const of = (codec_name: string) =>
      parseProbe({ format, streams: [video, { index: 1, codec_type: "subtitle", codec_name }] });
    expect(captionTrackOf(of("eia_608").streams)).toBe(1);
    expect(captionTrackOf(of("mov_text").streams)).toBeUndefined();
  });

  test("knows an interlaced stream", () => {
    expect(parseProbe(recorded("interlaced")).video?.isInterlaced).toBe(true);
    expect(aVideo({ field_order: "progressive" })?.isInterlaced).toBe(false);
    expect(aVideo({ field_order: "unknown" })?.isInterlaced).toBe(false);
  });

  test("reads the shape of a pixel, and takes an unknown one for a square", () => {
    expect(parseProbe(recorded("anamorphic")).video?.sampleAspect).toEqual({ num: 16, den: 15 });
    for (const sample_aspect_ratio of ["0:1", "N/A", undefined])
      expect(aVideo({ sample_aspect_ratio })?.sampleAspect).toEqual({ num: 1, den: 1 });
  });

  test("reads the colors of high dynamic range", () => {
    expect(parseProbe(recorded("hdr")).video?.color).toEqual({
      transfer: "smpte2084",
      primaries: "bt2020",
      space: "bt2020nc",
      range: "tv",
    });
  });

  test("does not take cover art for a video", () => {
    const media = parseProbe(recorded("cover"));
    expect(media.video).toBeUndefined();
    expect(media.audio?.codec).toBe("mp3");
  });

  test("takes the stream that is marked as default, else the first", () => {
    expect(parseProbe(recorded("two-audio")).audio).toMatchObject({ index: 1, channels: 2 });
    const second = { ...audio, index: 2 };
    expect(parseProbe({ format, streams: [video, audio, second] }).audio?.index).toBe(1);
  });

  test("does not count a sound that is announced and never comes", () => {
    const announced = { ...audio, channels: 0, sample_rate: "0" };
    expect(parseProbe({ format, streams: [video, announced] }).audio).toBeUndefined();
    const second = { ...audio, index: 2 };
    expect(parseProbe({ format, streams: [video, announced, second] }).audio?.index).toBe(2);
  });

  test.each(["N/A", "", "unknown", undefined, null, {}])(
    "takes %p for an unknown number",
    (value) => {
      const stream = aVideo({ bit_rate: value, nb_frames: value, duration: value });
      expect(stream).not.toHaveProperty("bitrateBps");
      expect(stream).not.toHaveProperty("frames");
      expect(stream).not.toHaveProperty("durationSeconds");
    },
  );

  test("calls a codec unknown that ffprobe has no name for", () => {
    expect(parseProbe(recorded("unknown-codec")).video?.codec).toBe("unknown");
  });

  test.each([
    undefined,
    null,
    "text",
    {},
    { streams: [] },
    { format, streams: [{}] },
    recorded("empty"),
  ])("refuses what describes no file: %j", async (json) => {
    const error = await taskErrorOf((async () => parseProbe(json))());
    expect(error.code).toBe("source_not_media");
  });

  const matrix = (a: number, b: number, c: number, d: number) =>
    `\n00000000: ${a} ${b} 0\n00000001: ${c} ${d} 0\n00000002: 0 0 1073741824\n`;
  const sideData = (fields: object) => aVideo({ side_data_list: [fields] });

  test("tells a picture in a mirror from one that is turned", () => {
    const mirrored = { rotation: 180, displaymatrix: matrix(-65_536, 0, 0, 65_536) };
    expect(sideData(mirrored)).toMatchObject({ rotation: 180, isMirrored: true });
    const turned = { rotation: -90, displaymatrix: matrix(0, 65_536, -65_536, 0) };
    expect(sideData(turned)?.rotation).toBe(90);
    expect(sideData(turned)?.isMirrored).toBeUndefined();
  });

  test("gives the size that the container leaves of a picture", () => {
    const crop = { crop_top: 10, crop_bottom: 20, crop_left: 40, crop_right: 0 };
    expect(sideData(crop)).toMatchObject({ width: 280, height: 150, isCropped: true });
    const nothing = { crop_top: 0, crop_bottom: 0, crop_left: 0, crop_right: 0 };
    expect(sideData(nothing)?.isCropped).toBeUndefined();
  });

  test.each([
    [{ side_data_type: "Content light level metadata" }, { hasHdrData: true }],
    [
      { side_data_type: "DOVI configuration record", dv_bl_signal_compatibility_id: 0 },
      { hasHdrData: true, isDolbyVisionAlone: true },
    ],
    [
      { side_data_type: "DOVI configuration record", dv_bl_signal_compatibility_id: 4 },
      { hasHdrData: true },
    ],
  ])("knows by %j what an output of a standard range must not have", (data, facts) => {
    const stream = sideData(data);
    expect(stream).toMatchObject(facts);
    expect(stream?.isDolbyVisionAlone === true).toBe("isDolbyVisionAlone" in facts);
  });

  test.each([
    ["unspecified", true],
    ["side by side", undefined],
  ])("knows by the kind %p of a stereo picture whether one of two is decoded", (type, is) => {
    expect(sideData({ side_data_type: "Stereo 3D", type })?.isOneView).toBe(is as true);
  });

  const still = { nb_frames: "1", r_frame_rate: "1/1", disposition: { default: 1 } };

  test("takes the film of an animated picture, not the still beside it", () => {
    const film = {
      ...video,
      index: 1,
      nb_frames: "10",
      duration: "1.0",
      disposition: { default: 1 },
    };
    const media = parseProbe({
      format: { ...format, duration: "0.000000" },
      streams: [{ ...video, ...still }, film],
    });
    expect(media).toMatchObject({ durationSeconds: 1, video: { index: 1 } });
    expect(media.video?.isStill).toBeUndefined();
  });

  test("calls a picture that is no film a still", () => {
    expect(aVideo(still)?.isStill).toBe(true);
    expect(aVideo({ ...still, duration: "0.04" })?.isStill).toBeUndefined();
  });
});
