import { describe, expect, test } from "bun:test";
import { impossibilityOf } from "../../../src/plan/feasible/feasible.ts";
import { assignmentFault } from "../../../src/plan/feasible/set-feasible.ts";
import type { FurtherFile } from "../../../src/plan/further.ts";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import { subtitleTracks, subtitleWarnings } from "../../../src/plan/subtitles/choose.ts";
import type { OtherStream } from "../../../src/probe/media.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import { isAudioOnly, isSilent } from "../../../src/profile/container-rules.ts";
import { CONTAINERS, type Container } from "../../../src/profile/containers.ts";
import type { TrackChoice } from "../../../src/profile/fields/subtitles.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { aCapabilities, aMedia, aRendition, aVideoStream } from "../builders.ts";
import { argsOf, COPY, planOf } from "../planned.ts";

const track = (fields: Partial<OtherStream>): OtherStream => ({
  ...{ kind: "subtitle", index: 2, codec: "subrip", dispositions: [] },
  ...fields,
});
const TRACKS = [
  track({ index: 2, language: "eng", dispositions: ["default"] }),
  track({ index: 3, language: "ger", codec: "ass", dispositions: ["forced"] }),
  track({ index: 4, language: "en-us", codec: "webvtt", dispositions: ["default"] }),
  track({ index: 5, language: "fre", codec: "hdmv_pgs_subtitle" }),
  track({ index: 6 }),
];
const MEDIA = aMedia({ streams: [aVideoStream(), ...TRACKS] });
const LONG = aMedia({ streams: [aVideoStream(), ...TRACKS], durationSeconds: 600 });
const ALL = { tracks: "all" } as const;

const indexesOf = (tracks: TrackChoice) =>
  subtitleTracks({ tracks }, "mkv", { media: MEDIA }).map(({ index }) => index);
const warned = (tracks: TrackChoice) =>
  subtitleWarnings([{ tracks }, undefined, { tracks }], { media: MEDIA }).map(
    ({ message }) => message,
  );

describe("subtitleTracks", () => {
  test.each([
    ["all", [2, 3, 4, 6]],
    [["en"], [2, 4]],
    [["en-US"], [4]],
    [
      ["DE", "eng"],
      [2, 3, 4],
    ],
    [["deu"], [3]],
    [
      [4, 0],
      [2, 6],
    ],
    [["es"], []],
  ] as const)("%p takes %p", (tracks, indexes) => {
    expect(indexesOf(tracks)).toEqual([...indexes]);
  });

  test("keeps languages and marks, but one default alone", () => {
    expect(subtitleTracks({ tracks: ["en", "de"] }, "mp4", { media: MEDIA })).toEqual([
      ...[{ index: 2, language: "eng", dispositions: ["default"], ...MP4(2) }],
      ...[{ index: 3, language: "deu", dispositions: ["forced"], ...MP4(3) }],
      ...[{ index: 4, language: "eng", dispositions: [], ...MP4(4) }],
    ] as never);
    // MOV knows the codes of libraries, and MKV any.
    const codes = (container: "mov" | "mkv") =>
      subtitleTracks({ tracks: "all" }, container, { media: MEDIA }).map(
        ({ language }) => language,
      );
    expect(codes("mov").slice(0, 3)).toEqual(["eng", "ger", "eng"]);
    expect(codes("mkv").slice(0, 3)).toEqual(["eng", "ger", "en-us"]);
  });

  test("warns once of what is not there, and of pictures", () => {
    expect(warned(["es", 9, "fr"])).toEqual([
      'The source has no subtitles in "es"',
      "The source has no track 9 of subtitles",
      "The subtitles in the source's stream 5 (hdmv_pgs_subtitle) are left out, as they are no text",
    ]);
    expect(warned("all")).toHaveLength(1);
  });

  test("refuses a copy of a source whose container holds none", () => {
    const plan = () =>
      planOf([{ ...COPY, container: "copy", subtitles: ALL }], { ...MEDIA, format: "flv" });
    expect(plan).toThrow('Cannot put subtitles into "flv": it does not hold them');
  });
});

const MP4 = (index: number) => ({ codec: "mov_text", file: `subtitles/${index}.flat.vtt` });

