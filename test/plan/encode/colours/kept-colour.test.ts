import { describe, expect, test } from "bun:test";
import { chainText } from "../../../../src/plan/args/streams.ts";
import {
  keepingFilters,
  keepingFiltersNeeded,
  keptColour,
  refuseUnkept,
} from "../../../../src/plan/encode/colours/kept-colour.ts";
import type { DisplayLight, VideoStream } from "../../../../src/probe/media.ts";
import type { VideoEncode } from "../../../../src/profile/profile.ts";
import { aVideo, aVideoStream } from "../../builders.ts";

const KEPT = aVideo({ codec: "h265", dynamicRange: "source" });
const DEEP: Partial<VideoStream> = { pixelFormat: "yuv420p10le" };
const LIGHT: DisplayLight = { content: { max: 1000, average: 400 } };
const PQ: Partial<VideoStream> = {
  ...DEEP,
  color: { transfer: "smpte2084", primaries: "bt2020", space: "bt2020nc", range: "tv" },
};

const colourOf = (source: Partial<VideoStream>, encode: VideoEncode = KEPT) =>
  keptColour(encode, aVideoStream(source));

/** The filters of a source whose colours are kept. */
function filtersOf(fields: Partial<VideoStream>): readonly [string, readonly string[]] {
  const source = aVideoStream(fields);
  const colour = keptColour(KEPT, source);
  if (!colour) throw new Error("nothing is kept");
  return [chainText(keepingFilters(colour, source)), keepingFiltersNeeded(source)];
}

describe("keptColour", () => {
  test.each([
    ["PQ", { ...PQ, light: LIGHT }, { tags: PQ.color, light: LIGHT }],
    [
      "PQ that states nothing else",
      { ...DEEP, color: { transfer: "smpte2084" } },
      { tags: PQ.color },
    ],
    [
      "HLG in the full range",
      { ...DEEP, color: { transfer: "arib-std-b67", range: "pc" } },
      { tags: { transfer: "arib-std-b67", primaries: "bt2020", space: "bt2020nc", range: "pc" } },
    ],
    [
      "HLG in 8 bits",
      { color: { transfer: "arib-std-b67" } },
      { tags: { transfer: "arib-std-b67", primaries: "bt2020", space: "bt2020nc", range: "tv" } },
    ],
    ["PQ in RGB", { ...PQ, color: { ...PQ.color, space: "gbr", range: "pc" } }, { tags: PQ.color }],
    [
      "a standard range in wide colours",
      {
        ...DEEP,
        color: { transfer: "bt2020-10", primaries: "bt2020", space: "bt2020nc" },
        light: LIGHT,
      },
      { tags: { transfer: "bt2020-10", primaries: "bt2020", space: "bt2020nc" } },
    ],
    ["12 bits of a standard range", { pixelFormat: "yuv422p12le" }, { tags: {} }],
    ["RGB of a standard range", { pixelFormat: "gbrp10le", color: { space: "gbr" } }, { tags: {} }],
  ] satisfies readonly (readonly [string, Partial<VideoStream>, object])[])(
    "keeps %s",
    (_, source, kept) => {
      expect(colourOf(source)).toEqual(kept as ReturnType<typeof colourOf>);
    },
  );

  test("keeps nothing of what has 8 bits and a standard range, or if it is not asked to", () => {
    expect(colourOf({})).toBeUndefined();
    expect(colourOf(PQ, aVideo({ codec: "h265" }))).toBeUndefined();
  });
});

describe("colours that encoders do not take", () => {
  const ictcp = aVideoStream({ ...PQ, color: { ...PQ.color, space: "ictcp" } });

  test("are refused where they have to be kept", () => {
    expect(() => refuseUnkept(KEPT, ictcp)).toThrow(
      `Cannot keep the source's dynamic range: its colours are written as "ictcp", which encoders do not take`,
    );
  });

  test("are mapped where they may be, or nothing else was asked for", () => {
    const mapped = { ...KEPT, dynamicRangeFallback: "map" } as const;
    expect(() => refuseUnkept(mapped, ictcp)).not.toThrow();
    expect(() => refuseUnkept(aVideo(), ictcp)).not.toThrow();
    expect(keptColour(mapped, ictcp)).toBeUndefined();
  });
});

describe("the filters that keep colours", () => {
  const PQ_PARAMS =
    "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv";
  const REMOVED = [17, 23, 24, 25].map((type) => `sidedata=mode=delete:type=${type}`).join(",");

  test.each([
    ["PQ", PQ, `${PQ_PARAMS},${REMOVED}`, ["sidedata"]],
    [
      "PQ in RGB",
      { ...PQ, color: { ...PQ.color, space: "gbr" } },
      `zscale=m=bt2020nc:r=tv,${PQ_PARAMS},${REMOVED}`,
      ["zscale", "sidedata"],
    ],
    ["10 bits that state nothing", DEEP, "", []],
    [
      "10 bits of a standard range with remains of a high one",
      { ...DEEP, color: { primaries: "bt709" }, hasHdrData: true },
      "setparams=color_primaries=bt709,sidedata=mode=delete",
      ["sidedata"],
    ],
  ] satisfies readonly (readonly [string, Partial<VideoStream>, string, string[]])[])(
    "of %s",
    (_, source, text, needed) => {
      expect(filtersOf(source)).toEqual([text, needed]);
    },
  );
});
