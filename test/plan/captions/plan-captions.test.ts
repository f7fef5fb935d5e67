import { describe, expect, test } from "bun:test";
import { impossibilityOf } from "../../../src/plan/feasible/feasible.ts";
import { assignmentFault } from "../../../src/plan/feasible/set-feasible.ts";
import { refuseImpossibleJoin } from "../../../src/plan/joined.ts";
import { refuseImpossibleLive } from "../../../src/plan/live/live-feasible.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { MediaInfo, VideoStream } from "../../../src/probe/media.ts";
import { assignRenditions } from "../../../src/profile/assign.ts";
import { isAudioOnly, isSilent } from "../../../src/profile/container-rules.ts";
import { CONTAINERS, type Container } from "../../../src/profile/containers.ts";
import { type Qlty, toRendition } from "../../../src/profile/qlty.ts";
import { aCapabilities, aMedia, aMediaWithVideo } from "../builders.ts";
import { aDevice, withDevice } from "../hardware/devices.ts";

/** Captions of two channels, and the same once more as a service. */
const CAPTIONED = {
  ...{ hasCaptions: true, captionChannels: ["CC1", "CC3", "SERVICE1"] },
} satisfies Partial<VideoStream>;
const MEDIA = aMediaWithVideo(CAPTIONED);
const NEWER = aCapabilities({
  muxers: [...aCapabilities().muxers, "rcwt"],
  captionEncoders: ["libx265"],
});

const group = (fields: Partial<Qlty> = {}): Qlty => ({
  ...{ container: "mp4", bitrate: 300_000, audio_bitrate: 64_000, height: 360 },
  ...fields,
});

function planned(
  qlties: Partial<Qlty> | readonly Partial<Qlty>[],
  media: MediaInfo = MEDIA,
  more: Partial<Parameters<typeof planTask>[0]> = {},
  capabilities = NEWER,
) {
  const renditions = [qlties].flat().map((fields) => toRendition(group(fields)));
  const profile = { name: "x", description: "", renditions };
  const assignments = assignRenditions(profile, [undefined]);
  return planTask({ assignments, tag: "t", ...more }, media, capabilities);
}
const argsOf = (...from: Parameters<typeof planned>) =>
  planned(...from).steps.map(({ args }) => args.join(" "));
const DELETED = "sidedata=mode=delete:type=A53_CC";
const UNITS = "-map 0:0 -c:v copy -bsf:v filter_units=pass_types=";

