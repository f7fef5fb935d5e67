import { describe, expect, test } from "bun:test";
import type { Manifest, Segment, Span, Track } from "../../../src/manifest/manifest.ts";
import {
  type Beginning,
  LiveManifestReader,
  lastOf,
} from "../../../src/manifest/read/live-manifest.ts";

const aSegment = (at: number, seconds = 2): Segment => ({ url: `http://h/${at}`, seconds, at });
const aTrack = (from: number, to: number, init?: string): Track => ({
  ...(init !== undefined && { init: { url: `http://h/${init}`, seconds: 0, at: 0 } }),
  segments: Array.from({ length: to - from + 1 }, (_, index) => aSegment(from + index)),
});
const live = (...spans: readonly Span[]): Manifest => ({ spans, isLive: true, segmentSeconds: 2 });
const window = (from: number, to: number): Manifest => live({ main: aTrack(from, to) });

/** What is new of each manifest: `|` begins a stretch; the places of its segments, those of a sound apart after `+`. */
function newsOf(from: Beginning, ...manifests: readonly Manifest[]): readonly string[] {
  const growth = new LiveManifestReader(from);
  const places = (segments: readonly Segment[]) => segments.map(({ at }) => at).join();
  return manifests.map((manifest) =>
    growth
      .take(manifest)
      .map(({ isBreak, main, audio }) => {
        const sound = audio ? `+${places(audio.segments)}` : "";
        return `${isBreak ? "|" : ""}${places(main.segments)}${sound}`;
      })
      .join(" "),
  );
}

describe("LiveManifestReader", () => {
  test("names every segment once, from the first on", () => {
    expect(newsOf("start", window(4, 9), window(5, 10), window(5, 10), window(8, 13))).toEqual([
      "|4,5,6,7,8,9",
      "10",
      "",
      "11,12,13",
    ]);
  });

  test("begins three of the longest segments before the end, where it begins as a player does", () => {
    expect(newsOf("edge", window(4, 9), window(5, 11))).toEqual(["|7,8,9", "10,11"]);
    const short = { ...window(4, 9), segmentSeconds: 3 };
    expect(newsOf("edge", short)).toEqual(["|5,6,7,8,9"]);
    expect(newsOf("edge", window(4, 5))).toEqual(["|4,5"]);
  });

  test("begins before a break where what follows it is too short", () => {
    const both = live({ main: aTrack(1, 5) }, { main: aTrack(6, 6) });
    expect(newsOf("edge", both)).toEqual(["|4,5 |6"]);
    const long = live({ main: aTrack(1, 5) }, { main: aTrack(6, 9) });
    expect(newsOf("edge", long)).toEqual(["|7,8,9"]);
  });

  test("begins a sound apart with its picture, by its own segments", () => {
    const audio = { segments: [20, 21, 22, 23].map((at) => aSegment(at, 3)) };
    expect(newsOf("edge", live({ main: aTrack(1, 9), audio }))).toEqual(["|7,8,9+22,23"]);
  });

  test("begins a stretch at a break and at other headers, and at none that is past", () => {
    const broken = live({ main: aTrack(1, 3) }, { main: aTrack(4, 5) });
    expect(newsOf("start", window(1, 2), broken, broken)).toEqual(["|1,2", "3 |4,5", ""]);
    const headed = (to: number, init: string) => live({ main: aTrack(1, to, init) });
    expect(newsOf("start", headed(2, "a"), headed(3, "a"), headed(4, "b"))).toEqual([
      "|1,2",
      "3",
      "|4",
    ]);
  });

  test("begins anew where the numbers do, and not where a server is a little behind", () => {
    expect(newsOf("edge", window(7, 9), window(6, 8), window(8, 10))).toEqual(["|7,8,9", "", "10"]);
    expect(newsOf("edge", window(7, 9), window(0, 1), window(0, 2))).toEqual([
      "|7,8,9",
      "|0,1",
      "2",
    ]);
    expect(newsOf("start", window(7, 9), window(0, 1))).toEqual(["|7,8,9", ""]);
  });
});

describe("lastOf", () => {
  test("gives as many segments as are long enough together", () => {
    const segments = [1, 2, 3].map((at) => aSegment(at, 2.001));
    expect(lastOf(segments, 4).map(({ at }) => at)).toEqual([2, 3]);
    expect(lastOf(segments, 60)).toHaveLength(3);
    expect(lastOf(segments, 0)).toEqual([]);
  });
});
