import { describe, expect, test } from "bun:test";
import { isGivenAsManifest, manifestKind } from "../../src/manifest/manifest.ts";

describe("manifestKind", () => {
  test.each([
    ["#EXTM3U\n", "hls"],
    ["\uFEFF#EXTM3U", "hls"],
    ["#EXTM3U8X", undefined],
    [" #EXTM3U", undefined],
    ['<?xml version="1.0"?>\n<!-- x -->\n<MPD xmlns="x">', "dash"],
    ["<MPDX>", undefined],
    ["ftyp", undefined],
  ])("takes %p for %p", (head, kind) => {
    expect(manifestKind(head)).toBe(kind as ReturnType<typeof manifestKind>);
  });
});

describe("isGivenAsManifest", () => {
  test.each([
    ["https://h/a.m3u8?x=1#y", undefined, true],
    ["a.M3U8", undefined, true],
    ["s3://b/a.mpd", undefined, true],
    ["https://h/a.mp4?list=a.m3u8", undefined, false],
    ["https://h/play", "application/x-mpegURL; charset=utf-8", true],
    ["https://h/play", "application/dash+xml", true],
    ["https://h/a.mp4", "video/mp4", false],
  ])("judges %p of the type %p: %p", (url, type, isGiven) => {
    expect(isGivenAsManifest(url, type)).toBe(isGiven);
  });
});