describe("a plan that extracts captions", () => {
  const clip = { startSeconds: 2, durationSeconds: 3 };

  test("takes out the units of the video that hold them, and encodes without", () => {
    const { steps, products, warnings } = planned({ closed_captions: "extract" }, MEDIA, { clip });
    expect(steps.map(({ name }) => name)).toEqual(["subtitles", "encode"]);
    expect(steps[0]?.args.join(" ")).toBe(
      `-f mov -fflags +genpts -i input ${UNITS}6 -f data captions/data ${UNITS}6 -f framecrc captions/times ` +
        "-map 0:1 -c:a copy -f null -",
    );
    expect(steps[0]?.captions).toEqual({
      ...{ data: "captions/data", times: "captions/times", codec: "h264" },
      texts: ["CC1", "CC3"].map((channel) => ({
        ...{ channel, file: `captions/${channel}.vtt`, flat: `captions/${channel}.flat.vtt` },
      })),
      ...{ fromSeconds: 2, toSeconds: 5 },
    });
    expect(steps[1]?.args.join(" ")).toContain(DELETED);
    expect(steps[1]?.args.join(" ")).toContain(
      "-f webvtt -i captions/CC1.flat.vtt -f webvtt -i captions/CC3.flat.vtt",
    );
    expect(products[0]?.subtitles?.[0]).toEqual({
      ...{ index: 0, channel: "CC1", codec: "mov_text", file: "captions/CC1.flat.vtt" },
      dispositions: ["hearing_impaired"],
    });
    expect(warnings).toEqual([]);
  });

  test.each([
    ["hevc", "mov", "39|40"],
    ["mpeg2video", "mpegts", "178"],
    ["av1", "matroska", "5"],
  ])("knows the units of %s", (codec, format, units) => {
    const media = { ...aMediaWithVideo({ ...CAPTIONED, codec }), format };
    expect(argsOf({ closed_captions: "extract" }, media)[0]).toContain(`${UNITS}${units} -f data`);
  });

  test("moves texts to a clip of a broadcast, which newer ffmpegs leave where they are", () => {
    const broadcast = { ...MEDIA, format: "mpegts" };
    const newer = aCapabilities({ options: ["readrate_initial_burst"] });
    const encoded = (
      container: "mp4" | "webm",
      capabilities = newer,
      media: MediaInfo = broadcast,
    ) =>
      argsOf(
        { container, format: container === "mp4" ? "h264" : "vp9", closed_captions: "extract" },
        media,
        { clip },
        capabilities,
      )[1];
    expect(encoded("mp4")).toContain("-itsoffset 2 -f webvtt -i captions/CC1.flat.vtt");
    expect(encoded("mp4")).toContain("-c:s mov_text -bsf:s setts=ts=TS-2/TB -disposition:s:0");
    for (const args of [
      encoded("webm"),
      encoded("mp4", aCapabilities()),
      encoded("mp4", newer, MEDIA),
    ])
      expect(args).not.toContain("setts");
  });

  test("takes services as well if their language is named, and alone if there is nothing else", () => {
    const channelsOf = (media: MediaInfo, fields: Partial<Qlty> = {}) =>
      planned({ closed_captions: "extract", container: "mkv", ...fields }, media).products.flatMap(
        ({ subtitles = [] }) => subtitles.map(({ channel, language }) => [channel, language]),
      );
    const both = { caption_languages: { SERVICE1: "fr", CC1: "en", CC2: "de" } };
    expect(channelsOf(MEDIA, both)).toEqual([
      ["CC1", "eng"],
      ["CC3", undefined],
      ["SERVICE1", "fre"],
    ]);
    const alone = aMediaWithVideo({ ...CAPTIONED, captionChannels: ["SERVICE1"] });
    expect(channelsOf(alone)).toEqual([["SERVICE1", undefined]]);
  });

  test("keeps those of the pictures too if asked, and of a copy in any case", () => {
    expect(argsOf({ closed_captions: "keep_and_extract" })[1]).not.toContain(DELETED);
    const copy = { format: "copy", audio_format: "copy", closed_captions: "extract" } as const;
    const { steps, warnings } = planned({ ...copy, container: "mkv" });
    expect(steps.map(({ name }) => name)).toEqual(["subtitles", "copy"]);
    expect(warnings).toEqual([]);
  });

  test("looks for them first, and says if there are none or none to be read", () => {
    const look = planned({ closed_captions: "extract" }, aMedia());
    expect(look.asksForCaptions).toBe(true);
    expect(look.steps.map(({ name }) => name)).toEqual(["encode"]);
    const warned = (media: MediaInfo) =>
      planned({ closed_captions: "extract" }, media).warnings.map(({ code, message }) => [
        code,
        message,
      ]);
    expect(warned(aMedia())).toEqual([
      ["subtitles_missing", "The source has no captions in its pictures"],
    ]);
    const unread = "The source's captions do not become texts, as they cannot be read";
    expect(warned(aMediaWithVideo({ hasCaptions: true }))).toEqual([["subtitles_missing", unread]]);
    expect(warned({ ...MEDIA, format: "h264" })).toEqual([["subtitles_missing", unread]]);
  });
});

describe("a plan that keeps or drops captions", () => {
  test("tells x265 to write them where it can, and only then", () => {
    const hevc = { format: "h265", closed_captions: "keep" } as const;
    expect(argsOf(hevc)[0]).toContain("-a53cc 1");
    expect(planned(hevc).warnings).toEqual([]);
    expect(argsOf({ format: "h265" })[0]).not.toContain("a53cc");
    const older = planned(hevc, MEDIA, {}, aCapabilities());
    expect(older.steps[0]?.args.join(" ")).not.toContain("a53cc");
    expect(older.warnings.map(({ code }) => code)).toEqual(["captions_dropped"]);
  });

  test("has h265 that keeps them encoded in software, as devices were never asked to", () => {
    const able = { ...withDevice(aDevice("nvenc")), captionEncoders: ["libx265"] };
    const whyOf = (fields: Partial<Qlty>) =>
      planned({ format: "h265", ...fields }, MEDIA, {}, able).products[0]?.video.why;
    expect(whyOf({ closed_captions: "keep" })).toEndWith("in software, as it keeps captions");
    expect(whyOf({})).toEndWith("by hevc_nvenc");
  });

  test("drops them without a warning, and copies no picture that has some", () => {
    const { steps, warnings } = planned({ closed_captions: "drop" });
    expect(steps[0]?.args.join(" ")).toContain(DELETED);
    expect(warnings).toEqual([]);
    const fitting = { height: undefined, bitrate: 9_000_000, closed_captions: "drop" } as const;
    const videoOf = (media: MediaInfo) => planned(fitting, media).products[0]?.video;
    expect(videoOf(MEDIA)).toEqual({ action: "encode", why: "its captions are not kept" });
    expect(videoOf(aMedia())?.action).toBe("copy");
    expect(planned(fitting, aMedia()).asksForCaptions).toBe(true);
  });
});