describe("a plan with subtitles", () => {
  const clip = { startSeconds: 2, durationSeconds: 3 };

  test("takes the texts out first, and reads them behind the source", () => {
    const plan = planOf(
      [{ ...COPY, container: "mkv", subtitles: { tracks: ["de", "en-US"] } }],
      MEDIA,
    );
    expect(argsOf(plan)).toEqual([
      "-f mov -i input -map 0:3 -map_metadata -1 -map_chapters -1 -c:s webvtt -f webvtt subtitles/3.raw.vtt " +
        "-map 0:4 -map_metadata -1 -map_chapters -1 -c:s copy -f webvtt subtitles/4.raw.vtt",
      "-f mov -fflags +genpts -i input -f webvtt -i subtitles/3.vtt -f webvtt -i subtitles/4.vtt " +
        "-map 0:0 -map 0:1 -dn -map_metadata -1 -map_chapters -1 -c:v copy -c:a copy -map 1:0 -map 2:0 " +
        "-c:s subrip -metadata:s:s:0 language=ger -disposition:s:0 forced " +
        "-metadata:s:s:1 language=en-us -disposition:s:1 default -f matroska 0/out.mkv",
    ]);
    expect(plan.steps[0]?.texts).toEqual([
      {
        ...{ raw: "subtitles/3.raw.vtt", file: "subtitles/3.vtt", isConverted: true },
        ...{ fromSeconds: 0, toSeconds: expect.any(Number) },
      },
      {
        ...{ raw: "subtitles/4.raw.vtt", file: "subtitles/4.vtt" },
        ...{ fromSeconds: 0, toSeconds: expect.any(Number) },
      },
    ] as never);
  });

  test("shares the texts of outputs, and cuts them to the clip", () => {
    const both = [{ subtitles: ALL }, { container: "mkv", subtitles: { tracks: ["en"] } }] as const;
    const { steps } = planOf(both, MEDIA, { clip });
    expect(steps.map(({ name }) => name)).toEqual(["subtitles", "encode"]);
    expect(steps[0]?.writes).toEqual([2, 3, 4, 6].map((at) => `subtitles/${at}.raw.vtt`));
    expect(steps[0]?.texts?.[0]).toEqual({
      ...{ raw: "subtitles/2.raw.vtt", file: "subtitles/2.vtt", flat: "subtitles/2.flat.vtt" },
      ...{ isConverted: true, fromSeconds: 2, toSeconds: 5 },
    });
    const inputs = steps[1]?.args.filter((_, at, all) => all[at - 1] === "-i");
    expect(inputs).toEqual([
      "input",
      ...[2, 3, 4, 6].map((at) => `subtitles/${at}.flat.vtt`),
      ...[2, 4].map((at) => `subtitles/${at}.vtt`),
    ]);
  });

  test("moves them to the clip of a source that is read from its beginning", () => {
    const media = { ...MEDIA, format: "mpegts" };
    const [, encode] = argsOf(planOf([{ subtitles: { tracks: [1] } }], media, { clip }));
    expect(encode).toContain("-itsoffset 2 -f webvtt -i subtitles/3.flat.vtt -ss 2 -t 3");
  });

  test("stays whole where others are cut into slices", () => {
    const capabilities = aCapabilities({ slices: 4 });
    const [plain, texts] = [{}, { subtitles: ALL }].map((fields) =>
      planTask(
        { assignments: [{ rendition: aRendition(fields), targets: [0] }], tag: "t" },
        LONG,
        capabilities,
      ),
    );
    expect(plain?.steps.at(-1)?.sliced).toBeDefined();
    expect(texts?.steps.at(-1)?.whole).toBe("subtitles go into it");
  });
});

/** A file of subtitles beside the source. */
const aFile = (at: number, language: string, fields = {}, codec = "subrip"): FurtherFile => ({
  ...{ kind: "subtitles", name: `subtitles[${at}]`, url: "a.srt", file: `side-${at}` },
  media: { format: codec === "subrip" ? "srt" : codec, streams: [track({ index: 0, codec })] },
  told: { language, ...fields },
});

