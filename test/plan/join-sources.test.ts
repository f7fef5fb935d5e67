import { describe, expect, test } from "bun:test";
import { estimate } from "../../src/plan/estimate.ts";
import { forecast } from "../../src/plan/forecast.ts";
import { type JoinPart, planJoin, planner } from "../../src/plan/join-sources.ts";
import { refuseImpossibleJoin } from "../../src/plan/joined.ts";
import type { MediaInfo } from "../../src/probe/media.ts";
import { TaskError } from "../../src/task/errors.ts";
import {
  aCapabilities,
  aMedia,
  anAudioStream,
  aRendition,
  aVideo,
  aVideoStream,
} from "./builders.ts";

const capabilities = aCapabilities({
  encoders: [...aCapabilities().encoders, "ffv1", "pcm_s16le"],
  filters: [
    ...aCapabilities().filters,
    ..."concat trim atrim color anullsrc apad tpad aformat setpts asetpts setparams".split(" "),
  ],
});

/** Half a minute of silent, upright MPEG-TS at 15 frames a second. */
const silent: MediaInfo = {
  format: "mpegts",
  durationSeconds: 30,
  startSeconds: 1.4,
  streams: [],
  video: aVideoStream({
    ...{ width: 360, height: 640, framerate: { num: 15, den: 1 } },
    ...{ durationSeconds: 30, startSeconds: 1.4 },
  }),
};
const { video: _, ...sound } = aMedia({ audio: anAudioStream({ channels: 6, language: "deu" }) });
const FIRST: JoinPart = { name: "sources[0]", file: "input", media: aMedia() };
const SECOND: JoinPart = {
  ...{ name: "sources[1]", file: "side-0", media: silent },
  clip: { startSeconds: 10, durationSeconds: 5 },
};
const THIRD: JoinPart = { name: "sources[2]", file: "side-1", media: sound };

const graphOf = (parts: readonly JoinPart[]): readonly string[] => {
  const { args } = planJoin(parts, capabilities).step;
  return args[args.indexOf("-filter_complex") + 1]?.split(";") ?? [];
};

const refusalOf = (work: () => void): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof TaskError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "";
};