describe("players of a set", () => {
  const told = (fields: Partial<Qlty>, media = MEDIA, capabilities = NEWER) =>
    planned({ container: "cmaf", ...fields }, media, {}, capabilities).products[0]?.set?.captions;
  const ALL = CAPTIONED.captionChannels.map((channel) => ({ channel }));

  test("are told of captions that are kept, by their languages", () => {
    expect(told({ closed_captions: "keep", caption_languages: { CC3: "fr" } })).toEqual([
      { channel: "CC1" },
      { channel: "CC3", language: "fr" },
      { channel: "SERVICE1" },
    ]);
    expect(told({ closed_captions: "keep_and_extract" })).toEqual(ALL);
    expect(told({ format: "copy", audio_format: "copy", closed_captions: "extract" })).toEqual(ALL);
  });

  test("are told that there are none, if something was asked", () => {
    for (const closed_captions of ["drop", "extract"] as const)
      expect(told({ closed_captions })).toEqual([]);
    expect(told({ closed_captions: "keep" }, aMedia())).toEqual([]);
    expect(told({ closed_captions: "keep", format: "h265" }, MEDIA, aCapabilities())).toEqual([]);
    expect(told({ closed_captions: "keep", format: "av1" })).toEqual([]);
  });

  test("are told of what is known without being asked, and else nothing", () => {
    expect(told({})).toEqual(ALL);
    expect(told({}, aMedia())).toBeUndefined();
    expect(told({}, aMediaWithVideo({ hasCaptions: true }))).toBeUndefined();
    expect(told({ format: "av1" })).toBeUndefined();
  });

  test("have a multivariant playlist of even one group of m3u8", () => {
    const one = planned({ container: "m3u8", closed_captions: "keep" }).products[0];
    expect(one?.set?.captions).toEqual(ALL);
    expect(planned({ container: "m3u8" }).products[0]?.set).toBeUndefined();
  });
});

describe("what cannot be done with captions", () => {
  const faultOf = (fields: Partial<Qlty>, more = {}) =>
    impossibilityOf(toRendition(group(fields)), aCapabilities(more))?.message;

  test("is texts in every container but these", () => {
    const isHeld = (container: Container) =>
      !isAudioOnly(container) &&
      !isSilent(container) &&
      faultOf({
        ...{ container, format: "copy", audio_format: "copy", closed_captions: "extract" },
      }) === undefined;
    const held = "mp4 m3u8 copy webm mkv mov dash cmaf".split(" ");
    expect(CONTAINERS.filter(isHeld)).toEqual(held as never);
    expect(faultOf({ container: "flv", closed_captions: "extract" })).toBe(
      'Cannot put captions into "flv" as texts: it does not hold them',
    );
    expect(faultOf({ container: "flv", closed_captions: "keep" })).toBeUndefined();
  });

  test("is texts without a disk, or without an encoder of them", () => {
    const extract = { closed_captions: "extract" } as const;
    expect(faultOf(extract, { streamsOutput: true })).toBe(
      "Cannot make texts of captions: they are kept on a disk, and there is none here",
    );
    expect(faultOf(extract, { encoders: ["libx264", "aac"] })).toBe(
      "Cannot make texts of captions: the engine has no encoder mov_text",
    );
    expect(faultOf({ closed_captions: "drop" }, { streamsOutput: true })).toBeUndefined();
  });

  test("is a set whose groups ask for different things", () => {
    const setFault = (...ways: readonly Partial<Qlty>[]) => {
      const renditions = ways.map((fields) => toRendition(group({ container: "cmaf", ...fields })));
      const [set] = assignRenditions({ name: "x", description: "", renditions }, [undefined]);
      return set && assignmentFault(set, aCapabilities())?.message;
    };
    expect(setFault({ closed_captions: "keep" }, { height: 180 })).toBe(
      "Cannot make the set: its groups ask for different closed_captions",
    );
    const same = { closed_captions: "keep" } as const;
    expect(setFault(same, { ...same, height: 180 })).toBeUndefined();
  });

  test("is texts of live streams, and captions of joined sources", () => {
    const rendition = (closed_captions: "keep" | "extract" | "drop") =>
      toRendition(group({ closed_captions }));
    const live = (way: "keep" | "extract") =>
      refuseImpossibleLive(
        { rendition: rendition(way), targets: [0] },
        [{ url: "x" }],
        aCapabilities(),
      );
    expect(() => live("extract")).toThrow(
      "Cannot make texts of captions: that is not done with live streams",
    );
    expect(() => live("keep")).not.toThrow();
    const able = aCapabilities({
      encoders: [...aCapabilities().encoders, "ffv1", "pcm_s16le"],
      filters: "concat trim atrim color anullsrc apad tpad aformat".split(" "),
    });
    const join = (way: "keep" | "drop") =>
      refuseImpossibleJoin([{ rendition: rendition(way), targets: [0] }], able);
    expect(() => join("keep")).toThrow("captions are not joined");
    expect(() => join("drop")).not.toThrow();
  });
});
