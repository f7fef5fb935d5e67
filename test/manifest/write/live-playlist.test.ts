import { describe, expect, test } from "bun:test";
import {
  type ListedSegment,
  livePlaylist,
  segmentsIn,
} from "../../../src/manifest/write/live-playlist.ts";

/** Segments of one run. */
const segments = (count: number, part = 0, init?: string): readonly ListedSegment[] =>
  Array.from({ length: count }, (_, at) => ({
    name: `p.${part}-${at}.ts`,
    seconds: 2,
    part,
    ...(init !== undefined && { init }),
  }));

describe("segmentsIn", () => {
  test("reads the lists of ffmpeg, also with folders in them", () => {
    const text =
      "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:3\n#EXT-X-MEDIA-SEQUENCE:4\n" +
      "#EXTINF:2.040000,\nrecorded-0/a-00004.ts\n#EXTINF:3.000000,\na-00005.ts\n";
    expect(segmentsIn(text, 7)).toEqual([
      { name: "a-00004.ts", seconds: 2.04, part: 7 },
      { name: "a-00005.ts", seconds: 3, part: 7 },
    ]);
  });

  test("reads what stands before fragments of mp4", () => {
    const text =
      '#EXTM3U\n#EXT-X-MAP:URI="recorded-0/i.mp4"\n#EXTINF:2.0,\na-0.m4s\n#EXTINF:1.5,\na-1.m4s\n';
    expect(segmentsIn(text, 0).map(({ init }) => init)).toEqual(["i.mp4", "i.mp4"]);
  });

  test("finds none in what is not written yet", () => {
    expect(segmentsIn("", 0)).toEqual([]);
    expect(segmentsIn("#EXTM3U\n#EXTINF:2.0,\n", 0)).toEqual([]);
  });
});

describe("livePlaylist", () => {
  test("names the segments in their folder, and does not say that it ends before it does", () => {
    expect(livePlaylist(segments(2), "a b", "grows")).toBe(
      "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n" +
        "#EXTINF:2.000000,\na%20b/p.0-0.ts\n#EXTINF:2.000000,\na%20b/p.0-1.ts\n",
    );
  });

  test("shows a window while it grows, and everything in the end, by the same numbers", () => {
    const all = segments(1_000);
    const live = livePlaylist(all, "a", "grows");
    expect(live).toContain("#EXT-X-MEDIA-SEQUENCE:100\n");
    expect(live.match(/#EXTINF/g)).toHaveLength(900);
    expect(live).not.toContain("p.0-99.ts");
    const last = livePlaylist(all, "a", "ends");
    expect(last).toBe(`${live}#EXT-X-ENDLIST\n`);
    const ended = livePlaylist(all, "a", "whole");
    expect(ended).toContain("#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n");
    expect(ended.match(/#EXTINF/g)).toHaveLength(1_000);
    expect(ended).toEndWith("a/p.0-999.ts\n#EXT-X-ENDLIST\n");
  });

  test("marks the breaks between runs, and counts those that have left the window", () => {
    const two = livePlaylist([...segments(1, 0), ...segments(1, 1)], "a", "grows");
    expect(two).toContain("a/p.0-0.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:2.000000,\na/p.1-0.ts");
    expect(two).not.toContain("DISCONTINUITY-SEQUENCE");
    const many = [...segments(10, 0), ...segments(900, 1)];
    const moved = livePlaylist(many, "a", "grows");
    expect(moved).toContain("#EXT-X-MEDIA-SEQUENCE:10\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n");
    expect(moved).not.toContain("#EXT-X-DISCONTINUITY\n");
  });

  test("tells what stands before fragments at the beginning and after each break", () => {
    const text = livePlaylist(
      [...segments(2, 0, "i0.mp4"), ...segments(1, 1, "i1.mp4")],
      "a",
      "whole",
    );
    expect(text.match(/#EXT-X-MAP:URI="[^"]+"/g)).toEqual([
      '#EXT-X-MAP:URI="a/i0.mp4"',
      '#EXT-X-MAP:URI="a/i1.mp4"',
    ]);
    expect(text).toContain("#EXT-X-VERSION:7\n");
  });

  test("says the length of the longest segment, rounded", () => {
    const uneven = [{ name: "a.ts", seconds: 2.6, part: 0 }];
    expect(livePlaylist(uneven, "a", "grows")).toContain("#EXT-X-TARGETDURATION:3\n");
  });
});
