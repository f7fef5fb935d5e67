import { describe, expect, test } from "bun:test";
import { abilitiesOf, needsOf } from "../../../src/plan/feasible/needs.ts";
import type { Rendition } from "../../../src/profile/profile.ts";
import { aRendition } from "../../profile/builders.ts";

const made = (...renditions: readonly Partial<Rendition>[]) =>
  renditions.map((changes) => ({ rendition: { ...aRendition(), ...changes }, targets: [0] }));

describe("needsOf()", () => {
  test("names the encoders of all renditions once, in their order", () => {
    expect(needsOf(made({}, {}), false)).toBe("aac libx264");
    expect(needsOf(made({}, { video: "none" }), true)).toBe("aac libx264 live");
  });

  test("names those of each rendition of a set", () => {
    const [first] = made({ video: "copy" });
    const second = aRendition();
    if (!first) throw new Error("Expected an assignment");
    const set = { renditions: [first.rendition, second], isLadder: false };
    expect(needsOf([{ ...first, set }], false)).toBe("aac libx264");
  });

  test("is nothing where nothing is encoded", () => {
    expect(needsOf(made({ video: "copy", audio: "copy" }), false)).toBe("");
  });

  test("names what texts are made by", () => {
    const subtitles = { tracks: "all" } as unknown as NonNullable<Rendition["subtitles"]>;
    const needs = needsOf(made({ video: "copy", audio: "copy", subtitles }), false);
    expect(needs.split(" ")).toContain("webvtt");
  });
});

describe("abilitiesOf()", () => {
  test("holds live streams only where there are protocols for them", () => {
    const capabilities = {
      engine: "native",
      version: "7.1",
      encoders: ["aac", "libx264"],
      muxers: [],
      filters: [],
      protocols: ["srt"],
      options: [],
      threads: 1,
      deepEncoders: [],
    } as const;
    expect(abilitiesOf(capabilities)).toEqual(["aac", "libx264", "live"]);
    expect(abilitiesOf({ ...capabilities, protocols: [] })).toEqual(["aac", "libx264"]);
  });
});
