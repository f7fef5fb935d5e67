import { describe, expect, test } from "bun:test";
import { impossibilityOf } from "../../../src/plan/feasible/feasible.ts";
import type { FurtherFile } from "../../../src/plan/further.ts";
import { refuseImpossibleJoin } from "../../../src/plan/joined.ts";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { MediaStream, OtherStream, VideoStream } from "../../../src/probe/media.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import type { Container } from "../../../src/profile/containers.ts";
import { toQlty, toRendition } from "../../../src/profile/qlty.ts";
import { aCapabilities, aCustomVideo, aMedia, aRendition, aVideoStream } from "../builders.ts";
import { argsOf, planOf } from "../planned.ts";

const track = (fields: Partial<OtherStream>): OtherStream => ({
  ...{ kind: "subtitle", index: 2, codec: "subrip", dispositions: [] },
  ...fields,
});
const film = (fields: Partial<VideoStream> = {}, more: readonly MediaStream[] = []) => {
  const video = aVideoStream({ width: 1920, height: 1080, ...fields });
  const streams = [
    ...[video, track({ index: 2, language: "eng" })],
    track({ index: 3, language: "ger", codec: "ass" }),
    track({ index: 4, language: "fre", codec: "hdmv_pgs_subtitle" }),
    track({ index: 5, language: "spa", codec: "dvb_teletext" }),
    ...more,
  ];
  return aMedia({ video, streams });
};
const font = { ...track({ index: 6, codec: "ttf" }), kind: "attachment" } as const;
const burnt = (burnIn: string | number, fields = {}) => ({
  video: aCustomVideo({ burnIn, width: 640, ...fields }),
});
const filtersOf = (args = ""): string => /-vf (\S+)/.exec(args)?.[1] ?? "";

const TEXT = "subtitles=filename=subtitles/3.drawn.mkv:fontsdir=subtitles/fonts";

