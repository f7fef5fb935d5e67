import { describe, expect, test } from "bun:test";
import { codecName } from "../../src/profile/codecs.ts";
import {
  audioCodecFor,
  carrierOf,
  containersNamed,
  holds,
  isAudioOnly,
  isIso,
  isSet,
  isSilent,
  isToldIn,
  keptContainer,
  mediaTypeOf,
  namesOthers,
  readBy,
  SETS,
  setNamed,
  structureOf,
  videoCodecFor,
} from "../../src/profile/container-rules.ts";
import { CONTAINERS, factsOf, isOfSource } from "../../src/profile/containers.ts";

const WRITTEN = CONTAINERS.filter((one) => !isOfSource(one)).filter(
  (one) => factsOf(one).muxer !== undefined,
);

describe("the table of containers", () => {
  test.each(WRITTEN)("%s holds the codecs that it gets if none is named", (container) => {
    const video = isAudioOnly(container) ? undefined : codecName(videoCodecFor(container));
    const audio = isSilent(container) ? undefined : codecName(audioCodecFor(container));
    expect(holds(container, video, audio)).toBeTrue();
  });

  test.each(WRITTEN)("%s says what servers and players know it by", (container) => {
    const { extension = "", mediaType = "" } = factsOf(container);
    expect(mediaType).toMatch(/^(video|audio|image|application)\//);
    expect(mediaTypeOf(extension)).toBe(mediaType);
    expect(containersNamed(extension)).toContain(container);
  });

  test.each(WRITTEN)("%s promises each of its names alone", (container) => {
    const { otherExtensions = [] } = factsOf(container);
    expect(otherExtensions.map((one) => containersNamed(one))).toEqual(
      otherExtensions.map(() => [container]),
    );
  });

  test.each(WRITTEN.filter((one) => !isSet(one)))("%s is what its streams lie in", (container) => {
    expect(carrierOf(container, "hevc")).toBe(container);
  });

  test("gif holds pictures alone", () => {
    expect(holds("gif", "gif", undefined)).toBeTrue();
    expect(holds("gif", "gif", "aac")).toBeFalse();
    expect(isSilent("gif")).toBeTrue();
  });

  test("all but the source's own are written", () => {
    expect(WRITTEN.filter((one) => factsOf(one).muxer === undefined)).toEqual([]);
  });

  test("of the source's own nothing is known", () => {
    expect([isSet("copy"), isSilent("copy"), isAudioOnly("copy")]).toEqual([false, false, false]);
  });
});

describe("sets", () => {
  test("lie in MPEG-TS or in fragments of mp4, by container and codec", () => {
    expect(carrierOf("m3u8", "h264")).toBe("mpegts");
    expect(carrierOf("m3u8", undefined)).toBe("mpegts");
    expect(carrierOf("m3u8", "hevc")).toBe("mp4");
    expect(carrierOf("cmaf", "h264")).toBe("mp4");
    expect(isIso("m3u8", "av1")).toBeTrue();
    expect(isIso("m3u8", "h264")).toBeFalse();
  });

  test("are told of by playlists, a manifest, or both", () => {
    const told = (form: "hls" | "dash") => SETS.filter((one) => isToldIn(one, form));
    expect(told("hls")).toEqual(["m3u8", "cmaf"]);
    expect(told("dash")).toEqual(["dash", "cmaf"]);
  });

  test("are known by the names of their playlist or manifest", () => {
    expect(setNamed("a/film.m3u8")?.folderSuffix).toBe("");
    expect(setNamed("a/film.mpd")?.folderSuffix).toBe(".dash");
    expect(setNamed("a/film.mp4")).toBeUndefined();
    expect(setNamed("a/m3u8")).toBeUndefined();
  });

  test("have texts that name the other files", () => {
    const names = ["media_0.m3u8", "manifest.mpd", "thumbnails.vtt", "chunk-0.m4s", "sprite-1.jpg"];
    expect(names.filter(namesOthers)).toEqual(names.slice(0, 3));
  });
});

describe("copies", () => {
  test.each([
    ["mov", "h264", "aac", "mp4"],
    ["mov", "prores", "pcm_s16le", "mov"],
    ["mov", undefined, "alac", "mp4"],
    ["matroska", "vp9", "opus", "webm"],
    ["matroska", "h264", "aac", "mkv"],
    ["mpegts", "h264", "ac3", "mpegts"],
    ["mp3", undefined, "mp3", "mp3"],
    ["avi", "h264", "mp3", undefined],
    ["flv", "vp6f", "mp3", undefined],
  ] as const)("of %s with %s and %s are written as %s or refused", (demuxer, video, audio, as) => {
    expect(keptContainer(demuxer, video, audio)).toBe(as);
  });

  test("come of containers that one demuxer reads", () => {
    expect(readBy("mov")).toEqual(["mp4", "mov", "m4a"]);
    expect(readBy("hls")).toEqual([]);
  });
});

test.each([
  ["m4s", "boxes"],
  ["mov", "boxes"],
  ["ts", "packets"],
  ["webm", "elements"],
  ["mp3", "frames"],
  ["m3u8", undefined],
  ["jpg", undefined],
] as const)("a file in .%s has the structure %s", (extension, structure) => {
  expect(structureOf(extension)).toBe(structure);
});
