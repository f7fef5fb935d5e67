import { describe, expect, test } from "bun:test";
import type { MediaInfo } from "../../../src/probe/media.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import {
  aCustomVideo,
  aMedia,
  aMediaWithAudio,
  aMediaWithVideo,
  anAudio,
  anAudioStream,
  aVideoStream,
} from "../builders.ts";
import { COPY, MP3, planOf } from "../planned.ts";

const product = (fields: Partial<Rendition>, media: MediaInfo = aMedia()) => {
  const [first] = planOf([fields], media).products;
  if (!first) throw new Error("no product");
  return first;
};

const source = (format: string, video: string, audio: string): MediaInfo =>
  aMedia({
    format,
    video: aVideoStream({ codec: video }),
    audio: anAudioStream({ codec: audio }),
  });

describe("decideOutput", () => {
  test.each([
    ["mp4", "0/out.mp4"],
    ["mov", "0/out.mov"],
    ["mkv", "0/out.mkv"],
    ["flv", "0/out.flv"],
    ["mpegts", "0/out.ts"],
    ["m3u8", "0/out.m3u8"],
  ] as const)("names the file of %s %s", (container, entry) => {
    expect(product({ container }).entry).toBe(entry);
  });

  test.each([
    ["mov,mp4,m4a,3gp,3g2,mj2", "h264", "aac", "mp4"],
    ["mov,mp4,m4a,3gp,3g2,mj2", "prores", "pcm_s16le", "mov"],
    ["mov,mp4,m4a,3gp,3g2,mj2", "h264", "pcm_s16le", "mov"],
    ["matroska,webm", "vp9", "opus", "webm"],
    ["matroska,webm", "h264", "aac", "mkv"],
    ["matroska,webm", "vp9", "aac", "mkv"],
    ["mpegts", "mpeg2video", "mp2", "mpegts"],
    ["flv", "h264", "mp3", "flv"],
  ])("keeps the container of %s with %s and %s: %s", (format, video, audio, container) => {
    expect(product({ ...COPY, container: "copy" }, source(format, video, audio)).container).toBe(
      container as "mp4",
    );
  });

  test("keeps a container with what is encoded into it", () => {
    const fields = {
      container: "copy",
      video: aCustomVideo({ codec: "vp9" }),
      audio: "none",
    } as const;
    expect(product(fields, source("matroska,webm", "h264", "aac")).container).toBe("webm");
    expect(product({ ...MP3, container: "copy" }, source("mp3", "h264", "mp3")).container).toBe(
      "mp3",
    );
  });

  test.each([
    ["avi", "copy", "mpeg4", "mp3", "the source's container (avi)"],
    ["asf", "copy", "wmv3", "wmav2", "the source's container (asf)"],
    ["matroska,webm", "mp4", "theora", "aac", '"mp4"'],
    ["matroska,webm", "mp4", "h264", "vorbis", '"mp4"'],
    ["mov,mp4", "webm", "h264", "aac", '"webm"'],
    ["mov,mp4", "flv", "hevc", "aac", '"flv"'],
    ["mpegts", "m3u8", "mpeg2video", "mp2", '"m3u8"'],
    ["mov,mp4", "mpegts", "vp9", "aac", '"mpegts"'],
  ] as const)(
    "refuses to copy %s into %s with %s and %s",
    (format, container, video, audio, name) => {
      expect(() => product({ ...COPY, container }, source(format, video, audio))).toThrow(
        expect.objectContaining({
          code: "output_not_supported",
          message: `Cannot put ${video} and ${audio} into ${name}: it does not hold that here`,
        }),
      );
    },
  );

  test.each([
    ["m3u8", 90],
    ["flv", 270],
    ["mpegts", 180],
    ["mkv", 90],
  ] as const)("refuses to copy into %s a picture turned by %d degrees", (container, rotation) => {
    expect(() => product({ ...COPY, container }, aMediaWithVideo({ rotation }))).toThrow(
      expect.objectContaining({
        code: "output_not_supported",
        message: `Cannot copy the video into "${container}": it is turned by ${rotation} degrees, which mp4 and mov alone keep`,
      }),
    );
  });

  test.each([
    ["mov", { isMirrored: true }, "m3u8", "mirrored, which mp4 and mov alone keep"],
    ["mkv", { isCropped: true }, "flv", "cropped, which mp4, mov and mkv alone keep"],
  ] as const)("copies into %s, of two containers, a picture %j", (keeps, fields, loses, why) => {
    const media = aMediaWithVideo(fields);
    expect(() => product({ ...COPY, container: keeps }, media)).not.toThrow();
    expect(() => product({ ...COPY, container: loses }, media)).toThrow(
      expect.objectContaining({
        code: "output_not_supported",
        message: `Cannot copy the video into "${loses}": it is ${why}`,
      }),
    );
  });

  test.each(["mp4", "mov", "mkv"] as const)(
    "refuses to copy into %s what a container crops and the engine does not",
    (container) => {
      const crop = { left: 8, right: 0, top: 0, bottom: 0 };
      const media = aMediaWithVideo({ isCropped: true, crop });
      expect(() => product({ ...COPY, container }, media)).toThrow(
        expect.objectContaining({
          code: "output_not_supported",
          message:
            "Cannot copy the video: its container crops it, which this ffmpeg does not write",
        }),
      );
      expect(product({}, media).video.action).toBe("encode");
    },
  );

  test("refuses to convert a picture in the colours of Dolby Vision alone", () => {
    const media = aMediaWithVideo({ isDolbyVisionAlone: true });
    expect(() => product({ ...COPY }, media)).not.toThrow();
    expect(() => product({}, media)).toThrow(
      expect.objectContaining({ code: "input_not_supported" }),
    );
  });

  test.each(["mp4", "mov"] as const)("copies a turned picture into %s", (container) => {
    const media = aMediaWithVideo({ rotation: 90 });
    expect(product({ ...COPY, container }, media).video.action).toBe("copy");
  });

  test.each(["h264", "hevc"])("refuses to copy raw %s, which has no time stamps", (format) => {
    expect(() => product(COPY, aMedia({ format }))).toThrow(
      expect.objectContaining({
        code: "output_not_supported",
        message: "Cannot copy the video: the source has no time stamps",
      }),
    );
    expect(product({}, aMedia({ format })).video.action).toBe("encode");
  });

  test("refuses to copy mp3 at a rate that mp4 does not hold", () => {
    const media = aMediaWithAudio({ codec: "mp3", samplerateHz: 8000 });
    expect(() => product(COPY, media)).toThrow(
      expect.objectContaining({
        code: "output_not_supported",
        message: 'Cannot copy the audio into "mp4": it does not hold mp3 at 8000 Hz',
      }),
    );
    expect(product({ ...COPY, container: "mov" }, media).audio.action).toBe("copy");
  });

  test.each([
    ["mp4", "mp3"],
    ["mpegts", undefined],
    ["mkv", undefined],
  ] as const)("expects MP2 in %s to be probed as %s as well", (container, alias) => {
    const { expect: look } = product({ container, audio: anAudio({ codec: "mp2" }) });
    expect([look.audio?.codec, look.audio?.alias]).toEqual(["mp2", alias]);
  });

  test("expects MPEG audio that an mp4 calls mp3 to be either layer in a copy", () => {
    const media = aMediaWithAudio({ codec: "mp3" });
    expect(product({ ...COPY, container: "mpegts" }, media).audio.action).toBe("copy");
    const look = product({ ...COPY, container: "mpegts" }, media).expect.audio;
    expect([look?.codec, look?.alias]).toEqual(["mp3", "mp2"]);
  });
});

