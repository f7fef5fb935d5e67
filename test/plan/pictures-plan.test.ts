import { describe, expect, test } from "bun:test";
import { refuseImpossibleLive } from "../../src/plan/live/live-feasible.ts";
import type { Capabilities } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import { type Qlty, toRendition } from "../../src/profile/qlty.ts";
import type { Clip } from "../../src/task/task.ts";
import { aCapabilities, aMedia, aMediaWithAudio, aVideoStream, targetsAt } from "./builders.ts";
import { argsOf } from "./planned.ts";

const ABLE = aCapabilities({
  encoders: ["mjpeg", "gif", "libwebp", "libwebp_anim", "libsvtav1", "png"],
  muxers: ["gif", "image2", "avif", "webp"],
  filters: [
    ...aCapabilities().filters,
    "palettegen",
    "paletteuse",
    "tile",
    "showwavespic",
    "amultiply",
    "pan",
  ],
});
const GIF: Qlty = { container: "gif", width: 320, framerate: "12" };
const WEBP: Qlty = { container: "webp", bitrate: 300_000, width: 640 };
const AWEBP: Qlty = { container: "awebp", width: 320, framerate: "12", bitrate: 400_000 };
const AVIF: Qlty = { ...WEBP, container: "avif" };

type Request = {
  readonly capabilities?: Capabilities;
  readonly media?: MediaInfo;
  readonly clip?: Clip;
};

const planned = (qlty: Qlty, { capabilities = ABLE, media = aMedia(), clip }: Request = {}) => {
  const assignments = [{ rendition: toRendition(qlty), targets: [0] }];
  return argsOf(planTask({ assignments, tag: "t1", ...(clip && { clip }) }, media, capabilities));
};

const PLAIN = "-sn -dn -map_metadata -1 -map_chapters -1";
const STILL =
  "-noaccurate_seek -ss 6 -i input -map 0:0 " +
  `${PLAIN} -vf tpad=stop_mode=clone:stop_duration=55,select=gte(t\\,0),`;

describe("the plan of a gif", () => {
  test("makes a palette of the clip, then draws with it", () => {
    expect(planned({ ...GIF, loop: 2 }, { clip: { startSeconds: 3, durationSeconds: 4 } })).toEqual(
      [
        "-f mov -ss 3 -i input -map 0:0 -an " +
          `${PLAIN} -vf trim=start=0:duration=4,setpts=PTS-STARTPTS,scale=320:180,setsar=1,fps=12,palettegen=stats_mode=diff ` +
          "-c:v png -frames:v 1 -update 1 -f image2 0/palette.png",
        "-f mov -ss 3 -i input -f image2 -i 0/palette.png " +
          "-filter_complex [0:0]scale=320:180,setsar=1,fps=12[g0];[g0][1:0]paletteuse=diff_mode=rectangle[d0] " +
          `-t 4 -map [d0] -an ${PLAIN} -c:v gif -fps_mode vfr -loop 1 -f gif 0/out.gif`,
      ],
    );
  });

  test.each([
    [undefined, "0"],
    [0, "0"],
    [1, "-1"],
    [5, "4"],
  ])("shown %p times is repeated as the muxer counts: %s", (loop, expected) => {
    expect(planned({ ...GIF, loop })[1]).toContain(` -loop ${expected} `);
  });

  test.each([
    [undefined, "", ""],
    // 320x180 at 12 pictures a second: a bit for each pixel is 691,200.
    [2_100_000, "", ""],
    [1_000_000, "", ":dither=none"],
    [650_000, ":max_colors=128", ":dither=none"],
    [500_000, ":max_colors=64", ":dither=none"],
    [400_000, ":max_colors=32", ":dither=none"],
    [1000, ":max_colors=16", ":dither=none"],
  ])("of %p bits a second has so many colours: %p%p", (bitrate, colours, dots) => {
    const [palette, film] = planned({ ...GIF, ...(bitrate !== undefined && { bitrate }) });
    expect(palette).toContain(`,palettegen=stats_mode=diff${colours} `);
    expect(film).toContain(`paletteuse=diff_mode=rectangle${dots}[d0]`);
  });

  test("too large for anyone to load is refused", () => {
    expect(() => planned({ ...GIF, width: 1920 })).toThrow(
      'Cannot make the "gif": its pictures would have 1493 million pixels in all, and it may have 622',
    );
    const { durationSeconds: _, ...endless } = aMedia();
    const { video, audio } = endless;
    const media = {
      ...endless,
      ...(video && { video: { ...video, durationSeconds: undefined } }),
      ...(audio && { audio: { ...audio, durationSeconds: undefined } }),
    } as MediaInfo;
    expect(() => planned(GIF, { media })).toThrow("it is not known how long it gets");
    const clip = { startSeconds: 3, durationSeconds: 4 };
    expect(planned(GIF, { media, clip })).toEqual(planned(GIF, { clip }));
  });

  test("of a source without an index has its palette cut by filters alone", () => {
    const clip = { startSeconds: 3, durationSeconds: 4 };
    const [palette, film] = planned(GIF, { clip, media: { ...aMedia(), format: "mpegts" } });
    expect(palette).toStartWith(
      `-f mpegts -i input -map 0:0 -an ${PLAIN} -vf trim=start=3:duration=4,setpts=PTS-STARTPTS,`,
    );
    expect(film).toContain(" -ss 3 -t 4 -map [d0] ");
  });
});

