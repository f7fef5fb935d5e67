import { describe, expect, test } from "bun:test";
import { chaptersOf, tagsOf } from "../../../src/probe/metadata/tags.ts";

describe("tagsOf", () => {
  test("takes what a file says of itself, in either spelling, and nothing that it does not know", () => {
    const told = {
      title: "One",
      ARTIST: "Me",
      encoder: "Lavf",
      "com.apple.quicktime.make": "Apple",
    };
    expect(tagsOf([told])).toEqual({ title: "One", artist: "Me" });
  });

  test("takes the tags of the first stream that has some, where the file has none", () => {
    expect(
      tagsOf([{ encoder: "x" }, undefined, { title: "Of a stream" }, { title: "Later" }]),
    ).toEqual({
      title: "Of a stream",
    });
    expect(tagsOf([{}, undefined])).toBeUndefined();
  });

  test("reads where a file was made by the names of MP4 and of Apple", () => {
    const place = "+48.8577+002.2950/";
    for (const name of ["location", "com.apple.quicktime.location.ISO6709"])
      expect(tagsOf([{ [name]: place }])).toEqual({ location: place });
  });

  test("leaves out what is no line of text", () => {
    const odd = { title: "a\nb", artist: "x".repeat(1025), album: "", date: 2020, genre: "a\0b" };
    expect(tagsOf([{ ...odd, comment: "fine" }])).toEqual({ comment: "fine" });
  });
});

test("chaptersOf() reads their times, and none of what is no list of chapters", () => {
  const told = { chapters: [{ start_time: "0.000000", end_time: "1.500000", tags: {} }] };
  expect(chaptersOf(told)).toEqual([{ startSeconds: 0, endSeconds: 1.5 }]);
  for (const other of [{}, { chapters: "x" }, { chapters: [{ start_time: "N/A" }] }])
    expect(chaptersOf(other)).toEqual([]);
});
