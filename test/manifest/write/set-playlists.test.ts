import { describe, expect, test } from "bun:test";
import {
  rewritePlaylist,
  segmentsOf,
  withTargetDuration,
} from "../../../src/manifest/write/set-playlists.ts";

const TS = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:6
#EXTINF:6.000000,
segments/t1-00000.ts
#EXTINF:2.5,with, commas
segments/t1-00001.ts
#EXT-X-ENDLIST
`;
const MP4 = `#EXTM3U
#EXT-X-MAP:URI="segments/t1-init.mp4"
#EXTINF:6,
segments/t1-00000.m4s
#EXT-X-ENDLIST
`;

describe("segmentsOf", () => {
  test.each([
    [TS, ["segments/t1-00000.ts", "segments/t1-00001.ts"]],
    [MP4, ["segments/t1-init.mp4", "segments/t1-00000.m4s"]],
    [TS.replaceAll("\n", "\r\n"), ["segments/t1-00000.ts", "segments/t1-00001.ts"]],
    ['#EXT-X-MAP:BYTERANGE="7@0",URI="a.mp4",X=1\na.mp4\nb.mp4\na.mp4', ["a.mp4", "b.mp4"]],
    ["http://other.example/x.ts\n../../secret", ["http://other.example/x.ts", "../../secret"]],
    ["", []],
    ["#EXTM3U\n   \n\n", []],
  ])("finds in %j each file once, in order", (text, expected) => {
    expect(segmentsOf(text)).toEqual(expected);
  });
});

describe("rewritePlaylist", () => {
  const rename = (segment: string) => segment.replace("segments/", "movie/pontus.");

  test("renames every file and nothing else", () => {
    expect(rewritePlaylist(TS, rename)).toBe(TS.replaceAll("segments/", "movie/pontus."));
    expect(rewritePlaylist(MP4, rename)).toBe(MP4.replaceAll("segments/", "movie/pontus."));
  });

  test("keeps what stands around the URI of an initialisation section", () => {
    expect(rewritePlaylist('#EXT-X-MAP:BYTERANGE="7@0",URI="a.mp4",X="y"', () => "b.mp4")).toBe(
      '#EXT-X-MAP:BYTERANGE="7@0",URI="b.mp4",X="y"',
    );
  });

  test("takes a name that holds dollar signs as it is", () => {
    expect(rewritePlaylist("a.ts\n", () => "$&$1.ts")).toBe("$&$1.ts\n");
  });
});

describe("withTargetDuration", () => {
  test.each([
    ["6.500000", 7],
    ["6.499999", 6],
    ["0.400000", 1],
  ])("tells a longest segment of %s s as %d", (longest, told) => {
    const text = TS.replace("6.000000", longest).replace("2.5,", "0.2,");
    expect(withTargetDuration(text)).toContain(`#EXT-X-TARGETDURATION:${told}\n`);
  });

  test("leaves a master playlist as it is", () => {
    const master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n";
    expect(withTargetDuration(master)).toBe(master);
  });
});