describe("a plan that draws subtitles into the picture", () => {
  test("takes texts out as ASS with the fonts of the source, and draws them behind scaling", () => {
    const cover = { ...font, index: 7, codec: "mjpeg" };
    const plan = planOf([burnt("de")], film({}, [font, cover]));
    const [take, encode] = argsOf(plan);
    expect(take).toBe(
      "-f mov -i input -map 0:3 -map 0:6 -map_chapters -1 -c:s copy -c:t copy -f matroska subtitles/3.drawn.mkv",
    );
    expect(plan.steps[0]?.needsFonts).toBe(true);
    expect(filtersOf(encode)).toStartWith(`scale=640:360,${TEXT},setsar=1,`);
    expect(plan.products[0]?.video.action).toBe("encode");
    expect(plan.warnings).toEqual([]);
  });

  test("draws them at the times of the source in a clip, before what is filled up", () => {
    const clip = { startSeconds: 2, durationSeconds: 3 };
    const square = burnt("de", { height: 640 });
    const [, encode] = argsOf(planOf([square], film(), { clip }));
    expect(filtersOf(encode)).toMatch(
      /:force_divisible_by=2,setpts=PTS\+round\(2\/TB\),subtitles=[^,]+,setpts=PTS-round\(2\/TB\),fps=[^,]+,pad=/,
    );
    const [, whole] = argsOf(planOf([square], { ...film(), format: "mpegts" }, { clip }));
    expect(filtersOf(whole)).toContain(`,${TEXT},pad=`);
    // A first picture that comes 21 ms after the sound is moved to it.
    const late = film({ startSeconds: 0.021 });
    const [, moved] = argsOf(planOf([square], { ...late, startSeconds: 0 }));
    expect(filtersOf(moved)).toContain(
      `setpts=PTS+round(0.021/TB),${TEXT},setpts=PTS-round(0.021/TB)`,
    );
  });

  test("makes a film of pictures that are subtitles, and lays it over the picture from below", () => {
    const clip = { startSeconds: 2, durationSeconds: 3 };
    const crop = { width: 1920, height: 800 };
    const plan = planOf([burnt("fr", { crop })], film(), { clip });
    const [take, encode] = argsOf(plan);
    expect(take).toBe(
      "-f mov -i input -filter_complex [0:4]select=gte(t\\,0),mpdecimate=hi=0:lo=0:frac=0,format=yuva420p[drawn0] " +
        "-map [drawn0] -map_metadata -1 -map_chapters -1 -fps_mode passthrough -enc_time_base 1/1000 -c:v ffv1 -f matroska subtitles/4.drawn.mkv " +
        "-map 0:0 -c copy -t 1 -f null -",
    );
    // These say by no packet when they end.
    const dvd = film({}, [track({ index: 7, language: "ita", codec: "dvd_subtitle" })]);
    expect(argsOf(planOf([burnt("it")], dvd))[0]).toEndWith("-map 0:0 -c copy -f null -");
    expect(plan.steps[0]?.needsFonts).toBeUndefined();
    expect(filtersOf(encode)).toContain(
      "null[beside2a];movie=filename=subtitles/4.drawn.mkv," +
        "scale=w=640:h=if(eq(iw*1080\\,ih*1920)+eq(iw\\,720)\\,360\\,max(2\\,ih*640/iw)),setpts=PTS-round(2/TB)[beside2b];" +
        "[beside2a][beside2b]overlay=x=(W-w)/2:y=H-h:eof_action=pass,",
    );
  });

  test("gives a canvas of the source's own pixels its shape, also where they are not square or turned", () => {
    const sampleAspect = { num: 64, den: 45 };
    const dvd = film({ width: 720, height: 576, sampleAspect });
    expect(argsOf(planOf([burnt("fr")], dvd))[1]).toContain(
      "eq(iw*576\\,ih*720)+eq(iw\\,720)\\,360",
    );
    const turnedDvd = film({ width: 720, height: 576, sampleAspect, rotation: 90 });
    expect(argsOf(planOf([burnt("fr", { width: 360 })], turnedDvd))[1]).toContain(
      "eq(iw*720\\,ih*576)+eq(iw\\,720)\\,640",
    );
    const turned = film({ rotation: 90 });
    expect(argsOf(planOf([burnt("fr", { width: 360 })], turned))[1]).toContain(
      "eq(iw*1920\\,ih*1080)+eq(iw\\,720)\\,640",
    );
  });

  test("draws in all pictures of a set, each sharp, and in single pictures and gifs", () => {
    const group = (width: number) =>
      aRendition({ container: "cmaf", video: aCustomVideo({ burnIn: "fr", width }) });
    const thumbnails = { intervalSeconds: 10, width: 160 };
    const profile = {
      name: "x",
      description: "",
      renditions: [group(640), group(320)],
      thumbnails,
    };
    const request = { assignments: assignRenditions(profile, [undefined]), tag: "t" };
    const clip = { startSeconds: 2, durationSeconds: 3 };
    const [take, encode] = planTask({ ...request, clip }, film(), aCapabilities()).steps;
    expect(take?.args.join(" ").match(/-map \[drawn/g)).toHaveLength(1);
    const graph = encode?.args[encode.args.indexOf("-filter_complex") + 1] ?? "";
    // Thumbnails are without.
    expect(graph).toContain("tile=");
    expect(graph.match(/movie=[^;]*,setpts=PTS-round\(2\/TB\)\[/g)).toHaveLength(2);
    const labels = [...graph.matchAll(/null(\[\w+\]);/g)].map(([, label]) => label);
    expect(new Set(labels).size).toBe(2);
    const still = (container: Container) => ({
      ...{ container, audio: "none" as const },
      video: aCustomVideo({ burnIn: "de", codec: container === "gif" ? "gif" : "mjpeg" }),
    });
    const { filters, encoders, muxers } = aCapabilities();
    const drawing = aCapabilities({
      filters: [...filters, "palettegen", "paletteuse"],
      encoders: [...encoders, "gif", "png"],
      muxers: [...muxers, "gif"],
    });
    const made = (container: Container) => {
      const assignments = [{ rendition: aRendition(still(container)), targets: [0] }];
      return argsOf(planTask({ assignments, tag: "t", clip }, film(), drawing));
    };
    const [, picture] = made("jpg");
    expect(picture).toContain(`setpts=PTS+round(2/TB),${TEXT},setpts=PTS-round(2/TB),`);
    const [, palette, drawn] = made("gif");
    for (const args of [palette, drawn])
      expect(args).toContain(`setpts=PTS+round(2/TB),${TEXT},setpts=PTS-round(2/TB),`);
  });

  test("takes a file beside the source before its own track of that language, and any by its place", () => {
    const further: readonly FurtherFile[] = [
      {
        ...{ kind: "subtitles", name: "subtitles[0]", url: "a.srt", file: "side-0" },
        told: { language: "en" },
        media: { format: "srt", streams: [track({ index: 0 })] },
      },
    ];
    const of = (burnIn: string | number) =>
      argsOf(planOf([burnt(burnIn)], film({}, [font]), { further }))[0] ?? "";
    expect(of("en")).toEndWith(
      "-i side-0 -map 0:0 -map_chapters -1 -c:s ass -c:t copy -f matroska subtitles/side-0.drawn.mkv",
    );
    expect(of(4)).toContain("subtitles/side-0.drawn.mkv");
    expect(of(0)).toContain("subtitles/2.drawn.mkv");
    expect(planOf([burnt("en")], film(), { further }).warnings).toEqual([]);
  });

  test("takes the first of a language that can be drawn", () => {
    const plan = planOf([burnt("es")], film({}, [track({ index: 8, language: "spa" })]));
    expect(argsOf(plan)[0]).toContain("-map 0:8 ");
    expect(plan.warnings).toEqual([]);
  });

  test("warns of what is not there or cannot be drawn, once each, and encodes without it", () => {
    const plan = planOf([burnt("it"), burnt("it"), burnt(9), burnt("es")], film());
    expect(plan.steps.map(({ name }) => name)).toEqual(["encode"]);
    expect(plan.warnings).toEqual(
      [
        'No subtitles are drawn into the picture: the source has none in "it"',
        "No subtitles are drawn into the picture: the source has no track 9 of them",
        "The subtitles in the source's stream 5 (dvb_teletext) are not drawn into the picture: that cannot be done here",
      ].map((message) => ({ code: "subtitles_missing", message })),
    );
  });
});

describe("burn_in", () => {
  const qlty = {
    container: "mp4",
    bitrate: 100_000,
    audio_bitrate: 64_000,
    burn_in: "de",
  } as const;
  const faultsOf = (more: object): readonly string[] => {
    try {
      return [String(toQlty(toRendition({ ...qlty, ...more })).burn_in)];
    } catch (error) {
      return (error as { fields: { path: string; message: string }[] }).fields.map(
        ({ path, message }) => `${path} ${message}`,
      );
    }
  };

  test("is kept, and goes with no measure of the source's picture", () => {
    expect(faultsOf({})).toEqual(["de"]);
    expect(faultsOf({ burn_in: 0 })).toEqual(["0"]);
    const without = "cannot go with burn_in: the source's picture is without it";
    expect(faultsOf({ measure_quality: true })).toEqual([`measure_quality ${without}`]);
    expect(faultsOf({ skip_if_larger: true })).toEqual([`skip_if_larger ${without}`]);
    const target = {
      rc_mode: "quality",
      quality: 70,
      quality_target: { metric: "ssim", min: 0.9 },
    };
    expect(faultsOf(target)).toEqual([`quality_target ${without}`]);
    expect(faultsOf({ dynamic_range: "source", format: "h265" })).toEqual([
      "burn_in cannot go with dynamic_range source: subtitles have the standard range",
    ]);
    const sheet = { contact_sheet: { columns: 2, rows: 2, width: 160 } };
    for (const more of [sheet, { waveform: { width: 320, height: 80 } }])
      expect(faultsOf({ container: "jpg", format: "mjpeg", ...more })).toContain(
        `burn_in cannot go with ${Object.keys(more)[0]}`,
      );
    expect(faultsOf({ format: "copy" })).toEqual([
      "burn_in is for video that is encoded: format is copy or none",
    ]);
  });

  const rendition = aRendition(burnt("de"));
  const refusal = (more: object) => impossibilityOf(rendition, aCapabilities(more))?.message;
  const CANNOT = "Cannot draw subtitles into the picture: ";

  test("is refused where it cannot be done", () => {
    expect(refusal({ streamsOutput: true })).toBe(
      `${CANNOT}they are kept on a disk, and there is none here`,
    );
    expect(refusal({ engine: "wasm" })).toBe(`${CANNOT}the engine has no fonts`);
    const all = aCapabilities().filters;
    expect(refusal({ filters: all.filter((one) => one !== "subtitles") })).toBe(
      `${CANNOT}the engine has no filter subtitles`,
    );
    const live = () =>
      refuseImpossibleLive({ rendition, targets: [0] }, [{ url: "x" }], aCapabilities());
    expect(live).toThrow("Cannot draw subtitles into the picture of a live stream");
    const filters = [..."concat trim atrim color anullsrc apad tpad aformat".split(" ")];
    const able = aCapabilities({ filters, encoders: ["ffv1", "pcm_s16le"] });
    const join = () => refuseImpossibleJoin([{ rendition, targets: [0] }], able);
    expect(join).toThrow("subtitles are not joined, and a profile of the task draws some");
  });
});