describe("planJoin", () => {
  test("reads each part where its clip begins, and opens nothing else by it", () => {
    const { args } = planJoin([FIRST, SECOND, THIRD], capabilities).step;
    const guards = (format: string) => [
      ...["-protocol_whitelist", "file", "-format_whitelist", format, "-f", format],
    ];
    expect(args.slice(0, args.indexOf("-filter_complex"))).toEqual([
      ...["-f", "mov", "-i", "input"],
      ...[...guards("mpegts"), "-i", "side-0"],
      ...[...guards("mov"), "-i", "side-1"],
    ]);
    const sought = { ...FIRST, clip: { startSeconds: 2 } };
    expect(planJoin([sought, SECOND], capabilities).step.args.slice(0, 6)).toEqual([
      ...["-f", "mov", "-ss", "2", "-i", "input"],
    ]);
  });

  test("brings pictures to one size and rate, and sounds to one layout, each as long as its part", () => {
    const held = "tpad=stop=-1:stop_mode=clone";
    const filled = "aresample=async=1,aformat=channel_layouts=5.1";
    expect(graphOf([FIRST, SECOND, THIRD])).toEqual([
      `[0:0]scale=1920:1080:force_original_aspect_ratio=decrease:force_divisible_by=2,pad=1920:1080:(ow-iw)/2:(oh-ih)/2,setsar=1,fps=30:start_time=0,format=yuv420p,${held},trim=end=60[v0]`,
      `[0:1]${filled},aresample=async=1:first_pts=0,apad,atrim=end=60,aformat=channel_layouts=5.1:sample_rates=48000:sample_fmts=s16[a0]`,
      `[1:0]trim=start=10,setpts=PTS-10/TB,scale=1920:1080:force_original_aspect_ratio=decrease:force_divisible_by=2,pad=1920:1080:(ow-iw)/2:(oh-ih)/2,setsar=1,sidedata=mode=delete:type=A53_CC,fps=30:start_time=0,format=yuv420p,${held},trim=end=5[v1]`,
      "anullsrc=channel_layout=5.1:sample_rate=48000,atrim=end=5,aformat=channel_layouts=5.1:sample_rates=48000:sample_fmts=s16[a1]",
      "color=c=black:s=1920x1080:r=30,format=yuv420p,trim=end=60[v2]",
      expect.stringMatching(/^\[2:1\].*,apad,atrim=end=60,.*\[a2\]$/),
      "[v0][a0][v1][a1][v2][a2]concat=n=3:v=1:a=1[v][a]",
    ]);
  });

  test("makes sound alone of sounds alone, and a silent film of silent ones", () => {
    expect(graphOf([THIRD, THIRD]).at(-1)).toBe("[a0][a1]concat=n=2:v=0:a=1[a]");
    expect(graphOf([SECOND, SECOND]).at(-1)).toBe("[v0][v1]concat=n=2:v=1:a=0[v]");
    const { media } = planJoin([THIRD, THIRD], capabilities);
    expect(media.streams).toMatchObject([{ kind: "audio", index: 0, language: "deu" }]);
  });

  test("tells what comes of it, which no output is a copy of", () => {
    const join = planJoin([FIRST, SECOND], capabilities);
    expect(join.media).toMatchObject({
      durationSeconds: 65,
      video: { codec: "ffv1", width: 1920, height: 1080, framerate: { num: 30, den: 1 } },
      audio: { codec: "pcm_s16le", channels: 2, samplerateHz: 48_000, layout: "stereo" },
    });
    const assignments = [{ rendition: aRendition(), targets: [0] }];
    const plan = planner({ assignments, tag: "t" }, capabilities, join)(join.media);
    expect(plan.steps.map(({ name }) => name)).toEqual(["join", "encode"]);
    expect(plan.steps.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(plan.steps.every(({ share }) => share > 0.1)).toBe(true);
    expect(plan.durationSeconds).toBe(65);
    expect(plan.products[0]?.video).toMatchObject({ action: "encode" });
    expect(plan.products[0]?.expect.durationSeconds).toBe(65);
    // What is joined is no output; it takes room all the same.
    const alone = planner({ assignments, tag: "t" }, capabilities, undefined)(join.media);
    expect(forecast(plan, join.media, capabilities).sizeBytes).toBe(
      forecast(alone, join.media, capabilities).sizeBytes,
    );
    const most = (one: typeof plan) => estimate(one, assignments, join.media)?.mostBytes ?? 0;
    expect(most(plan) - most(alone)).toBeGreaterThan(1e9);
  });

  test("refuses a part of unknown length, one of which its clip holds nothing, and one that needs a filter that is missing", () => {
    const { durationSeconds: __, ...lasting } = silent;
    const { durationSeconds: ___, ...video } = aVideoStream();
    const endless = { ...lasting, video };
    const join = (part: JoinPart, here = capabilities) =>
      refusalOf(() => planJoin([FIRST, part], here));
    expect(join({ ...SECOND, media: endless, clip: undefined })).toBe(
      "input_not_supported: Cannot join sources[1]: its length is not known",
    );
    expect(join({ ...SECOND, clip: { startSeconds: 31 } })).toBe(
      "invalid_parameter: Cannot join sources[1]: its clip holds nothing of it",
    );
    const hdr = { ...silent, video: aVideoStream({ color: { transfer: "smpte2084" } }) };
    const poor = { ...capabilities, filters: capabilities.filters.filter((n) => n !== "zscale") };
    expect(join({ ...SECOND, media: hdr }, poor)).toBe(
      "input_not_supported: Cannot join the sources: the engine has no filter zscale",
    );
  });
});

describe("planJoin, where a profile chooses among sounds", () => {
  /** A part with sounds in these languages. */
  const partOf = (at: number, ...languages: readonly string[]): JoinPart => {
    const sounds = languages.map((language, place) =>
      anAudioStream({ index: place + 1, language, title: `${at} ${language}`, dispositions: [] }),
    );
    const [audio] = sounds;
    const media = aMedia({ streams: [aVideoStream(), ...sounds], ...(audio && { audio }) });
    const { audio: _, ...mute } = media;
    return { name: `sources[${at}]`, file: `side-${at}`, media: audio ? media : mute };
  };
  const joined = (...parts: readonly JoinPart[]) => planJoin(parts, capabilities, true);
  const graph = (...parts: readonly JoinPart[]): readonly string[] => {
    const { args } = joined(...parts).step;
    return args[args.indexOf("-filter_complex") + 1]?.split(";") ?? [];
  };
  const inputsOf = (chains: readonly string[]) =>
    chains.filter((chain) => /\[a\d/.test(chain)).map((chain) => chain.replace(/(\]|=).*/, "$1"));

  test("joins all, each with its language and title", () => {
    const { media, step } = joined(partOf(0, "eng", "deu"), partOf(1, "eng", "deu"));
    expect(media.streams.slice(1)).toMatchObject([
      { index: 1, language: "eng", title: "0 eng", codec: "pcm_s16le" },
      { index: 2, language: "deu", title: "0 deu", codec: "pcm_s16le" },
    ]);
    expect(media.audio?.index).toBe(1);
    expect(step.args.join(" ")).toContain("-map [v] -map [a] -map [at1]");
    expect(graph(partOf(0, "eng", "deu"), partOf(1, "eng", "deu")).at(-1)).toBe(
      "[v0][a0][a0t1][v1][a1][a1t1]concat=n=2:v=1:a=2[v][a][at1]",
    );
  });

  test("brings them into the order of the first source that has most, by their languages", () => {
    const chains = graph(partOf(0, "eng"), partOf(1, "eng", "deu"), partOf(2, "deu", "eng"));
    expect(inputsOf(chains).slice(0, -1)).toEqual([
      "[0:1]",
      "[0:1]",
      "[1:1]",
      "[1:2]",
      "[2:2]",
      "[2:1]",
    ]);
  });

  test("gives a source without sound silence in each", () => {
    const chains = graph(partOf(0, "eng", "deu"), partOf(1));
    expect(inputsOf(chains).slice(0, -1)).toEqual(["[0:1]", "[0:2]", "anullsrc=", "anullsrc="]);
  });

  test("refuses a source that has others", () => {
    const refusals = [
      ["eng", "fra"],
      ["eng", "eng"],
      ["eng", "deu", "deu"],
    ].map((languages) =>
      refusalOf(() => joined(partOf(0, "eng", "deu", "fra"), partOf(1, ...languages))),
    );
    expect(refusals[0]).toBe(
      "input_not_supported: Cannot join sources[1]: its sounds (en, fr) are others than those of sources[0] (en, de, fr), among which a profile of the task chooses",
    );
    expect(refusals.every((refusal) => refusal.includes("are others than"))).toBe(true);
  });

  test("is as before where all have one, and where no profile chooses", () => {
    const parts = [partOf(0, "eng"), partOf(1, "eng")];
    expect(joined(...parts)).toEqual(planJoin(parts, capabilities));
    const several = planJoin([partOf(0, "eng", "deu"), partOf(1, "eng")], capabilities);
    expect(several.media.streams).toHaveLength(2);
  });
});

describe("refuseImpossibleJoin", () => {
  const rendition = aRendition();
  const refusal = (more: Partial<typeof rendition>, here = capabilities) =>
    refusalOf(() =>
      refuseImpossibleJoin([{ rendition: { ...rendition, ...more }, targets: [0] }], here),
    );

  test.each([{ video: "copy" }, { audio: "copy" }, { container: "copy" }] as const)(
    "refuses a profile that copies: %p",
    (more) => {
      expect(refusal(more)).toBe(
        "output_not_supported: Cannot join the sources: what is joined cannot be copied, and a profile of the task copies",
      );
    },
  );

  test.each([
    [{ video: aVideo({ codec: "h265", dynamicRange: "source" }) }, "has the standard range"],
    [{ video: aVideo({ skipsLarger: true }) }, "skip_if_larger"],
    [{ video: aVideo({ progressive: false }) }, "what is joined is progressive"],
    [{ video: aVideo({ deinterlace: "bob" }) }, "what is joined is progressive"],
    [{ sound: { mix: "mono_pairs" } }, "makes pairs of them"],
    [{ sound: { mix: "stereo", loudnessLufs: -23 } }, "asks for a loudness"],
    [{ subtitles: { tracks: "all" } }, "subtitles are not joined"],
    [{ metadata: { chapters: true } }, "tags and chapters are not joined"],
  ] as const)("refuses a profile that asks for what is not joined: %p", (more, why) => {
    expect(refusal(more)).toContain(why);
  });

  test("takes a mix of the sound that is joined, and a choice among the sounds", () => {
    expect(refusal({ sound: { mix: "surround_and_stereo" } })).toBe("");
    expect(refusal({ sound: { tracks: "all" } })).toBe("");
    expect(refusal({ sound: { tracks: ["deu"] } })).toBe("");
  });

  test("refuses hosts without a disk, and engines that lack what it takes", () => {
    expect(refusal({})).toBe("");
    expect(refusal({}, { ...capabilities, streamsOutput: true })).toEndWith(
      "there is no disk here to join them on",
    );
    expect(refusal({}, { ...capabilities, filters: [] })).toEndWith(
      "the engine here has no filter concat",
    );
    expect(refusal({}, { ...capabilities, encoders: [] })).toEndWith(
      "the engine here has no encoder ffv1",
    );
  });
});
