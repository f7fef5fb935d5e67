import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Rendition, VideoEncode } from "../../src/profile/profile.ts";
import { CATALOGUE, isSystemName, systemProfile } from "../../src/profile/system-profiles.ts";

const renditionOf = (name: string): Rendition | undefined => systemProfile(name)?.renditions[0];

function videoOf(name: string): VideoEncode {
  const video = renditionOf(name)?.video;
  if (!video || typeof video === "string") throw new Error(`${name} encodes no video`);
  return video;
}

describe("systemProfile", () => {
  test("makes the document's own example as its name says", () => {
    expect(systemProfile("video_mp4_1280x720_1728kbps")).toEqual({
      name: "video_mp4_1280x720_1728kbps",
      description: "H.264 1280x720 at 1600 kbit/s, AAC at 128 kbit/s, in MP4",
      renditions: [
        {
          container: "mp4",
          video: {
            codec: "h264",
            bitrateBps: 1_600_000,
            framerateMax: 30,
            width: 1280,
            height: 720,
            progressive: true,
            gop: { seconds: 2 },
            rateMode: "cbr",
            effort: "default",
          },
          audio: { codec: "aac", bitrateBps: 128_000, samplerateHz: 48_000, channels: 2 },
        },
      ],
    });
  });

  test("has no frame wait, and a key frame every second, where the name says so", () => {
    const name = "video_flv_1280x720_1728kbps";
    const { lowLatency, gop, ...rest } = videoOf(`${name}_lowlatency`);
    expect([lowLatency, gop]).toEqual([true, { seconds: 1 }]);
    const plain: VideoEncode = { ...rest, gop: { seconds: 2 } };
    expect(plain).toEqual(videoOf(name));
    expect(systemProfile(`${name}_lowlatency`)?.description).toContain(" with low latency, ");
  });

  test.each([
    [80, 16, 64],
    [240, 176, 64],
    [499, 435, 64],
    [500, 404, 96],
    [520, 424, 96],
    [620, 524, 96],
    [800, 704, 96],
    [999, 903, 96],
    [1000, 872, 128],
    [1728, 1600, 128],
    [3660, 3532, 128],
    [800_000, 799_872, 128],
  ])("shares %d kbit/s out as %d for the picture and %d for the sound", (total, video, audio) => {
    const rendition = renditionOf(`video_mp4_640x360_${total}kbps`);
    expect(rendition?.video).toMatchObject({ bitrateBps: video * 1000 });
    expect(rendition?.audio).toMatchObject({ bitrateBps: audio * 1000 });
  });

  test.each([
    ["320x240", 30],
    ["1280x720", 30],
    ["8192x720", 30],
    ["1280x722", 60],
    ["720x1280", 60],
    ["1920x1080", 60],
  ])("caps the frame rate of %s at %d", (size, framerateMax) => {
    expect(videoOf(`video_mp4_${size}_1728kbps`).framerateMax).toBe(framerateMax);
  });

  test.each([
    ["video_mp4_640x360_520kbps", "mp4", "h264", "aac"],
    ["video_flv_640x360_520kbps", "flv", "h264", "aac"],
    ["video_hls_640x360_520kbps", "m3u8", "h264", "aac"],
    ["video_m3u8_640x360_520kbps", "m3u8", "h264", "aac"],
    ["video_mpegts_640x360_520kbps", "mpegts", "h264", "aac"],
    ["video_mov_640x360_520kbps", "mov", "h264", "aac"],
    ["video_mkv_640x360_520kbps", "mkv", "h264", "aac"],
    ["video_dash_640x360_520kbps", "dash", "h264", "aac"],
    ["video_cmaf_640x360_520kbps", "cmaf", "h264", "aac"],
    ["video_webm_640x360_520kbps", "webm", "vp9", "opus"],
    ["video_webm_av1_640x360_520kbps", "webm", "av1", "opus"],
    ["video_mkv_vp9_640x360_520kbps", "mkv", "vp9", "aac"],
    ["video_mp4_h264_640x360_520kbps", "mp4", "h264", "aac"],
    ["video_mp4_h265_640x360_520kbps", "mp4", "h265", "aac"],
    ["video_mp4_av1_640x360_520kbps", "mp4", "av1", "aac"],
    ["video_mpegts_mpeg2_640x360_520kbps", "mpegts", "mpeg2", "aac"],
    // Of the grammar, and refused by the plan: no judgement here.
    ["video_flv_vp9_640x360_520kbps", "flv", "vp9", "aac"],
    ["video_mp3_640x360_520kbps", "mp3", "h264", "mp3"],
  ])("makes of %s a %s of %s and %s", (name, container, videoCodec, audioCodec) => {
    expect(renditionOf(name)).toMatchObject({
      container,
      video: { codec: videoCodec },
      audio: { codec: audioCodec },
    } as never);
  });

  test.each(["gif", "jpg"])("gives the whole bitrate of %s to the picture", (container) => {
    const rendition = renditionOf(`video_${container}_320x240_240kbps`);
    expect(rendition?.video).toMatchObject({ bitrateBps: 240_000 });
    expect(rendition?.audio).toBe("none");
  });

  test.each([
    ["audio_mp3_320kbps", "mp3", "mp3", 320],
    ["audio_m4a_128kbps", "m4a", "aac", 128],
    ["audio_hls_128kbps", "m3u8", "aac", 128],
    ["audio_mp4_96kbps", "mp4", "aac", 96],
    ["audio_mpegts_96kbps", "mpegts", "aac", 96],
    ["audio_ogg_96kbps", "ogg", "opus", 96],
    ["audio_webm_96kbps", "webm", "opus", 96],
  ])("makes of %s a %s of %s at %d kbit/s without a picture", (name, container, codec, kbps) => {
    expect(renditionOf(name)).toEqual({
      container,
      video: "none",
      audio: { codec, bitrateBps: kbps * 1000, samplerateHz: 48_000, channels: 2 },
    } as never);
  });

  test.each([
    ["video_mp4_transmux", "mp4"],
    ["video_flv_transmux", "flv"],
    ["video_hls_transmux", "m3u8"],
    ["video_mpegts_transmux", "mpegts"],
  ])("copies both streams of %s", (name, container) => {
    expect(renditionOf(name)).toEqual({ container, video: "copy", audio: "copy" } as never);
  });

  test.each([
    ["video_hls_adaptive", "hls", "m3u8"],
    ["video_dash_adaptive", "dash", "dash"],
  ] as const)("shows a ladder of five falling sizes for %s", (name, adaptive, container) => {
    const profile = systemProfile(name);
    expect(profile?.adaptive).toBe(adaptive);
    expect(profile?.renditions.map((rendition) => rendition.container)).toEqual(
      Array(5).fill(container),
    );
    const rungs = profile?.renditions.map(({ video }) => video as VideoEncode) ?? [];
    expect(rungs.map(({ height }) => height)).toEqual([1080, 720, 480, 360, 240]);
    expect(
      rungs.every(({ width, height }) => Math.abs((width ?? 0) - ((height ?? 0) * 16) / 9) < 1),
    ).toBe(true);
    const rates = rungs.map(({ bitrateBps = 0 }) => bitrateBps);
    expect(rates).toEqual(rates.toSorted((one, other) => other - one));
  });

  test.each(["video_mp4_1280x720_1728kbps", "video_mp4_transmux", "audio_mp3_128kbps"])(
    "makes no adaptive set of %s",
    (name) => {
      expect(systemProfile(name)).not.toHaveProperty("adaptive");
    },
  );

  test.each([
    ["video_flv_transmux", "Video as in the source, audio as in the source, in FLV"],
    ["audio_mp3_320kbps", "MP3 at 320 kbit/s, in MP3"],
    [
      "video_webm_vp9_1280x720_1200kbps",
      "VP9 1280x720 at 1072 kbit/s, Opus at 128 kbit/s, in WebM",
    ],
    ["video_gif_320x240_240kbps", "GIF 320x240 at 240 kbit/s, in GIF"],
    ["video_hls_adaptive", "Adaptive HLS: up to 5 sizes, none above the source's"],
    ["video_dash_adaptive", "Adaptive DASH: up to 5 sizes, none above the source's"],
  ])("describes %s as %s", (name, description) => {
    expect(systemProfile(name)?.description).toBe(description);
  });

  test("ignores bce. in front, also in the profile's name", () => {
    fc.assert(
      fc.property(fc.constantFrom(...CATALOGUE), (name) => {
        expect(systemProfile(`bce.${name}`)).toEqual(systemProfile(name) as never);
        expect(systemProfile(name)?.name).toBe(name);
      }),
    );
  });

  test("takes m3u8 for hls", () => {
    for (const rest of ["640x360_520kbps", "h265_640x360_520kbps", "transmux", "adaptive"])
      expect(systemProfile(`video_m3u8_${rest}`)?.renditions).toEqual(
        systemProfile(`video_hls_${rest}`)?.renditions as never,
      );
  });

  test("adds picture and sound up to the name's total, within the name's bounds", () => {
    const side = fc.integer({ min: 32, max: 4096 }).map((half) => half * 2);
    fc.assert(
      fc.property(side, side, fc.integer({ min: 80, max: 800_000 }), (width, height, total) => {
        const { video, audio } = renditionOf(`video_mp4_${width}x${height}_${total}kbps`) ?? {};
        if (typeof video !== "object" || typeof audio !== "object") throw new Error("no encode");
        expect((video.bitrateBps ?? 0) + audio.bitrateBps).toBe(total * 1000);
        expect(video.bitrateBps).toBeGreaterThan(0);
        expect([video.width, video.height]).toEqual([width, height]);
      }),
    );
  });

  test("knows no name outside the grammar", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        expect(systemProfile(name)).toBeUndefined();
      }),
    );
  });
});

