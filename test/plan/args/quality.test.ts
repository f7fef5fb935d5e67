import { describe, expect, test } from "bun:test";
import { streamArgs } from "../../../src/plan/args/streams.ts";
import { encodedVideo } from "../../../src/plan/args/video.ts";
import { qualityValue } from "../../../src/plan/encode/quality.ts";
import { videoEncoding } from "../../../src/plan/encode/video-encoding.ts";
import type { VideoCodec } from "../../../src/profile/codecs.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import { aVideo, aVideoStream } from "../builders.ts";

const args = (encode: VideoEncode): string =>
  streamArgs(encodedVideo(videoEncoding(encode, aVideoStream()), "0:0"))
    .join(" ")
    .replace(/^.* (?=-c:v )/, "");

function byQuality(codec: VideoCodec, bitrateBps?: number): VideoEncode {
  const { bitrateBps: _, ...rest } = aVideo({ codec, rateMode: "quality", quality: 70 });
  return bitrateBps === undefined ? rest : { ...rest, bitrateBps };
}

describe("a video of a quality", () => {
  const value = (codec: VideoCodec) => String(qualityValue(codec, 70));

  test.each([
    [
      "h264",
      "-c:v libx264 -preset veryfast -profile:v high -crf 23 -g 60 -keyint_min 60 -sc_threshold 0",
    ],
    [
      "h265",
      `-c:v libx265 -preset veryfast -profile:v main -crf ${value("h265")} -g 60 -keyint_min 60 -x265-params log-level=error:scenecut=0:open-gop=0`,
    ],
    [
      "vp9",
      `-c:v libvpx-vp9 -deadline good -cpu-used 4 -row-mt 1 -crf ${value("vp9")} -b:v 0 -g 60 -keyint_min 60`,
    ],
    ["av1", `-c:v libsvtav1 -preset 8 -crf ${value("av1")} -g 60`],
    ["mpeg2", `-c:v mpeg2video -q:v ${value("mpeg2")} -g 60 -sc_threshold 1000000000 -flags +cgop`],
    ["mjpeg", `-c:v mjpeg -q:v ${value("mjpeg")}`],
  ] as const)("of %s is asked for without a bitrate", (codec, expected) => {
    expect(args(byQuality(codec))).toBe(expected);
  });

  test.each([
    ["h264", "-level 3.1 -crf 23 -maxrate 1600k -bufsize 3200k -g"],
    ["h265", `-crf ${value("h265")} -maxrate 1600k -bufsize 3200k -g`],
    ["vp9", `-crf ${value("vp9")} -b:v 1600k -maxrate 1600k -bufsize 3200k -g`],
    ["av1", `-crf ${value("av1")} -maxrate 1600k -bufsize 3200k -g`],
    [
      "mpeg2",
      `-b:v 1600k -maxrate 1600k -bufsize 3200k -qmin ${Math.round(Number(value("mpeg2")))} -g`,
    ],
  ] as const)("of %s keeps below a ceiling", (codec, expected) => {
    expect(args(byQuality(codec, 1_600_000))).toContain(` ${expected} `);
  });

  test("is the finer the higher it is, on every scale", () => {
    const codecs = ["h264", "h265", "av1", "vp9", "mpeg2", "mjpeg"] as const;
    for (const codec of codecs) {
      const values = Array.from({ length: 100 }, (_, at) => qualityValue(codec, at + 1));
      expect(values).toEqual(values.toSorted((one, other) => other - one));
      expect(new Set(values).size).toBeGreaterThan(20);
    }
    expect([1, 50, 100].map((quality) => qualityValue("h264", quality))).toEqual([50.6, 31, 11]);
  });
});

describe("a video with its encoder's own options", () => {
  const given = (codec: VideoCodec, encoderOptions: Readonly<Record<string, string>>) =>
    args(aVideo({ codec, encoderOptions }));

  test.each([
    [
      "h264",
      { preset: "slow", tune: "film", "aq-mode": "3", "psy-rd": "1.0,0.15" },
      "-c:v libx264 -preset slow -profile:v high -tune film -level 3.1 -b:v 1600k -maxrate 1600k -bufsize 3200k -g 60 -keyint_min 60 -sc_threshold 0 -x264-params aq-mode=3:psy-rd=1.0,0.15",
    ],
    [
      "h265",
      { preset: "fast", tune: "grain", sao: "0" },
      "-c:v libx265 -preset fast -profile:v main -tune grain -b:v 1600k -maxrate 1600k -bufsize 3200k -g 60 -keyint_min 60 -x265-params log-level=error:scenecut=0:open-gop=0:sao=0",
    ],
    [
      "av1",
      { preset: "6", tune: "0", "film-grain": "8" },
      "-c:v libsvtav1 -preset 6 -b:v 1600k -g 60 -svtav1-params tune=0:film-grain=8",
    ],
    [
      "vp9",
      { "cpu-used": "1", "tune-content": "screen" },
      "-c:v libvpx-vp9 -deadline good -cpu-used 1 -row-mt 1 -b:v 1600k -maxrate 1600k -bufsize 3200k -minrate 1600k -g 60 -keyint_min 60 -tune-content screen",
    ],
    [
      "mpeg2",
      { mbd: "rd" },
      "-c:v mpeg2video -b:v 1600k -maxrate 1600k -bufsize 3200k -g 60 -sc_threshold 1000000000 -flags +cgop -mbd rd",
    ],
  ] as const)("of %s", (codec, options, expected) => {
    expect(given(codec, options)).toBe(expected);
  });
});
