import { describe, expect, test } from "bun:test";
import type { ColourFields } from "../../../src/profile/fields/colour.ts";
import { type Qlty, toQlty, toRendition } from "../../../src/profile/qlty.ts";
import { TaskError } from "../../../src/task/errors.ts";

const HEVC: Qlty = { container: "mp4", format: "h265", bitrate: 1e6, audio_format: "none" };

/** The fields that are refused, with why. */
function faultsOf(qlty: Qlty): readonly string[] {
  try {
    toRendition(qlty);
    return [];
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return (error.fields ?? []).map(({ path, message }) => `${path} ${message}`);
  }
}

describe("the colours of a parameter group", () => {
  test.each([
    [{}, {}],
    [{ dynamic_range: "sdr" }, {}],
    [{ dynamic_range: "source" }, { dynamicRange: "source" }],
    [{ dynamic_range: "source", dynamic_range_fallback: "refuse" }, { dynamicRange: "source" }],
    [
      { dynamic_range: "source", dynamic_range_fallback: "map" },
      { dynamicRange: "source", dynamicRangeFallback: "map" },
    ],
  ] satisfies readonly (readonly [ColourFields, object])[])("of %j are %j", (fields, wish) => {
    const { video } = toRendition({ ...HEVC, ...fields });
    const { video: usual } = toRendition(HEVC);
    expect(video).toEqual({ ...(usual as object), ...wish } as typeof video);
  });

  test("are answered as they were asked for, and not at all if they are as usual", () => {
    const answerOf = (fields: ColourFields) => {
      const answer = toQlty(toRendition({ ...HEVC, ...fields }));
      return [answer.dynamic_range, answer.dynamic_range_fallback];
    };
    expect(answerOf({ dynamic_range: "sdr" })).toEqual([undefined, undefined]);
    expect(answerOf({ dynamic_range: "source" })).toEqual(["source", undefined]);
    const both = { dynamic_range: "source", dynamic_range_fallback: "map" } as const;
    expect(answerOf(both)).toEqual(["source", "map"]);
  });

  test.each(["h264", "mpeg2", "vp9", "mjpeg"] as const)("cannot be kept in %s", (format) => {
    const qlty: Qlty = { ...HEVC, format, dynamic_range: "source" };
    expect(faultsOf(qlty)).toEqual([
      `dynamic_range cannot be source with ${format}, which is encoded in 8 bits: take h265 or av1, or dynamic_range_fallback map`,
    ]);
    expect(faultsOf({ ...qlty, dynamic_range_fallback: "map" })).toEqual([]);
  });

  test("say what happens to those that cannot be kept only if some are to be", () => {
    const message = "dynamic_range_fallback goes with dynamic_range source";
    expect(faultsOf({ ...HEVC, dynamic_range_fallback: "map" })).toEqual([message]);
    const sdr = { dynamic_range: "sdr", dynamic_range_fallback: "refuse" } as const;
    expect(faultsOf({ ...HEVC, ...sdr })).toEqual([message]);
  });

  test("are those of the source in a copy, whether asked for or not", () => {
    const copy: Qlty = { container: "mp4", format: "copy", audio_format: "none" };
    expect(faultsOf({ ...copy, dynamic_range: "source" })).toEqual([]);
    expect(faultsOf({ ...copy, dynamic_range: "sdr", dynamic_range_fallback: "map" })).toEqual([
      "dynamic_range cannot be sdr where the picture is copied",
      "dynamic_range_fallback is for a picture that is encoded",
    ]);
  });

  test("are none without a picture", () => {
    const sound: Qlty = { container: "mp4", format: "none", audio_bitrate: 64_000 };
    expect(faultsOf({ ...sound, dynamic_range: "source" })).toEqual([
      "dynamic_range is for a picture, and there is none",
    ]);
  });
});
