import { describe, expect, test } from "bun:test";
import { chainText, streamArgs } from "../../../src/plan/args/streams.ts";
import { encodedVideo, passFiles } from "../../../src/plan/args/video.ts";
import { videoEncoding } from "../../../src/plan/encode/video-encoding.ts";
import type { VideoStream } from "../../../src/probe/media.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import { aCustomVideo, aVideo, aVideoStream } from "../builders.ts";

const made = (encode: VideoEncode, source: Partial<VideoStream> = {}) =>
  encodedVideo(videoEncoding(encode, aVideoStream(source)), "0:0");

const args = (encode: VideoEncode, source: Partial<VideoStream> = {}): string =>
  streamArgs(made(encode, source)).join(" ");

/** From `-c:v` on. */
const codec = (encode: VideoEncode, source: Partial<VideoStream> = {}): string =>
  args(encode, source).replace(/^.* (?=-c:v )/, "");

/** What follows `-vf`. */
const filters = (encode: VideoEncode, source: Partial<VideoStream> = {}): string =>
  chainText(made(encode, source).filters ?? []);

const X265_PARAMS = "-x265-params log-level=error:scenecut=0:open-gop=0";

describe("encodedVideo", () => {
  test.each([
    [
      aVideo(),
      "-c:v libx264 -preset veryfast -profile:v high -level 3.1 -b:v 1600k -maxrate 1600k -bufsize 3200k -g 60 -keyint_min 60 -sc_threshold 0",
    ],
    [
      aVideo({ codec: "h265" }),
      `-c:v libx265 -preset veryfast -profile:v main -b:v 1600k -maxrate 1600k -bufsize 3200k -g 60 -keyint_min 60 ${X265_PARAMS}`,
    ],
    [
      aVideo({ codec: "vp9" }),
      "-c:v libvpx-vp9 -deadline good -cpu-used 4 -row-mt 1 -b:v 1600k -maxrate 1600k -bufsize 3200k -minrate 1600k -g 60 -keyint_min 60",
    ],
    [aVideo({ codec: "av1" }), "-c:v libsvtav1 -preset 8 -b:v 1600k -g 60"],
    [
      aVideo({ codec: "mpeg2" }),
      "-c:v mpeg2video -b:v 1600k -maxrate 1600k -bufsize 3200k -g 60 -sc_threshold 1000000000 -flags +cgop",
    ],
    [
      aVideo({ lowLatency: true }),
      "-c:v libx264 -preset veryfast -profile:v high -tune zerolatency -level 3.1 -b:v 1600k -maxrate 1600k -bufsize 3200k -g 60 -keyint_min 60 -sc_threshold 0",
    ],
  ])("encodes %j", (encode, expected) => {
    expect(codec(encode)).toBe(expected);
  });

  test.each([
    ["h264", "highQuality", "-preset slow"],
    ["h264", "highPerformance", "-preset superfast"],
    ["h265", "highQuality", "-preset medium"],
    ["h265", "highPerformance", "-preset ultrafast"],
    ["vp9", "highQuality", "-cpu-used 2"],
    ["vp9", "highPerformance", "-cpu-used 5"],
    ["av1", "highQuality", "-preset 6"],
    ["av1", "highPerformance", "-preset 10"],
  ] as const)("spends on %s at %s: %s", (name, effort, expected) => {
    expect(codec(aVideo({ codec: name, effort }))).toContain(` ${expected} `);
  });

  test.each([
    ["cbr", 1_000_000, "-b:v 1000k -maxrate 1000k -bufsize 2000k"],
    ["vbr", 1_000_000, "-b:v 1000k -maxrate 1500k -bufsize 3000k"],
    ["2passvbr", 1_000_000, "-b:v 1000k -maxrate 1500k -bufsize 3000k"],
    ["cbr", 1_234_567, "-b:v 1234567 -maxrate 1234567 -bufsize 2469134"],
    ["vbr", 333_333, "-b:v 333333 -maxrate 500k -bufsize 1000k"],
  ] as const)("holds %s at %d bits/s by %s", (rateMode, bitrateBps, expected) => {
    expect(codec(aVideo({ rateMode, bitrateBps }))).toContain(` ${expected} `);
  });

  test("gives vp9 a floor where its bitrate is constant alone", () => {
    expect(codec(aVideo({ codec: "vp9", rateMode: "vbr" }))).not.toContain("-minrate");
  });

  test.each([
    [{ frames: 50 }, {}, "50"],
    [{ frames: 12 }, {}, "12"],
    [{ seconds: 2 }, {}, "60"],
    [{ seconds: 2 }, { framerate: { num: 30_000, den: 1001 } }, "60"],
    [{ seconds: 2 }, { framerate: { num: 24_000, den: 1001 } }, "48"],
    [{ seconds: 2 }, { framerate: { num: 60, den: 1 } }, "60"],
    [{ seconds: 2 }, { framerate: { num: 1, den: 5 } }, "1"],
  ])("puts key frames %j apart, of a source %j: -g %s", (gop, source, frames) => {
    expect(codec(aVideo({ gop }), source)).toContain(` -g ${frames} -keyint_min ${frames} `);
  });

  test.each([0, 2, 3])("makes %d B-frames where so many are asked for", (bFrames) => {
    expect(codec(aVideo({ bFrames }))).toEndWith(` -sc_threshold 0 -bf ${bFrames}`);
    expect(codec(aVideo({ bFrames, codec: "h265" }))).toEndWith(` -bf ${bFrames} ${X265_PARAMS}`);
    expect(codec(aVideo({ bFrames, codec: "mpeg2" }))).toContain(` -bf ${bFrames} `);
  });

  test.each(["vp9", "av1"] as const)("leaves B-frames out of %s, which has none", (name) => {
    expect(codec(aVideo({ bFrames: 2, codec: name }))).not.toContain("-bf");
  });

  test.each([
    [{}, "setsar=1,fps=30,format=yuv420p"],
    [{ width: 1921, height: 1081 }, "scale=1922:1082,setsar=1,fps=30,format=yuv420p"],
    [{ isVariableRate: true }, "setsar=1,sidedata=mode=delete:type=A53_CC,fps=30,format=yuv420p"],
    [
      { isInterlaced: true },
      "bwdif=mode=send_frame:deint=interlaced,setsar=1,fps=30,format=yuv420p",
    ],
    [
      { width: 720, height: 576, sampleAspect: { num: 64, den: 45 } },
      "scale=1024:576,setsar=1,fps=30,format=yuv420p",
    ],
  ])("filters a source %j no more than a custom profile needs", (source, expected) => {
    expect(filters(aCustomVideo(), source)).toBe(expected);
  });

  test("makes frames even where a rate is capped, though the source's is low enough", () => {
    expect(filters(aVideo(), { framerate: { num: 25, den: 1 } })).toEndWith(
      ",setsar=1,fps=25,format=yuv420p",
    );
  });

  test.each([
    ["h264", "-flags +ilme+ildct"],
    ["mpeg2", "-flags +cgop+ilme+ildct"],
  ] as const)("keeps the fields of an interlaced source in %s", (name, flags) => {
    const encode = aCustomVideo({ codec: name, progressive: false, height: 576 });
    expect(codec(encode, { isInterlaced: true })).toEndWith(` ${flags}`);
    expect(filters(encode, { isInterlaced: true, framerate: { num: 25, den: 1 } })).toBe(
      "scale=1024:576:interl=1,setsar=1,fps=25,format=yuv420p",
    );
  });

  test.each(["h265", "vp9", "av1"] as const)("makes %s progressive, asked for or not", (name) => {
    const encode = aCustomVideo({ codec: name, progressive: false });
    expect(filters(encode, { isInterlaced: true })).toStartWith("bwdif=");
    expect(codec(encode, { isInterlaced: true })).not.toContain("ilme");
  });

  test.each([
    [{ isOneView: true }, "setsar=1", "sidedata=mode=delete:type=STEREO3D,"],
    [{ hasHdrData: true }, "setsar=1", "sidedata=mode=delete,"],
  ] as const)(
    "takes off the frames of a source %j what is not true of the output",
    (source, next, off) => {
      expect(args(aCustomVideo(), source)).toContain(`${off}${next}`);
    },
  );

  const TONE_MAPPING =
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,sidedata=mode=delete";

  test.each([
    [
      { transfer: "smpte2084", primaries: "bt2020", space: "bt2020nc", range: "tv" },
      "color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv",
    ],
    [
      { transfer: "arib-std-b67" },
      "color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc:range=tv",
    ],
    [
      { transfer: "smpte2084", primaries: "smpte432", space: "gbr", range: "pc" },
      "color_primaries=smpte432:color_trc=smpte2084:colorspace=bt2020nc:range=pc",
    ],
  ])("maps HDR %j to SDR and says so in the output", (color, said) => {
    const all = args(aVideo(), { color, pixelFormat: "yuv420p10le" });
    expect(all).toContain(
      `:force_divisible_by=2,setparams=${said},${TONE_MAPPING},pad=1280:720:(ow-iw)/2:(oh-ih)/2,setsar=1,fps=30,format=yuv420p `,
    );
    expect(all).toEndWith(
      "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv",
    );
  });

  test.each(["bt709", "smpte170m", "bt2020-10"])("leaves the colours of SDR (%s)", (transfer) => {
    const all = args(aVideo(), { color: { transfer } });
    expect(all).not.toContain("zscale");
    expect(all).not.toContain("-color_trc");
  });

  test("leaves the level to x264 where no level has room", () => {
    const huge = aCustomVideo({ bitrateBps: 2_000_000_000 });
    expect(codec(huge)).toStartWith("-c:v libx264 -preset veryfast -profile:v high -b:v ");
  });
});

describe("passFiles", () => {
  test.each([
    ["h264", ["0/pass-0.log"]],
    ["vp9", ["0/pass-0.log"]],
    ["h265", ["0/pass.log"]],
  ] as const)("names what the first pass of %s leaves", (name, files) => {
    expect(passFiles(name, "0/pass")).toEqual([...files]);
  });
});
