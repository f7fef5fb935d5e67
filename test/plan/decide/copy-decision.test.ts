import { describe, expect, test } from "bun:test";
import { decideAudio, decideVideo, standInFault } from "../../../src/plan/decide/copy-decision.ts";
import type { AudioStream, VideoStream } from "../../../src/probe/media.ts";
import type { Written } from "../../../src/profile/containers.ts";
import type { AudioEncode, VideoEncode } from "../../../src/profile/profile.ts";
import { anAudio, anAudioStream, aVideo, aVideoStream } from "../builders.ts";

/** A source as `aVideo` asks for it. */
const FITTING = { width: 1280, height: 720, bitrateBps: 1_500_000 };

const video = (
  source: Partial<VideoStream>,
  wanted: Partial<VideoEncode> = {},
  container: Written = "mp4",
) => decideVideo(aVideo(wanted), aVideoStream({ ...FITTING, ...source }), container, false);

const audio = (
  source: Partial<AudioStream>,
  wanted: Partial<AudioEncode> = {},
  container: Written = "mp4",
) =>
  decideAudio(anAudio(wanted), anAudioStream({ bitrateBps: 128_000, ...source }), container, false);

const { width: _w, height: _h, framerateMax: _f, ...ANY_SIZE } = aVideo();

describe("decideVideo", () => {
  test.each([
    ["is as asked for", {}, {}, "mp4"],
    ["has exactly the bitrate", { bitrateBps: 1_600_000 }, {}, "mp4"],
    ["is slower than the cap", { framerate: { num: 24, den: 1 } }, {}, "mkv"],
    ["is of the Baseline profile", { profile: "Constrained Baseline" }, {}, "flv"],
    ["has the rate", { framerate: { num: 60, den: 2 } }, { framerate: { num: 30, den: 1 } }, "mov"],
    ["is interlaced, as allowed", { isInterlaced: true }, { progressive: false }, "mpegts"],
    ["is h265", { codec: "hevc", profile: "Main" }, { codec: "h265" }, "mp4"],
    ["is vp9", { codec: "vp9", profile: "Profile 0" }, { codec: "vp9" }, "webm"],
    ["is av1", { codec: "av1", profile: "Main" }, { codec: "av1" }, "mkv"],
    [
      "is HDR10, if its range is to be kept",
      {
        ...{ codec: "hevc", profile: "Main 10", pixelFormat: "yuv420p10le" },
        color: { transfer: "smpte2084" },
      },
      { codec: "h265", dynamicRange: "source" },
      "mp4",
    ],
    [
      "has 8 bits, if its range is to be kept",
      { codec: "hevc", profile: "Main" },
      { codec: "h265", dynamicRange: "source" },
      "mp4",
    ],
    ["is mpeg2", { codec: "mpeg2video", profile: "Main" }, { codec: "mpeg2" }, "mpegts"],
  ] as const)("copies what %s", (_, source, wanted, container) => {
    expect(video(source, wanted, container)).toEqual({
      action: "copy",
      why: "the source is as asked for",
    });
  });

  test.each([
    [{ codec: "hevc" }, {}, "codec hevc is not h264"],
    [{ profile: "High 4:2:2" }, {}, "profile High 4:2:2 is not Constrained Baseline, Main, High"],
    [{ pixelFormat: "yuvj420p" }, {}, "pixel format yuvj420p is not yuv420p"],
    [{ pixelFormat: "yuv420p10le" }, {}, "pixel format yuv420p10le is not yuv420p"],
    [{ codec: "hevc", profile: "Main 10" }, { codec: "h265" }, "profile Main 10 is not Main"],
    [
      { codec: "hevc", profile: "Rext", pixelFormat: "yuv422p10le" },
      { codec: "h265", dynamicRange: "source" },
      "profile Rext is not Main, Main 10",
    ],
    [
      { codec: "av1", profile: "Main", pixelFormat: "gray10le" },
      { codec: "av1", dynamicRange: "source" },
      "pixel format gray10le is not yuv420p or yuv420p10le",
    ],
    [
      { codec: "hevc", profile: "Main 10", pixelFormat: "yuv420p10le", isDolbyVisionAlone: true },
      { codec: "h265", dynamicRange: "source" },
      "its colours are those of Dolby Vision alone",
    ],
    [{ rotation: 90, width: 720, height: 1280 }, {}, "the picture is turned by 90 degrees"],
    [{ rotation: 180 }, {}, "the picture is turned by 180 degrees"],
    [{ isMirrored: true }, {}, "the picture is mirrored"],
    [{ isCropped: true }, {}, "the container cuts something off the picture"],
    [{ color: { transfer: "smpte2084" } }, {}, "the picture has a high dynamic range"],
    [{ sampleAspect: { num: 4, den: 3 } }, {}, "the pixels are not square"],
    [{ isInterlaced: true }, {}, "the picture is interlaced"],
    [{ width: 1920, height: 1080 }, {}, "size 1920x1080 is not 1280x720"],
    [{ height: 718 }, {}, "size 1280x718 is not 1280x720"],
    [{ framerate: { num: 60, den: 1 } }, {}, "frame rate 60 is above 30"],
    [{ isVariableRate: true }, {}, "the frames come unevenly"],
    [{}, { framerate: { num: 30_000, den: 1001 } }, "frame rate 30 is not 29.97"],
    [{ bitrateBps: 1_600_001 }, {}, "bitrate 1600001 is above 1600000"],
  ] as const)("encodes a source %j asked for as %j: %s", (source, wanted, why) => {
    expect(video(source, wanted)).toEqual({ action: "encode", why });
  });

  test.each([
    ["bitrateBps", "the bitrate is not known"],
    ["framerate", "the frame rate is not known"],
    ["pixelFormat", "pixel format unknown is not yuv420p"],
    ["profile", "profile unknown is not Constrained Baseline, Main, High"],
  ] as const)("encodes a source that does not say its %s", (field, why) => {
    const { [field]: _, ...source } = aVideoStream(FITTING);
    expect(decideVideo(aVideo(), source as VideoStream, "mp4", false)).toEqual({
      action: "encode",
      why,
    });
  });

  test("copies any size and rate where none is asked for", () => {
    const source = aVideoStream({ width: 99, height: 77, bitrateBps: 1, isVariableRate: true });
    expect(decideVideo(ANY_SIZE, source, "mp4", false).action).toBe("copy");
  });

  test.each([
    [{ width: 1280 }, "copy"],
    [{ height: 720 }, "copy"],
    [{ height: 480 }, "encode"],
  ] as const)("looks at the one side that is asked for: %j", (side, action) => {
    const source = aVideoStream(FITTING);
    expect(decideVideo({ ...ANY_SIZE, ...side }, source, "mp4", false).action).toBe(action);
  });

  test("encodes for segments, whose key frames must be even", () => {
    expect(video({}, {}, "m3u8")).toEqual({
      action: "encode",
      why: "segments need key frames at even distances",
    });
  });

  test("encodes a clip, which a copy cannot cut exactly", () => {
    expect(decideVideo(aVideo(), aVideoStream(FITTING), "mp4", true).action).toBe("encode");
  });

  test.each(["mp4", "m3u8", "flv"] as const)(
    "copies into %s whatever is asked to be copied",
    (container) => {
      const odd = aVideoStream({ codec: "mpeg4", rotation: 90, isVariableRate: true });
      expect(decideVideo("copy", odd, container, true)).toEqual({
        action: "copy",
        why: "the profile asks for a copy",
      });
    },
  );

  test("makes none where none is asked for or there", () => {
    expect(decideVideo("none", aVideoStream(), "mp4", false).action).toBe("none");
    expect(decideVideo(aVideo(), undefined, "mp4", false)).toEqual({
      action: "none",
      why: "the source has no video",
    });
  });
});