describe("expectationOf", () => {
  const AUDIO_ONLY: Partial<Rendition> = { container: "m4a", video: "none" };
  const VIDEO_ONLY: Partial<Rendition> = { audio: "none" };
  const shortAudio = aMediaWithAudio({ durationSeconds: 20 });
  const { durationSeconds: _v, ...untimedVideo } = aVideoStream();
  const { durationSeconds: _a, ...untimedAudio } = anAudioStream();
  const { video: _, ...soundAlone } = aMedia();
  const untimed = aMedia({ format: "flv", video: untimedVideo, audio: untimedAudio });

  test.each([
    ["both streams", {}, aMedia(), 60],
    ["the longer stream", {}, shortAudio, 60],
    ["the audio alone", AUDIO_ONLY, shortAudio, 20],
    ["the video alone", VIDEO_ONLY, aMediaWithAudio({ durationSeconds: 90 }), 60],
    [
      "a late stream to its end",
      AUDIO_ONLY,
      aMediaWithAudio({ startSeconds: 5, durationSeconds: 55 }),
      60,
    ],
    [
      "times that begin anywhere",
      {},
      aMedia({
        startSeconds: 1.4,
        video: aVideoStream({ startSeconds: 1.4 }),
        audio: anAudioStream({ startSeconds: 2.4 }),
      }),
      61,
    ],
    [
      "Matroska's tags, which count from the start",
      AUDIO_ONLY,
      { ...aMediaWithAudio({ startSeconds: 5, durationSeconds: 60 }), format: "matroska,webm" },
      60,
    ],
    ["the file where streams do not say", {}, untimed, 60],
    [
      "nothing where the stream does not say and others may be longer",
      AUDIO_ONLY,
      untimed,
      undefined,
    ],
    ["nothing that was guessed from a bitrate", MP3, { ...soundAlone, format: "aac" }, undefined],
    ["a file of sound alone", MP3, soundAlone, 60],
  ])("takes the duration of %s", (_, fields, media, seconds) => {
    expect(product(fields, media).expect.durationSeconds).toEqual(seconds as number);
  });

  test("takes the duration of a set's picture, which alone its playlist counts", () => {
    const media = aMediaWithAudio({ durationSeconds: 90 });
    expect(product({ container: "m3u8" }, media).expect.durationSeconds).toBe(60);
    expect(
      product({ container: "m3u8" }, { ...untimed, durationSeconds: 90 }).expect.durationSeconds,
    ).toBeUndefined();
    expect(product({ container: "m3u8", video: "none" }, media).expect.durationSeconds).toBe(90);
  });

  test.each([
    ["half a second", aMedia({ ...clipOf(10) }), 0.5],
    ["one percent", aMedia({ ...clipOf(3600) }), 36],
    ["two slow frames", aMedia({ ...clipOf(10, { num: 1, den: 2 }) }), 4],
  ])("allows %s", (_, media, seconds) => {
    expect(product({}, media).expect.durationToleranceSeconds).toBeCloseTo(seconds, 6);
  });

  test("allows two frames of the source where the output has more", () => {
    const fast = aCustomVideo({ framerate: { num: 30, den: 1 } });
    const { expect: look } = product({ video: fast }, aMedia(clipOf(10, { num: 1, den: 2 })));
    expect(look.durationToleranceSeconds).toBe(4);
  });

  test("allows two frames of the output where it has fewer than the source", () => {
    const slow = aCustomVideo({ framerate: { num: 1, den: 1 } });
    const { expect: look } = product({ video: slow }, aMedia(clipOf(10)));
    expect(look.durationToleranceSeconds).toBe(2);
  });

  function clipOf(durationSeconds: number, framerate = { num: 30, den: 1 }) {
    return {
      durationSeconds,
      video: aVideoStream({ durationSeconds, framerate }),
      audio: anAudioStream({ durationSeconds }),
    };
  }

  test("allows what comes before a late first frame", () => {
    const media = aMediaWithAudio({ startSeconds: 5, durationSeconds: 55 });
    expect(product(AUDIO_ONLY, media).expect.durationToleranceSeconds).toBe(5.5);
    expect(product({}, media).expect.durationToleranceSeconds).toBe(0.6);
  });

  test("expects a copied picture as it is coded, turned or not", () => {
    const media = aMediaWithVideo({ rotation: 90 });
    expect(product(COPY, media).expect.video).toEqual({
      codec: "h264",
      width: 1920,
      height: 1080,
      sameAsSource: true,
      isCopy: true,
    });
    expect(product({ video: aCustomVideo() }, media).expect.video).toMatchObject({
      width: 1080,
      height: 1920,
    });
  });
});
