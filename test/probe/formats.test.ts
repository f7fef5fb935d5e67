import { describe, expect, test } from "bun:test";
import { demuxerOf, SOURCE_FORMATS } from "../../src/probe/formats.ts";

describe("SOURCE_FORMATS", () => {
  test("holds nothing that names other files, no text and no still picture", () => {
    const dangerous = /^(hls|applehttp|dash|concat|imf|image2|tty|lavfi|sdp|rtsp|rtp)$|_pipe$|dec$/;
    expect(SOURCE_FORMATS.filter((name) => dangerous.test(name))).toEqual([]);
  });
});

describe("demuxerOf", () => {
  test.each([
    ["mov,mp4,m4a,3gp,3g2,mj2", "mov"],
    ["matroska,webm", "matroska"],
    ["flv", "flv"],
  ])("%s is pinned as %s", (format, name) => {
    expect(demuxerOf(format)).toBe(name);
  });
});