describe("the plan of a still picture", () => {
  const filters = "scale=640:360,setsar=1,scale=out_color_matrix=bt601:out_range=tv,format=yuv420p";
  const colours = "-color_primaries bt709 -color_trc bt709 -colorspace smpte170m -color_range tv";

  test.each([
    [WEBP, `-c:v libwebp -quality 95 -frames:v 1 -update 1 -f image2 0/out.webp`],
    [{ ...WEBP, bitrate: 60_000 }, "-c:v libwebp -quality 50 -frames:v 1 -update 1"],
    [{ ...WEBP, bitrate: 1000 }, "-c:v libwebp -quality 25 -frames:v 1 -update 1"],
    [AVIF, `-c:v libsvtav1 -preset 8 -crf 10 ${colours} -frames:v 1 -f avif 0/out.avif`],
    [{ ...AVIF, bitrate: 1000 }, `-c:v libsvtav1 -preset 8 -crf 50 ${colours}`],
    [
      { container: "webp", width: 640, rc_mode: "quality", quality: 60 },
      "-c:v libwebp -quality 60 -frames:v 1",
    ],
    [
      { container: "avif", width: 640, rc_mode: "quality", quality: 70 },
      `-c:v libsvtav1 -preset 8 -crf 27 ${colours}`,
    ],
  ] as const)("of %j", (qlty, expected) => {
    expect(planned(qlty)[0]).toStartWith(`-f mov ${STILL}${filters} ${expected}`);
  });

  test("of png keeps all of it", () => {
    expect(planned({ container: "png" })[0]).toBe(
      `-f mov ${STILL}setsar=1,format=rgb24 -c:v png -frames:v 1 -update 1 -f image2 0/out.png`,
    );
  });
});

describe("the plan of an animated webp", () => {
  test("takes a fineness for the bits that each picture may have, and how often it is shown", () => {
    const [args] = planned(
      { ...AWEBP, loop: 3 },
      { clip: { startSeconds: 3, durationSeconds: 4 } },
    );
    expect(args).toBe(
      "-f mov -ss 3 -i input -t 4 -map 0:0 " +
        `${PLAIN} -vf scale=320:180,setsar=1,fps=12,scale=out_color_matrix=bt601:out_range=tv,format=yuv420p ` +
        "-c:v libwebp_anim -quality 85 -loop 3 -fps_mode vfr -f webp 0/out.webp",
    );
    const fine: Qlty = { ...AWEBP, bitrate: undefined, rc_mode: "quality", quality: 60 };
    expect(planned(fine)[0]).toContain(" -c:v libwebp_anim -quality 60 -loop 0 ");
  });
});

describe("the plan of a contact sheet", () => {
  const sheet: Qlty = {
    ...{ container: "jpg", bitrate: 1_000_000 },
    contact_sheet: { columns: 2, rows: 1, width: 160 },
  };

  test("seeks to the middle of each part of a long film, then lays its pictures out", () => {
    const still = (at: number) =>
      `-f mov -noaccurate_seek -ss ${at} -i input -map 0:0 ${PLAIN} ` +
      `-vf tpad=stop_mode=clone:stop_duration=${61 - at},select=gte(t\\,0),scale=160:90,setsar=1,format=rgb24 ` +
      `-c:v png -frames:v 1 -update 1 -f image2 0/still-${at === 15 ? 0 : 1}.png`;
    expect(planned(sheet)).toEqual([
      still(15),
      still(45),
      `-f mov -i input -f image2 -start_number 0 -i 0/still-%d.png -map 1:0 ${PLAIN} ` +
        "-vf tile=2x1,scale=out_color_matrix=bt601:out_range=full,format=yuvj420p " +
        "-c:v mjpeg -q:v 2 -frames:v 1 -update 1 -f image2 0/out.jpg",
    ]);
  });

  test("decodes a short film, or a clip of it, but once", () => {
    const clip = { startSeconds: 10, durationSeconds: 8 };
    expect(planned(sheet, { clip })).toEqual([
      `-f mov -ss 10 -i input -map 0:0 ${PLAIN} ` +
        "-vf tpad=stop_mode=clone:stop_duration=9,fps=1/4:start_time=2:round=up,scale=160:90,setsar=1,tile=2x1," +
        "scale=out_color_matrix=bt601:out_range=full,format=yuvj420p " +
        "-c:v mjpeg -q:v 2 -frames:v 1 -update 1 -f image2 0/out.jpg",
    ]);
  });

  test("is refused where it would be longer than any encoder takes", () => {
    const media = aMedia({ video: aVideoStream({ width: 90, height: 320 }) });
    const tall = { ...sheet, contact_sheet: { columns: 1, rows: 10, width: 640 } };
    expect(() => planned(tall, { media })).toThrow(
      "Cannot make a picture of 640x22760: no side may exceed 16384",
    );
  });

  test("is refused where nobody knows how long the source is, and where nothing is kept", () => {
    const { durationSeconds: _, video, ...rest } = aMedia();
    const { durationSeconds: __, ...unknown } = video ?? {};
    const media = { ...rest, video: unknown } as MediaInfo;
    expect(() => planned(sheet, { media })).toThrow("it is not known how long the source is");
    const capabilities = { ...ABLE, streamsOutput: true as const };
    expect(() => planned(sheet, { capabilities })).toThrow("Cannot make a contact sheet: its");
  });
});

