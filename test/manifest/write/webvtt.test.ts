import { describe, expect, test } from "bun:test";
import {
  type Cue,
  cutCues,
  escapeCue,
  flattenCues,
  formatWebVtt,
  parseWebVtt,
} from "../../../src/manifest/write/webvtt.ts";

const cue = (startMs: number, endMs: number, text = "text"): Cue => ({
  ...{ startMs, endMs, text, settings: "" },
});

describe("parseWebVtt", () => {
  test("reads cues with their names and settings, and blocks of styles", () => {
    const text = [
      "\uFEFFWEBVTT - a title\r\nX-TIMESTAMP-MAP=LOCAL:00:00.000,MPEGTS:0",
      "STYLE\r\n::cue { color: red }",
      "NOTE nothing",
      "first\r\n00:01.000 --> 00:02.500 line:0 align:left\r\none\r\ntwo",
      "01:00:00.000 --> 01:00:00.250\nthree",
      "00:05.000 --> 00:06.000",
    ].join("\n\n");
    expect(parseWebVtt(text)).toEqual({
      head: ["STYLE\n::cue { color: red }"],
      cues: [
        {
          id: "first",
          startMs: 1000,
          endMs: 2500,
          settings: "line:0 align:left",
          text: "one\ntwo",
        },
        cue(3_600_000, 3_600_250, "three"),
      ],
    });
  });

  test("reads a text on behind its empty lines, as ffmpeg writes those of ASS", () => {
    const text =
      "WEBVTT\n\n00:00.500 --> 00:01.500\nHello\n\n\nWorld\n\n00:02.000 --> 00:02.500\n\nBye\n";
    expect(parseWebVtt(text).cues).toEqual([
      cue(500, 1500, "Hello\nWorld"),
      cue(2000, 2500, "Bye"),
    ]);
  });

  test("reads what was written", () => {
    const track = {
      head: ["REGION\nid:top"],
      cues: [{ ...cue(61_001, 3_723_004, "a\nb"), id: "1", settings: "line:0" }, cue(0, 1)],
    };
    expect(parseWebVtt(formatWebVtt(track))).toEqual(track);
    expect(formatWebVtt(track)).toContain("\n1\n00:01:01.001 --> 01:02:03.004 line:0\na\nb\n\n");
  });
});

describe("cutCues", () => {
  test("moves a part to its beginning, and cuts what goes over its ends", () => {
    const cues = [cue(0, 1000), cue(500, 1500), cue(2000, 2500), cue(2900, 9000), cue(3000, 4000)];
    expect(cutCues(cues, { fromMs: 1000, toMs: 3000 })).toEqual([
      cue(0, 500),
      cue(1000, 1500),
      cue(1900, 2000),
    ]);
    expect(cutCues(cues, { fromMs: 2900 })).toEqual([cue(0, 6100), cue(100, 1100)]);
  });
});

describe("flattenCues", () => {
  test("joins texts that are shown together, and leaves others as they are", () => {
    const cues = [cue(0, 1000, "a"), cue(500, 1500, "b"), { ...cue(2000, 3000, "c"), id: "c" }];
    expect(flattenCues(cues)).toEqual([
      cue(0, 500, "a"),
      cue(500, 1000, "a\nb"),
      cue(1000, 1500, "b"),
      { ...cue(2000, 3000, "c"), id: "c" },
    ]);
  });

  test("takes as many at once as a file may hold, and refuses what would fill the memory", () => {
    const many = Array.from({ length: 100_000 }, () => cue(0, 1000, "a"));
    expect(flattenCues(many)[0]?.text).toHaveLength(199_999);
    const long = "a".repeat(1000);
    const stairs = Array.from({ length: 1000 }, (_, at) => cue(at, 1_000_000, long));
    expect(() => flattenCues(stairs)).toThrow("too many texts are shown at once");
  });
});

describe("escapeCue", () => {
  test.each([
    ["1 < 2 & 3", "1 &lt; 2 &amp; 3"],
    ["<i>so</i> <c.red>it</c> <00:01.000>is", "<i>so</i> <c.red>it</c> <00:01.000>is"],
    ["a &amp; b &lt; c &nbsp;", "a &amp; b &lt; c &nbsp;"],
    ["<font color=red>x</font>", "&lt;font color=red>x&lt;/font>"],
  ])("writes out what is no mark of WebVTT: %s", (text, escaped) => {
    expect(escapeCue(cue(0, 1, text)).text).toBe(escaped);
  });
});
