import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CONTAINERS } from "../../src/profile/containers.ts";
import { parseProfileName, plainName } from "../../src/profile/profile-name.ts";

const CONTAINER_TOKENS = ["hls", ...CONTAINERS.filter((container) => container !== "copy")];
const CODECS = ["mpeg2", "h264", "h265", "av1", "vp9"] as const;

const containerOf = (token: string) => (token === "hls" ? "m3u8" : token);

describe("parseProfileName", () => {
  test("reads the document's own example", () => {
    expect(parseProfileName("video_mp4_1280x720_1728kbps")).toEqual({
      kind: "video",
      container: "mp4",
      width: 1280,
      height: 720,
      totalKbps: 1728,
    });
  });

  test("reads low latency, of the codecs that have it", () => {
    const named = { kind: "video", container: "flv", lowLatency: true } as const;
    expect(parseProfileName("video_flv_1280x720_1728kbps_lowlatency")).toMatchObject(named);
    expect(parseProfileName("video_flv_1280x720_1728kbps")).not.toHaveProperty("lowLatency");
    expect(parseProfileName("video_webm_1280x720_1728kbps_lowlatency")).toBeUndefined();
    expect(parseProfileName("video_mp4_av1_1280x720_1728kbps_lowlatency")).toBeUndefined();
  });

  test.each(CONTAINER_TOKENS)("knows the container %s in all forms", (token) => {
    const container = containerOf(token) as never;
    expect(parseProfileName(`video_${token}_640x360_520kbps`)).toMatchObject({ container });
    expect(parseProfileName(`video_${token}_transmux`)).toEqual({ kind: "transmux", container });
    expect(parseProfileName(`audio_${token}_128kbps`)).toEqual({
      kind: "audio",
      container,
      totalKbps: 128,
    });
  });

  test.each(CONTAINER_TOKENS.flatMap((token) => CODECS.map((codec) => [token, codec] as const)))(
    "knows %s with %s, whether or not the one holds the other",
    (token, codec) => {
      expect(parseProfileName(`video_${token}_${codec}_1920x1080_2400kbps`)).toEqual({
        kind: "video",
        container: containerOf(token) as never,
        codec,
        width: 1920,
        height: 1080,
        totalKbps: 2400,
      });
    },
  );

  test.each([
    ["video_hls_adaptive", "hls"],
    ["video_m3u8_adaptive", "hls"],
    ["video_dash_adaptive", "dash"],
  ] as const)("reads %s", (name, form) => {
    expect(parseProfileName(name)).toEqual({ kind: "adaptive", form });
  });

  test.each([
    "video_mp4_64x64_80kbps",
    "video_mp4_8192x8192_800000kbps",
    "video_mp4_64x8192_800kbps",
    "audio_m4a_32kbps",
    "audio_m4a_512kbps",
    "audio_mp3_320kbps",
    "bce.video_mp4_transmux",
  ])("takes the limit %s", (name) => {
    expect(parseProfileName(name)).toBeDefined();
  });

  test.each([
    // The whole.
    "",
    "bce.",
    "video",
    "audio",
    "_",
    "video_",
    "mine",
    "image_mp4_1280x720_1728kbps",
    "constructor",
    "__proto__",
    "video_constructor_transmux",
    "video_mp4",
    "video_mp4_",
    "video_mp4_1280x720",
    "video_mp4_1728kbps",
    "video_1280x720_1728kbps",
    "mp4_1280x720_1728kbps",
    "video_mp4_1280x720_1728kbps_",
    "video_mp4_1280x720_1728kbps_x",
    "x_video_mp4_1280x720_1728kbps",
    "video__1280x720_1728kbps",
    "video_mp4__1280x720_1728kbps",
    // In front and around.
    "bce.bce.video_mp4_transmux",
    "bcevideo_mp4_transmux",
    "bcexvideo_mp4_transmux",
    "BCE.video_mp4_transmux",
    " video_mp4_transmux",
    "video_mp4_transmux ",
    "video_mp4_transmux\n",
    "\nvideo_mp4_transmux",
    "video_mp4_transmux\0",
    "video_mp4_1280x720_1728kbps\n",
    "audio_mp3_128kbps\n",
    "video_hls_adaptive\n",
    "video_mp4_transmux\nvideo_mp4_transmux",
    // Case and look-alikes.
    "Video_mp4_1280x720_1728kbps",
    "video_MP4_1280x720_1728kbps",
    "video_mp4_1280X720_1728kbps",
    "video_mp4_1280×720_1728kbps",
    "video_mp4_1280x720_1728Kbps",
    "video_mp4_1280x720_1728k",
    "video_mp4_1280x720_1728",
    "video-mp4-1280x720-1728kbps",
    "video_mp4_1280*720_1728kbps",
    "vidео_mp4_transmux",
    // Containers and codecs.
    "video_avi_1280x720_1728kbps",
    "video_copy_1280x720_1728kbps",
    "video_copy_transmux",
    "audio_copy_128kbps",
    "audio_wav_128kbps",
    "video_mp4_copy_1280x720_1728kbps",
    "video_mp4_none_1280x720_1728kbps",
    "video_mp4_hevc_1280x720_1728kbps",
    "video_mp4_H264_1280x720_1728kbps",
    "video_mp4_h264_h264_1280x720_1728kbps",
    "video_h264_1280x720_1728kbps",
    "video_mp4_h264_transmux",
    "audio_mp4_aac_128kbps",
    "audio_mp4_transmux",
    // Sizes.
    "video_mp4_62x64_800kbps",
    "video_mp4_64x62_800kbps",
    "video_mp4_8194x720_800kbps",
    "video_mp4_1280x8194_800kbps",
    "video_mp4_853x480_800kbps",
    "video_mp4_854x481_800kbps",
    "video_mp4_0x0_800kbps",
    "video_mp4_01280x720_1728kbps",
    "video_mp4_1280x0720_1728kbps",
    "video_mp4_12800x720_1728kbps",
    "video_mp4_-1280x720_1728kbps",
    "video_mp4_+1280x720_1728kbps",
    "video_mp4_1280.0x720_1728kbps",
    "video_mp4_1e3x720_1728kbps",
    "video_mp4_0x500x720_1728kbps",
    "video_mp4_x720_1728kbps",
    "video_mp4_1280x_1728kbps",
    "video_mp4_1280x720x2_1728kbps",
    "video_mp4_1280 x720_1728kbps",
    "video_mp4_１２８０x720_1728kbps",
    "video_mp4_١٢٨٠x720_1728kbps",
    `video_mp4_${"9".repeat(400)}x720_1728kbps`,
    // Bitrates.
    "video_mp4_1280x720_0kbps",
    "video_mp4_1280x720_64kbps",
    "video_mp4_1280x720_79kbps",
    "video_mp4_1280x720_800001kbps",
    "video_mp4_1280x720_01728kbps",
    "video_mp4_1280x720_-1728kbps",
    "video_mp4_1280x720_1728.5kbps",
    "video_mp4_1280x720_1e3kbps",
    "video_mp4_1280x720_Infinitykbps",
    "video_mp4_1280x720_NaNkbps",
    "video_mp4_1280x720_kbps",
    "video_mp4_1280x720_১৭২৮kbps",
    `video_mp4_1280x720_${"9".repeat(400)}kbps`,
    "audio_mp3_0kbps",
    "audio_mp3_31kbps",
    "audio_mp3_321kbps",
    "audio_m4a_513kbps",
    "audio_mp3_0128kbps",
    "audio_mp3_kbps",
    "audio_mp3_1280x720_128kbps",
    // Adaptive.
    "video_mp4_adaptive",
    "video_cmaf_adaptive",
    "audio_hls_adaptive",
    "video_hls_h264_adaptive",
    "hls_adaptive",
  ])("refuses %j", (name) => {
    expect(parseProfileName(name)).toBeUndefined();
  });

  const even = fc.integer({ min: 32, max: 4096 }).map((half) => half * 2);
  const aVideo = fc.record({
    token: fc.constantFrom(...CONTAINER_TOKENS),
    codec: fc.option(fc.constantFrom(...CODECS), { nil: undefined }),
    width: even,
    height: even,
    totalKbps: fc.integer({ min: 80, max: 800_000 }),
  });

  test("gives back every video name's own parts", () => {
    fc.assert(
      fc.property(aVideo, ({ token, codec, width, height, totalKbps }) => {
        const name = ["video", token, ...(codec ? [codec] : []), `${width}x${height}`, totalKbps];
        expect(parseProfileName(`${name.join("_")}kbps`)).toEqual({
          kind: "video",
          container: containerOf(token) as never,
          ...(codec && { codec }),
          width,
          height,
          totalKbps,
        });
      }),
    );
  });

  test("refuses every video name with an odd side", () => {
    fc.assert(
      fc.property(aVideo, fc.boolean(), ({ token, width, height, totalKbps }, isWide) => {
        const size = isWide ? `${width - 1}x${height}` : `${width}x${height - 1}`;
        expect(parseProfileName(`video_${token}_${size}_${totalKbps}kbps`)).toBeUndefined();
      }),
    );
  });

  test("never throws, and reads a name alike with and without bce.", () => {
    const nearName = fc
      .array(
        fc.constantFrom(..."video audio mp4 hls _ x 0 1 720 kbps bce. transmux ٣ \n".split(" ")),
      )
      .map((parts) => parts.join(""));
    const name = fc.oneof(fc.string({ unit: "binary" }), nearName);
    fc.assert(
      fc.property(name, (any) => {
        fc.pre(!any.startsWith("bce."));
        expect(parseProfileName(`bce.${any}`)).toEqual(parseProfileName(any) as never);
      }),
      { numRuns: 2000 },
    );
  });

  test("answers a name of a mebibyte without delay", () => {
    const long = "video_mp4_".repeat(100_000);
    expect(parseProfileName(long)).toBeUndefined();
  });
});

describe("plainName", () => {
  test.each([
    ["bce.video_mp4_transmux", "video_mp4_transmux"],
    ["video_mp4_transmux", "video_mp4_transmux"],
    ["bce.bce.x", "bce.x"],
    ["x.bce.y", "x.bce.y"],
  ])("makes %s %s", (name, plain) => {
    expect(plainName(name)).toBe(plain);
  });
});