describe("the plan of a waveform", () => {
  const look = { width: 640, height: 120, color: "#102030", background: "#ffff00" };
  const drawn = (channels: "mixed" | "separate"): Qlty => ({
    ...{ container: "png", waveform: { ...look, channels } },
  });

  test("draws the sound of the clip, of fewer values the longer it is", () => {
    const clip = { startSeconds: 3, durationSeconds: 4 };
    const graph = (mix: string, split: number, colors: string, rate: number, seconds: number) =>
      `[0:1]aresample=async=1:first_pts=0,apad=whole_dur=${seconds},${mix}asplit=2[one][same];[one][same]amultiply,aresample=${rate},` +
      `showwavespic=s=640x120:scale=sqrt:filter=peak:split_channels=${split}:colors=${colors},split=2[below][above];` +
      "[below]lutrgb=r=255:g=255:b=0:a=255[ground];[ground][above]overlay=format=rgb,setsar=1,format=rgb24[drawn]";
    expect(planned(drawn("mixed"), { clip })).toEqual([
      `-f mov -ss 3 -t 4 -i input -filter_complex ${graph("pan=mono|c0<c0+c1,", 0, "0x102030", 8000, 4)} ` +
        `-map [drawn] ${PLAIN} -c:v png -frames:v 1 -update 1 -f image2 0/out.png`,
    ]);
    const media = aMediaWithAudio({ durationSeconds: 4_000 });
    expect(planned(drawn("separate"), { media })[0]).toContain(
      graph("", 1, "0x102030|0x102030", 2000, 60),
    );
  });

  test("looks as long for a sound that begins late as the probe did", () => {
    const media: MediaInfo = { ...aMedia(), beginsSlowly: true };
    expect(planned(drawn("mixed"), { media })[0]).toMatch(
      /^-f mov -analyzeduration \d+ .*-i input /,
    );
  });

  test("is refused where there is no sound", () => {
    const { audio: _, ...media } = aMedia();
    expect(() => planned(drawn("mixed"), { media })).toThrow(
      "Cannot draw a waveform: the source has no audio",
    );
  });
});

describe("pictures are refused", () => {
  test.each([
    [GIF, { filters: [] }, 'Cannot draw "gif": the engine has no filter palettegen'],
    [GIF, { encoders: ["gif"] }, 'Cannot draw "gif": the engine has no encoder png'],
    [GIF, { muxers: ["gif"] }, 'Cannot draw "gif": the engine has no muxer image2'],
    [GIF, { streamsOutput: true }, 'Cannot make "gif": its palette is kept between two runs'],
    [AWEBP, { streamsOutput: true }, 'Cannot make "awebp": it is finished on a disk'],
    [
      AWEBP,
      { encoders: ["libwebp"] },
      "Cannot encode awebp: the engine has no encoder libwebp_anim",
    ],
    [{ ...AWEBP, width: 1920 }, {}, 'Cannot make the "awebp": its pictures would have'],
    [
      { ...AWEBP, rc_mode: "2passvbr" },
      {},
      "rc_mode cannot be 2passvbr for awebp: its rate is the same in all modes",
    ],
    [AVIF, { streamsOutput: true }, 'Cannot make "avif": it is finished on a disk'],
    [AVIF, { encoders: ["png"] }, "Cannot encode avif: the engine has no encoder libsvtav1"],
    [WEBP, { encoders: ["png"] }, "Cannot encode webp: the engine has no encoder libwebp"],
  ] as const)("of %j by an engine with %j", (qlty, fields, message) => {
    expect(() => planned(qlty, { capabilities: { ...ABLE, ...fields } })).toThrow(message);
  });

  test.each(["jpg", "webp", "gif"] as const)("of a live stream: %s", (container) => {
    const rendition = toRendition({ container, bitrate: 100_000 });
    expect(() =>
      refuseImpossibleLive({ rendition, targets: [0] }, targetsAt("/out/x"), ABLE),
    ).toThrow(`Cannot make "${container}" of a live stream: it is made of a film with an end`);
  });
});