describe("files of subtitles", () => {
  const further = [
    aFile(0, "fr", { title: "Le titre", isDefault: true }),
    { ...aFile(1, "pt-BR", { isForced: true }, "webvtt"), guessedCharset: "windows-1252" },
  ];
  const taken = (tracks: TrackChoice, container: Container = "mkv") =>
    subtitleTracks({ tracks }, container as "mkv", { media: MEDIA, further });

  test("count behind the tracks of the source, and are the default if they are told to be", () => {
    expect(taken([0, 5, 6])).toEqual([
      { index: 2, codec: "subrip", file: "subtitles/2.vtt", language: "eng", dispositions: [] },
      {
        ...{ side: "side-0", codec: "subrip", file: "subtitles/side-0.vtt", language: "fre" },
        ...{ title: "Le titre", dispositions: ["default"] },
      },
      {
        ...{ side: "side-1", codec: "subrip", file: "subtitles/side-1.vtt", language: "por" },
        dispositions: ["forced"],
      },
    ]);
    expect(taken(["pt"], "cmaf").map(({ language }) => language)).toEqual(["pt-BR"]);
    expect(taken("all")).toHaveLength(6);
  });

  test("are read behind the source where it is read, and put into outputs with what is said of them", () => {
    const both = planOf([{ ...COPY, container: "mkv", subtitles: { tracks: [0, "fr"] } }], MEDIA, {
      further,
    });
    const guards = (format: string) =>
      `-protocol_whitelist file -format_whitelist ${format} -f ${format}`;
    const [texts, copy] = argsOf(both);
    expect(texts).toStartWith(`-f mov -i input ${guards("srt")} -i side-0 -map 0:2 `);
    expect(texts).toContain("-map 1:0 -map_metadata -1 -map_chapters -1 -c:s webvtt ");
    expect(copy).toContain(
      "-metadata:s:s:1 language=fre -metadata:s:s:1 title=Le titre -metadata:s:s:1 handler_name=Le titre -disposition:s:1 default",
    );
    const clip = { startSeconds: 2, durationSeconds: 3 };
    const request = { further, clip };
    const alone = planOf([{ subtitles: { tracks: ["pt"] } }], MEDIA, request);
    expect(argsOf(alone)[0]).toBe(
      `${guards("webvtt")} -i side-1 -map 0:0 -map_metadata -1 -map_chapters -1 -c:s copy -f webvtt subtitles/side-1.raw.vtt`,
    );
    expect(alone.steps[0]?.texts).toEqual([
      {
        ...{ raw: "subtitles/side-1.raw.vtt", file: "subtitles/side-1.vtt" },
        ...{ flat: "subtitles/side-1.flat.vtt", fromSeconds: 2, toSeconds: 5 },
      },
    ]);
    expect(alone.warnings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "subtitles_missing: subtitles[0] (fr) are left out, as no profile of the task takes them",
      "charset_guessed: subtitles[1] are no Unicode, and were read as windows-1252, as is usual in their language",
    ]);
  });
});

const refusal = (fields: Partial<Rendition>, more = {}) =>
  impossibilityOf(aRendition({ subtitles: ALL, ...fields }), aCapabilities(more))?.message;

const withSubtitles = (container: Container): Rendition => ({
  ...{ container, subtitles: ALL },
  ...{
    video: isAudioOnly(container) ? "none" : "copy",
    audio: isSilent(container) ? "none" : "copy",
  },
});

describe("what cannot have subtitles", () => {
  test("is every container but these", () => {
    const held = CONTAINERS.filter(
      (container) => impossibilityOf(withSubtitles(container), aCapabilities()) === undefined,
    );
    expect(held).toEqual("mp4 m3u8 copy webm mkv mov dash cmaf".split(" ") as never);
    expect(refusal({ container: "flv" })).toBe(
      'Cannot put subtitles into "flv": it does not hold them',
    );
  });

  test("is a host without a disk, and an engine without what makes them", () => {
    expect(refusal({}, { streamsOutput: true })).toContain("they are kept on a disk");
    expect(refusal({}, { encoders: ["libx264", "aac", "webvtt"] })).toBe(
      "Cannot make subtitles: the engine has no encoder mov_text",
    );
    expect(refusal({}, { muxers: ["mp4"] })).toBe(
      "Cannot make subtitles: the engine has no muxer webvtt",
    );
  });

  test("is a set whose groups ask for different ones", () => {
    const group = (tracks: TrackChoice | undefined): Rendition =>
      aRendition({ container: "cmaf", ...(tracks && { subtitles: { tracks } }) });
    const faultOf = (...renditions: Rendition[]) => {
      const [set] = assignRenditions({ name: "x", description: "", renditions }, [undefined]);
      return set && assignmentFault(set, aCapabilities())?.message;
    };
    expect(faultOf(group(["en"]), group(["de"]))).toContain("its groups ask for different");
    expect(faultOf(group(["en"]), group(undefined))).toBeUndefined();
  });

  test("is a live task", () => {
    const rendition = aRendition({ container: "flv", subtitles: ALL });
    expect(() =>
      refuseImpossibleLive({ rendition, targets: [0] }, [{ url: "x" }], aCapabilities()),
    ).toThrow("Cannot take subtitles over: that is not done with live streams");
  });
});