describe("isSystemName", () => {
  test.each([
    ["video_mp4_1280x720_1728kbps", true],
    ["bce.video_mp4_1280x720_1728kbps", true],
    ["video_flv_vp9_1280x720_1728kbps", true],
    ["video_mp4_1234x568_999kbps", true],
    ["video_hls_adaptive", true],
    ["audio_ogg_64kbps", true],
    ["video_mp4_853x480_800kbps", false],
    ["mine", false],
    ["bce.mine", false],
    ["", false],
  ])("of %j is %p", (name, is) => {
    expect(isSystemName(name)).toBe(is);
  });
});

describe("CATALOGUE", () => {
  test.each([
    ...["mp4", "flv", "hls"].flatMap((container) =>
      [
        "1920x1080_3660kbps",
        "1280x720_1728kbps",
        "854x480_800kbps",
        "640x480_620kbps",
        "640x360_520kbps",
        "320x240_240kbps",
      ].map((rest) => `video_${container}_${rest}`),
    ),
    "video_mp4_transmux",
    "video_flv_transmux",
    "video_hls_transmux",
    "video_mpegts_transmux",
    "audio_mp3_320kbps",
    "audio_mp3_128kbps",
    "audio_m4a_128kbps",
    "audio_hls_128kbps",
    "video_webm_vp9_1280x720_1200kbps",
    "video_mp4_h265_1920x1080_2400kbps",
    "video_mp4_av1_1920x1080_1800kbps",
    "video_hls_adaptive",
    "video_dash_adaptive",
  ])("holds %s of the contract", (name) => {
    expect(CATALOGUE).toContain(name);
  });

  test.each([...CATALOGUE])("holds %s as a profile with a description", (name) => {
    expect(isSystemName(name)).toBe(true);
    expect(systemProfile(name)?.renditions.length).toBeGreaterThan(0);
    expect(systemProfile(name)?.description).not.toBe("");
  });

  test("holds no name twice", () => {
    expect(new Set(CATALOGUE).size).toBe(CATALOGUE.length);
  });
});
