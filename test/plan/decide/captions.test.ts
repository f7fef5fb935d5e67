import { describe, expect, test } from "bun:test";
import { carriesCaptions } from "../../../src/plan/encode/captions.ts";
import { planLive } from "../../../src/plan/live/plan-live.ts";
import { planTask } from "../../../src/plan/plan-task.ts";
import type { VideoStream } from "../../../src/probe/media.ts";
import type { VideoEncode } from "../../../src/profile/profile.ts";
import {
  aCapabilities,
  aMedia,
  aMediaWithVideo,
  anAudioStream,
  aRendition,
  aVideo,
  aVideoStream,
  targetsAt,
} from "../builders.ts";
import { COPY, MP3, planOf } from "../planned.ts";

const NTSC = { num: 30_000, den: 1001 };
const NTSC_TWICE = { num: 60_000, den: 1001 };
const DELETED = "sidedata=mode=delete:type=A53_CC";
const MUXERS = aCapabilities().muxers;

/** What is done with the captions of a source. */
function captionsOf(
  source: Partial<VideoStream>,
  encode: Partial<VideoEncode>,
  muxers: readonly string[],
): "kept" | "left out" {
  const rendition = { container: "mkv", video: aVideo(encode), audio: "none" } as const;
  const assignments = [{ rendition, targets: [0] }];
  const media = aMediaWithVideo({ ...source, hasCaptions: true });
  const { steps, warnings } = planTask(
    { assignments, tag: "t1" },
    media,
    aCapabilities({ muxers: [...MUXERS, ...muxers] }),
  );
  const isDeleted = steps[0]?.args.join(" ").includes(DELETED) === true;
  expect(warnings.map(({ code }) => code)).toEqual(isDeleted ? ["captions_dropped"] : []);
  return isDeleted ? "left out" : "kept";
}

