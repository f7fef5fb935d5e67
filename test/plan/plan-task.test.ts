import { describe, expect, test } from "bun:test";
import { planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import type { Rendition } from "../../src/profile/profile.ts";
import {
  aCapabilities,
  aMedia,
  aMediaWithVideo,
  anAudio,
  anAudioStream,
  aRendition,
  aVideo,
  aVideoStream,
} from "./builders.ts";
import { AAC, argsOf, BOX, COPY, MAPPED, MP3, planOf, X264_720 } from "./planned.ts";

describe("planTask", () => {
  test("makes video_mp4_1280x720_1728kbps in one run with the arguments of the design", () => {
    const made = planOf([{}]);
    expect(made.steps).toEqual([
      {
        name: "encode",
        args: `-f mov -i input ${MAPPED} ${X264_720} ${AAC} -movflags +faststart -f mp4 0/out.mp4`.split(
          " ",
        ),
        writes: ["0/out.mp4"],
        share: 1,
        load: expect.objectContaining({ encodes: 1, seconds: 60 }),
      },
    ]);
    expect(made.durationSeconds).toBe(60);
  });

  test("tells what a product is, whom it is for and what it must look like", () => {
    expect(planOf([{}]).products).toEqual([
      {
        targets: [0],
        container: "mp4",
        entry: "0/out.mp4",
        video: { action: "encode", why: "size 1920x1080 is not 1280x720" },
        audio: { action: "encode", why: "bitrate 192000 is above 128000" },
        expect: {
          durationSeconds: 60,
          durationToleranceSeconds: 0.6,
          video: {
            codec: "h264",
            width: 1280,
            height: 720,
            sameAsSource: false,
            durationSeconds: 60,
          },
          audio: { codec: "aac", sameAsSource: false, durationSeconds: 60 },
        },
      },
    ]);
  });

  test("encodes several renditions in one run that reads the source once", () => {
    const small = aRendition({
      video: aVideo({ width: 640, height: 360, bitrateBps: 424_000 }),
      audio: anAudio({ bitrateBps: 96_000 }),
    });
    const made = planOf([{}, { ...small, container: "flv" }]);
    expect(argsOf(made)).toEqual([
      `-f mov -i input ${MAPPED} ${X264_720} ${AAC} -movflags +faststart -f mp4 0/out.mp4 ${MAPPED} ` +
        `-vf ${BOX("640:360")},fps=30,format=yuv420p -c:v libx264 -preset veryfast -profile:v high -level 3.0 ` +
        "-b:v 424k -maxrate 424k -bufsize 848k -g 60 -keyint_min 60 -sc_threshold 0 -fps_mode vfr " +
        "-af aresample=async=1,aformat=channel_layouts=stereo -c:a aac -b:a 96k -ar 48000 -f flv 1/out.flv",
    ]);
  });

  test("copies in a run of its own, before the encodes", () => {
    const made = planOf([{}, COPY, { ...COPY, container: "mpegts" }]);
    expect(made.steps.map(({ name }) => name)).toEqual(["copy", "encode"]);
    expect(argsOf(made)[0]).toBe(
      `-f mov -fflags +genpts -i input ${MAPPED} -c:v copy -c:a copy -movflags +faststart -f mp4 1/out.mp4 ` +
        `${MAPPED} -c:v copy -c:a copy -f mpegts 2/out.ts`,
    );
    expect(made.steps[0]?.share).toBeLessThan(0.01);
  });

  test("gives steps shares that add up to the whole", () => {
    const twoPass = { video: aVideo({ rateMode: "2passvbr" }) };
    const { steps } = planOf([{}, COPY, twoPass, MP3]);
    expect(steps).toHaveLength(4);
    expect(steps.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
    expect(Math.min(...steps.map(({ share }) => share))).toBeGreaterThan(0);
  });

  test("maps the probed streams, whatever their numbers", () => {
    const media = aMedia({
      ...aMediaWithVideo({ index: 3 }),
      audio: anAudioStream({ index: 7 }),
    });
    expect(argsOf(planOf([COPY], media))[0]).toStartWith(
      "-f mov -fflags +genpts -i input -map 0:3 -map 0:7 -sn",
    );
  });

  test.each([
    ["mov,mp4,m4a,3gp,3g2,mj2", "mov"],
    ["matroska,webm", "matroska"],
    ["mpegts", "mpegts"],
  ])("pins the demuxer of %s", (format, demuxer) => {
    expect(argsOf(planOf([{}], aMedia({ format })))[0]).toStartWith(`-f ${demuxer} -i input `);
  });

  test.each([
    [{ startSeconds: 10, durationSeconds: 5 }, "-f mov -ss 10 -i input -t 5 ", 5],
    [{ startSeconds: 0, durationSeconds: 5.5 }, "-f mov -i input -t 5.5 ", 5.5],
    [{ startSeconds: 20 }, "-f mov -ss 20 -i input ", 40],
    [{ startSeconds: 50, durationSeconds: 30 }, "-f mov -ss 50 -i input -t 30 ", 10],
    [{ startSeconds: 0.0000001 }, "-f mov -ss 0 -i input ", 60],
    [{ startSeconds: 0.000001, durationSeconds: 1 }, "-f mov -ss 0.000001 -i input -t 1 ", 1],
  ])("cuts the clip %j", (clip, start, seconds) => {
    const made = planOf([{}], aMedia(), { clip });
    expect(argsOf(made)[0]).toStartWith(start);
    expect(made.durationSeconds).toBeCloseTo(seconds, 5);
    expect(made.products[0]?.expect.durationSeconds).toBeCloseTo(seconds, 5);
  });

  test.each([
    [{ startSeconds: 60 }, {}, "the source's video ends at 60 s, and the clip starts at 60 s"],
    [
      { startSeconds: 59.99 },
      {},
      "the source's video ends at 60 s, and the clip starts at 59.99 s",
    ],
    [
      { startSeconds: 59.99 },
      COPY,
      "the source's video ends at 60 s, and the clip starts at 59.99 s",
    ],
    [{ startSeconds: 0, durationSeconds: 1e-9 }, {}, "1e-9 s are less than one frame"],
    [{ startSeconds: 0, durationSeconds: 0.02 }, {}, "0.02 s are less than one frame"],
    [{ startSeconds: 0, durationSeconds: 0.0005 }, MP3, "0.0005 s are less than one frame"],
    [{ startSeconds: 70 }, MP3, "the source's audio ends at 60 s, and the clip starts at 70 s"],
  ] as const)("refuses the clip %j of %j, which holds nothing", (clip, fields, why) => {
    expect(() => planOf([fields], aMedia(), { clip })).toThrow(
      expect.objectContaining({
        code: "invalid_parameter",
        message: `Cannot cut the clip: ${why}`,
      }),
    );
  });

  test("refuses a clip before a late picture, and after the end of a file that says no more", () => {
    const late = aMediaWithVideo({ startSeconds: 5, durationSeconds: 55 });
    expect(() => planOf([{}], late, { clip: { startSeconds: 1, durationSeconds: 2 } })).toThrow(
      "Cannot cut the clip: the source's video starts at 5 s, and the clip ends at 3 s",
    );
    const { durationSeconds: _, ...untimed } = aVideoStream();
    expect(() => planOf([{}], aMedia({ video: untimed }), { clip: { startSeconds: 61 } })).toThrow(
      "Cannot cut the clip: the source ends at 60 s, and the clip starts at 61 s",
    );
  });

  test.each([
    [{ startSeconds: 59.9 }, {}],
    [{ startSeconds: 1, durationSeconds: 1 / 30 }, {}],
    [{ startSeconds: 59.999 }, MP3],
  ] as const)("takes the clip %j of %j, which holds a little", (clip, fields) => {
    expect(planOf([fields], aMedia(), { clip }).steps).toHaveLength(1);
  });

  test.each(["mpegts", "mpeg", "wtv", "h264"])(
    "cuts %s behind the input, for there are no key frames to seek to",
    (format) => {
      const made = planOf([{}, MP3], aMedia({ format }), {
        clip: { startSeconds: 10, durationSeconds: 5 },
      });
      const cut = "-ss 10 -t 5 -map 0:";
      expect(argsOf(made)[0]).toStartWith(`-f ${format} -i input ${cut}0 `);
      expect(argsOf(made)[0]).toContain(` 0/out.mp4 ${cut}1 `);
    },
  );

  test("fails the run that has nothing of a clip to copy", () => {
    const made = planOf([COPY], aMedia(), { clip: { startSeconds: 10 } });
    expect(argsOf(made)[0]).toStartWith(
      "-abort_on empty_output+empty_output_stream -f mov -fflags +genpts -ss 10 -i input -map ",
    );
  });

  test("allows a copied clip to begin at the key frame before it, and compares no packets", () => {
    const [product] = planOf([COPY], aMedia(), { clip: { startSeconds: 30 } }).products;
    expect(product?.expect).toEqual({
      durationSeconds: 30,
      durationToleranceSeconds: 10.5,
      clip: { startSeconds: 30 },
      video: { codec: "h264", width: 1920, height: 1080, sameAsSource: false, isCopy: true },
      audio: { codec: "aac", sameAsSource: false },
    });
  });

  test("makes an audio file of the audio alone", () => {
    const made = planOf([MP3]);
    expect(argsOf(made)).toEqual([
      "-f mov -i input -map 0:1 -sn -dn -map_metadata -1 -map_chapters -1 " +
        "-af aresample=async=1,aformat=channel_layouts=stereo -c:a libmp3lame -b:a 320k -ar 48000 -f mp3 0/out.mp3",
    ]);
    expect(made.products[0]?.video).toEqual({ action: "none", why: "the profile asks for none" });
  });

  test("makes a silent video of a silent source, and says why", () => {
    const { audio: _, ...silent } = aMedia({ format: "mov" });
    const made = planOf([{}], silent);
    expect(argsOf(made)[0]).toStartWith("-f mov -i input -map 0:0 -sn ");
    expect(argsOf(made)[0]).not.toContain("-c:a");
    expect(made.products[0]?.audio).toEqual({ action: "none", why: "the source has no audio" });
    expect(made.products[0]?.expect.audio).toBeUndefined();
  });

  test.each([
    ["no video for a video profile", { video: undefined }, {}, "input_not_supported"],
    ["no video for a copy", { video: undefined }, COPY, "input_not_supported"],
    ["no audio for an audio profile", { audio: undefined }, MP3, "input_not_supported"],
    ["no length", { durationSeconds: 0 }, {}, "source_damaged"],
    ["an unknown codec", aMediaWithVideo({ codec: "unknown" }), {}, "input_not_supported"],
    [
      "an unknown codec to copy",
      aMediaWithVideo({ codec: "unknown" }),
      COPY,
      "input_not_supported",
    ],
  ] as const)("refuses a source with %s", (_, fields, rendition, code) => {
    const { video, audio, ...rest } = { ...aMedia(), ...fields };
    const media = { ...rest, ...(video && { video }), ...(audio && { audio }) };
    expect(() => planOf([rendition], media)).toThrow(expect.objectContaining({ code }));
  });

  test("does not mind an unknown codec that the rendition leaves out", () => {
    const media = aMediaWithVideo({ codec: "unknown" });
    expect(planOf([MP3], media).steps).toHaveLength(1);
  });

  test("takes a source whose duration is unknown", () => {
    const { durationSeconds: _, ...media } = aMedia({
      format: "matroska,webm",
      video: { ...aMediaWithVideo({}).video } as NonNullable<MediaInfo["video"]>,
    });
    const { durationSeconds: _v, ...video } = media.video as NonNullable<MediaInfo["video"]>;
    const { durationSeconds: _a, ...audio } = media.audio as NonNullable<MediaInfo["audio"]>;
    const made = planOf([{}], { ...media, video, audio });
    expect(made.durationSeconds).toBeUndefined();
    expect(made.products[0]?.expect.durationSeconds).toBeUndefined();
  });

  test("gives a missing encoder its own code, so that another machine may try", () => {
    const assignments = [{ rendition: aRendition(), targets: [0] }];
    const lacking = aCapabilities({ encoders: ["aac"] });
    expect(() => planTask({ assignments, tag: "t" }, aMedia(), lacking)).toThrow(
      expect.objectContaining({
        code: "encoder_missing",
        message: "Cannot encode h264: the engine has no encoder libx264",
      }),
    );
  });

  test.each([
    [{ color: { transfer: "smpte2084" } }, "zscale"],
    [{ hasHdrData: true }, "sidedata"],
    [{ isInterlaced: true }, "bwdif"],
    [{ crop: { left: 2, right: 0, top: 0, bottom: 0 } }, "crop"],
  ] as const)("refuses a source %j that the engine has no filter for", (fields, filter) => {
    const assignments = [{ rendition: aRendition(), targets: [0] }];
    const lacking = aCapabilities({ filters: ["scale"] });
    expect(() => planTask({ assignments, tag: "t" }, aMediaWithVideo(fields), lacking)).toThrow(
      expect.objectContaining({
        code: "input_not_supported",
        message: `Cannot convert the source's picture: the engine has no filter ${filter}`,
      }),
    );
  });

  test("turns a source whose key frames alone say so, where the engine can", () => {
    const media = aMediaWithVideo({
      ...{ rotation: 90, isTurnedByFrames: true, isTurnedAtTimes: true },
    });
    const made = (rendition: Rendition, options: readonly string[]) =>
      planTask(
        { assignments: [{ rendition, targets: [0] }], tag: "t" },
        media,
        aCapabilities({ options }),
      );
    const able = made(aRendition(), ["apply_cropping"]).steps[0]?.args.join(" ");
    expect(able).toContain(" -reinit_filter 0 -i input ");
    expect(() => made(aRendition(), [])).toThrow(
      expect.objectContaining({ code: "input_not_supported" }),
    );
    expect(() => made(aRendition({ ...COPY, container: "mkv" }), [])).not.toThrow();
  });

  test("needs no filter to copy an HDR source", () => {
    const assignments = [{ rendition: aRendition(COPY), targets: [0] }];
    const media = aMediaWithVideo({ color: { transfer: "smpte2084" } });
    const made = planTask({ assignments, tag: "t" }, media, aCapabilities({ filters: [] }));
    expect(made.steps[0]?.name).toBe("copy");
  });
});
