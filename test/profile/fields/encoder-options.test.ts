import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type Qlty, toQlty, toRendition } from "../../../src/profile/qlty.ts";
import { TaskError } from "../../../src/task/errors.ts";
import { aQlty } from "../builders.ts";

type Options = NonNullable<Qlty["encoder_options"]>;

const optionsOf = (encoder_options: Options, changes: Partial<Qlty> = {}) => {
  const { video } = toRendition(aQlty({ encoder_options, ...changes }));
  return typeof video === "object" ? video.encoderOptions : undefined;
};

/** The faults of a group with these options: path and message. */
function faultsOf(encoder_options: Options, changes: Partial<Qlty> = {}): readonly string[] {
  try {
    toRendition(aQlty({ encoder_options, ...changes }));
  } catch (error) {
    if (error instanceof TaskError)
      return error.fields.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
}

describe("encoder_options", () => {
  test("are read by name and value, whatever kind of value that is", () => {
    expect(
      optionsOf({ preset: "slow", "aq-mode": 3, mbtree: false, "psy-rd": "1.0:0.15", nr: "100" }),
    ).toEqual({ preset: "slow", "aq-mode": "3", mbtree: "0", "psy-rd": "1.0,0.15", nr: "100" });
    expect(optionsOf({})).toBeUndefined();
  });

  test.each([
    ["h264", "x264-params", "aq-mode=3:psy-rd=1.0,0.15", { "aq-mode": "3", "psy-rd": "1.0,0.15" }],
    ["h265", "x265-params", "sao=0:rd=4", { sao: "0", rd: "4" }],
    ["av1", "svtav1-params", "film-grain=8", { "film-grain": "8" }],
  ] as const)("of %s may stand together in %s", (format, name, text, options) => {
    expect(optionsOf({ [name]: text }, { format })).toEqual(options);
  });

  test.each([
    [{ keyint: 250 }, "encoder_options.keyint cannot be set: gop_size sets it; allowed for h264"],
    [{ "x264-params": "keyint=250" }, "encoder_options.x264-params.keyint cannot be set: gop_size"],
    [{ scenecut: 40 }, "encoder_options.scenecut cannot be set: key frames stand at even"],
    [{ threads: 64 }, "encoder_options.threads cannot be set: the service shares out the cores"],
    [{ stats: "x" }, "encoder_options.stats cannot be set: rc_mode sets it"],
    [{ crf: 18 }, "encoder_options.crf cannot be set: quality sets it"],
    [{ bframes: 3 }, "encoder_options.bframes cannot be set: b_frame_size sets it"],
    [{ "vbv-maxrate": 1 }, "encoder_options.vbv-maxrate cannot be set: bitrate and rc_mode"],
    [{ "film-grain": 8 }, "encoder_options.film-grain cannot be set; allowed for h264 are 8x8dct"],
    [{ constructor: 1 }, "encoder_options.constructor cannot be set; allowed for h264"],
    [{ preset: "placebo" }, "encoder_options.preset must be one of ultrafast, superfast"],
    [{ "aq-mode": 4 }, "encoder_options.aq-mode must be a whole number from 0 to 3"],
    [{ "aq-mode": "1:stats=x" }, "encoder_options.aq-mode must be a whole number from 0 to 3"],
    [{ "aq-strength": "1e0" }, "encoder_options.aq-strength must be a number from 0 to 3"],
    [{ deblock: "1,1,1" }, "encoder_options.deblock must be a whole number from -6 to 6, and"],
    [{ "aq-mode": 1, "x264-params": "aq-mode=2" }, "encoder_options.x264-params.aq-mode is given"],
  ])("are refused by their own path: %j", (options, why) => {
    const faults = faultsOf(options as unknown as Options);
    expect(faults.map((fault) => fault.slice(0, why.length))).toEqual([why]);
  });

  test.each([
    [{ "qm-max": 7 }, "encoder_options.qm-max"],
    [{ "svtav1-params": "qm-min=12:qm-max=11" }, "encoder_options.svtav1-params.qm-max"],
    [{ "qm-max": 8 }, undefined],
    [{ "qm-min": 3, "qm-max": 3 }, undefined],
  ] as const)("of av1 that its encoder does not begin with are refused: %j", (options, path) => {
    const [fault] = faultsOf(options as unknown as Options, { format: "av1" });
    expect(fault?.split(" ")[0]).toBe(path);
  });

  test.each([
    [{ preset: "slow" }, { preset: "highQuality" }, "encoder_options.preset"],
    [{ tune: "film" }, { low_latency: true }, "encoder_options.tune"],
    [{ tune: "film" }, { format: "copy" }, "encoder_options"],
    [{ q: 1 }, { container: "jpg", audio_format: undefined }, "encoder_options.q"],
  ] as const)("%j do not go with %j", (options, changes, path) => {
    expect(faultsOf(options, changes).map((fault) => fault.split(" ")[0])).toEqual([path]);
  });

  test.each(["h264", "h265", "av1", "vp9", "mpeg2"] as const)("of %s are listed", (format) => {
    const [fault = ""] = faultsOf({ unheard: 1 }, { container: "mkv", format });
    const allowed = fault.replace(/^.* are /, "").split(", ");
    const row = allowed.map((name) => `\`${name}\``).join(", ");
    expect(readFileSync("docs/profiles.md", "utf8")).toContain(`\n| ${format} | ${row} |\n`);
  });

  test("are answered as they are read, without a preset that they replace", () => {
    const rendition = toRendition(aQlty({ encoder_options: { preset: "slow", tune: "film" } }));
    const answer = JSON.parse(JSON.stringify(toQlty(rendition)));
    expect(answer.encoder_options).toEqual({ preset: "slow", tune: "film" });
    expect(answer).not.toHaveProperty("preset");
    expect(toRendition(answer)).toEqual(rendition);
    const tuned = toRendition(aQlty({ encoder_options: { tune: "film" }, preset: "highQuality" }));
    expect(toQlty(tuned)).toMatchObject({ preset: "highQuality" });
  });
});
