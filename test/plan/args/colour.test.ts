import { describe, expect, test } from "bun:test";
import { chainText, streamArgs } from "../../../src/plan/args/streams.ts";
import { encodedVideo } from "../../../src/plan/args/video.ts";
import { videoEncoding } from "../../../src/plan/encode/video-encoding.ts";
import type { DisplayLight, VideoStream } from "../../../src/probe/media.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import { aVideo, aVideoStream } from "../builders.ts";

const LIGHT: DisplayLight = {
  mastering: {
    ...{ red: [34_000, 16_000], green: [13_250, 34_500], blue: [7500, 3000] },
    ...{ white: [15_635, 16_450], luminance: { min: 1, max: 10_000_000 } },
  },
  content: { max: 1000, average: 400 },
};
const HDR10: Partial<VideoStream> = {
  pixelFormat: "yuv420p10le",
  color: { transfer: "smpte2084", primaries: "bt2020", space: "bt2020nc", range: "tv" },
  light: LIGHT,
};
const HLG: Partial<VideoStream> = {
  pixelFormat: "yuv422p10le",
  color: { transfer: "arib-std-b67", primaries: "bt2020", space: "bt2020nc", range: "tv" },
};
const TAGS = (transfer: string) =>
  `-color_primaries bt2020 -color_trc ${transfer} -colorspace bt2020nc -color_range tv`;
const X265 = "log-level=error:scenecut=0:open-gop=0";

/** The filters, and all from `-c:v` on. */
function made(encode: Partial<VideoEncode>, source: Partial<VideoStream>) {
  const wanted = aVideo({ dynamicRange: "source", ...encode });
  const stream = encodedVideo(videoEncoding(wanted, aVideoStream(source)), "0:0");
  const { filters = [], ...rest } = stream;
  return { filters: chainText(filters), args: streamArgs(rest).join(" ") };
}

describe("an encode that keeps colours", () => {
  test("of HDR10 in h265 has 10 bits, and names the colours and the display", () => {
    const { filters, args } = made({ codec: "h265" }, HDR10);
    expect(args).toBe(
      `-c:v libx265 -preset veryfast -profile:v main10 -b:v 1600k -maxrate 1600k -bufsize 3200k -g 60 -keyint_min 60 -x265-params ${X265}:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400 ${TAGS("smpte2084")}`,
    );
    expect(filters).toEndWith("setsar=1,fps=30,format=yuv420p10le");
    expect(filters).not.toContain("tonemap");
  });

  test("of HDR10 in av1 does so in that encoder's words", () => {
    const { filters, args } = made({ codec: "av1" }, HDR10);
    expect(args).toBe(
      `-c:v libsvtav1 -preset 8 -b:v 1600k -g 60 -svtav1-params mastering-display=G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.329)L(1000,0.0001):content-light=1000,400 ${TAGS("smpte2084")}`,
    );
    expect(filters).toEndWith("format=yuv420p10le");
  });

  test("of HLG names the colours, as there is no display to name", () => {
    expect(made({ codec: "h265" }, HLG).args).toEndWith(
      `-x265-params ${X265} ${TAGS("arib-std-b67")}`,
    );
    expect(made({ codec: "av1" }, HLG).args).toEndWith(`-g 60 ${TAGS("arib-std-b67")}`);
  });

  test("of 8 bits is what it would be without", () => {
    for (const codec of ["h265", "av1"] as const) {
      const plain = encodedVideo(videoEncoding(aVideo({ codec }), aVideoStream()), "0:0");
      const { filters = [], ...rest } = plain;
      const usual = { filters: chainText(filters), args: streamArgs(rest).join(" ") };
      expect(made({ codec }, {})).toEqual(usual);
    }
  });
});