describe("standInFault", () => {
  const faultOf = (
    source: Partial<VideoStream>,
    wanted: Partial<VideoEncode> = {},
    clips = false,
  ) => standInFault(aVideo(wanted), aVideoStream(source), clips);
  const hdr: Partial<VideoStream> = { color: { transfer: "smpte2084" } };

  test("is none of another codec or size, and one of what players would not expect", () => {
    expect(faultOf({ codec: "vp9", width: 99 })).toBeUndefined();
    expect(faultOf({}, {}, true)).toBe("a clip is cut exactly where it was asked for");
    expect(faultOf(hdr)).toBe("the picture has a high dynamic range");
    expect(faultOf(hdr, { dynamicRange: "source" })).toBeUndefined();
    expect(faultOf({ isInterlaced: true })).toBe("the picture is interlaced");
    expect(faultOf({ isInterlaced: true }, { progressive: false })).toBeUndefined();
  });
});

describe("decideAudio", () => {
  test.each([
    [{}, {}],
    [{ codec: "mp3", profile: "unknown" }, { codec: "mp3" }],
    [{ codec: "opus" }, { codec: "opus" }],
  ] as const)("copies %j asked for as %j", (source, wanted) => {
    expect(audio(source, wanted)).toEqual({ action: "copy", why: "the source is as asked for" });
  });

  test.each([
    [{ codec: "mp3" }, {}, "codec mp3 is not aac"],
    [{ profile: "HE-AAC" }, {}, "profile HE-AAC is not LC"],
    [{ channels: 6 }, {}, "channels 6 are not 2"],
    [{ samplerateHz: 44_100 }, {}, "sample rate 44100 is not 48000"],
    [{ bitrateBps: 128_001 }, {}, "bitrate 128001 is above 128000"],
    [
      { channels: 6, layout: "5.1(side)" },
      { channels: 6 },
      "its layout 5.1(side) has no number in aac",
    ],
    [{}, { codec: "aache2" }, "the source is not known to be aache2"],
  ] as const)("encodes %j asked for as %j: %s", (source, wanted, why) => {
    expect(audio(source, wanted)).toEqual({ action: "encode", why });
  });

  test.each([
    ["mp4", "sample rate 8000 is none that mp4 takes with mp3"],
    ["flv", "sample rate 8000 is none that flv takes with mp3"],
    ["mov", "the source is as asked for"],
  ] as const)("asks whether %s takes the rate", (container, why) => {
    const source = anAudioStream({ codec: "mp3", samplerateHz: 8000, bitrateBps: 8000 });
    expect(decideAudio({ codec: "mp3", bitrateBps: 8000 }, source, container, false).why).toBe(why);
  });

  test("encodes what does not say its bitrate", () => {
    const { bitrateBps: _, ...source } = anAudioStream();
    expect(decideAudio(anAudio(), source, "mp4", false).why).toBe("the bitrate is not known");
  });

  test("copies any channels and rate where none are asked for", () => {
    const source = anAudioStream({ channels: 6, samplerateHz: 44_100 });
    const wanted = { codec: "aac", bitrateBps: 192_000 } as const;
    expect(decideAudio(wanted, source, "mp4", false).action).toBe("copy");
    expect(decideAudio(wanted, source, "mp4", true).action).toBe("encode");
  });

  test("makes none where none is asked for or there", () => {
    expect(decideAudio("none", anAudioStream(), "mp4", false).action).toBe("none");
    expect(decideAudio("copy", undefined, "mp4", false).action).toBe("none");
  });
});