describe("captions", () => {
  test.each([
    ["the rate stays", { framerate: NTSC }, {}, "kept", "kept"],
    ["every second frame goes", { framerate: NTSC_TWICE }, {}, "left out", "kept"],
    ["the frames come unevenly", { framerate: NTSC, isVariableRate: true }, {}, "left out", "kept"],
    [
      "the rate is one that captions are not spread over",
      { framerate: { num: 50, den: 1 } },
      { framerateMax: 25 },
      "left out",
      "left out",
    ],
    ["the codec is MPEG-2", { framerate: NTSC_TWICE }, { codec: "mpeg2" }, "left out", "kept"],
  ] as const)("are whole or not there where %s", (_, source, encode, before, since) => {
    expect(captionsOf(source, encode, [])).toBe(before);
    expect(captionsOf(source, encode, ["rcwt"])).toBe(since);
  });

  test("are not taken off where the encoder writes none", () => {
    const halved = aMediaWithVideo({ framerate: NTSC_TWICE });
    for (const codec of ["h265", "av1"] as const)
      expect(JSON.stringify(planOf([{ video: aVideo({ codec }) }], halved))).not.toContain("A53");
  });

  test("are left out of an encode that writes fewer with a frame than the source has", () => {
    const source = { framerate: NTSC, areCaptionsBundled: true } as const;
    expect(captionsOf(source, {}, [])).toBe("left out");
    expect(captionsOf(source, {}, ["rcwt"])).toBe("kept");
    const even = { framerate: { num: 25, den: 1 }, areCaptionsBundled: true } as const;
    expect(captionsOf(even, {}, ["rcwt"])).toBe("left out");
  });

  test("are told of where one stream of a set has none", () => {
    const of = (rates: readonly number[]) => {
      const renditions = rates.map((num, at) => ({
        container: "cmaf" as const,
        video: aVideo({ framerate: { num, den: 1 }, height: 360 * (at + 1) }),
        audio: "none" as const,
      }));
      const [rendition] = renditions;
      if (!rendition) throw new Error("no rendition");
      const assignments = [{ rendition, set: { renditions, isLadder: false }, targets: [0] }];
      const media = aMediaWithVideo({ hasCaptions: true });
      return planTask({ assignments, tag: "t1" }, media, aCapabilities()).warnings;
    };
    expect(of([30, 30])).toEqual([]);
    expect(of([30, 15]).map(({ code }) => code)).toEqual(["captions_dropped"]);
  });

  test.each([
    ["asked for before an encode that does not spread them", {}, [], true],
    ["asked for before an encode that does not write them", { codec: "h265" }, ["rcwt"], true],
    ["not asked for before one that spreads them", {}, ["rcwt"], undefined],
  ] as const)("are %s", (_, encode, muxers, asks) => {
    const assignments = [{ rendition: aRendition({ video: aVideo(encode) }), targets: [0] }];
    const capabilities = aCapabilities({ muxers: [...MUXERS, ...muxers] });
    const plan = planTask({ assignments, tag: "t1" }, aMediaWithVideo({}), capabilities);
    expect(plan.asksForCaptions).toBe(asks);
  });

  test.each([
    ["copies", COPY],
    ["a single picture", { container: "jpg", video: aVideo({ codec: "mjpeg" }), audio: "none" }],
  ] as const)("are neither asked for nor told of before %s", (_, fields) => {
    const plan = planOf([fields], aMediaWithVideo({ hasCaptions: true }));
    expect(plan.asksForCaptions).toBeUndefined();
    expect(plan.warnings).toEqual([]);
  });

  test("of a stream of their own are told of, unless the sound alone is made", () => {
    const captions = { kind: "data", index: 2, codec: "eia_608", dispositions: [] } as const;
    const media = aMedia({ streams: [aVideoStream(), anAudioStream(), captions] });
    expect(planOf([COPY], media).warnings).toEqual([
      {
        code: "captions_dropped",
        message: "The captions in the source's stream 2 (CEA-608) are left out",
      },
    ]);
    expect(planOf([MP3], media).warnings).toEqual([]);
  });

  test.each([
    [{}, [], ["kept", []]],
    [{ areCaptionsBundled: true }, [], ["left out", ["captions_dropped"]]],
    [{ areCaptionsBundled: true }, ["rcwt"], ["kept", []]],
    [{ framerate: NTSC_TWICE }, [], ["left out", ["captions_dropped"]]],
    [{ framerate: NTSC_TWICE }, ["rcwt"], ["kept", []]],
  ] as const)("of a live source with %j and %j are %j", (source, muxers, [fate, codes]) => {
    const media = aMediaWithVideo({ framerate: NTSC, ...source, hasCaptions: true });
    const assignments = [{ rendition: aRendition({ container: "flv" }), targets: [0] }];
    const set = { renditions: [aRendition({ container: "cmaf" })], isLadder: false };
    const sets = [{ rendition: aRendition({ container: "cmaf" }), set, targets: [0] }];
    const capabilities = aCapabilities({ muxers: [...MUXERS, ...muxers] });
    for (const request of [
      { assignments, targets: targetsAt("rtmp://a/b") },
      { assignments: sets, targets: targetsAt("out.m3u8") },
    ]) {
      const plan = planLive(request, media, capabilities);
      const isDeleted = JSON.stringify(plan.outputs).includes('"type":"A53_CC"');
      expect([isDeleted ? "left out" : "kept", plan.warnings.map(({ code }) => code)]).toEqual([
        fate,
        [...codes],
      ]);
    }
  });

  test.each([
    ["asked for before a live encode", {}, true],
    ["not asked for before a live copy", COPY, undefined],
  ] as const)("are %s", (_, fields, asks) => {
    const rendition = aRendition({ ...fields, container: "flv" });
    const request = {
      assignments: [{ rendition, targets: [0] }],
      targets: targetsAt("rtmp://a/b"),
    };
    expect(planLive(request, aMediaWithVideo({}), aCapabilities()).asksForCaptions).toBe(asks);
  });

  test("are left out before frames are", () => {
    const media = aMediaWithVideo({ framerate: NTSC_TWICE });
    const args = planOf([{ container: "m3u8" }], media).steps[0]?.args.join(" ");
    expect(args).toContain(`setsar=1,${DELETED},fps=30000/1001,format`);
  });

  test("are carried from one frame to another by ffmpegs that know raw captions", () => {
    expect(carriesCaptions(aCapabilities())).toBe(false);
    expect(carriesCaptions(aCapabilities({ muxers: ["mp4", "rcwt"] }))).toBe(true);
  });
});
