import { describe, expect, test } from "bun:test";
import { nameSet, segmentFolderOf } from "../../src/storage/set-names.ts";

describe("segmentFolderOf", () => {
  test.each([
    ["/m/a.m3u8", "/m/a"],
    ["/m/a.b.m3u8", "/m/a.b"],
    ["/m/live", "/m/live.segments"],
    ["/m/a.M3U8", "/m/a.M3U8.segments"],
    ["/m/.m3u8", "/m/.m3u8.segments"],
    ["/m/a.mpd", "/m/a.dash"],
    ["/m/.mpd", "/m/.mpd.segments"],
    ["/m/..m3u8", "/m/..m3u8.segments"],
    ["a.m3u8", "a"],
    ["/m//a.m3u8", "/m//a"],
    ["/m//a", "/m//a.segments"],
  ])("of %s is %s", (playlist, folder) => {
    expect(segmentFolderOf(playlist)).toBe(folder);
  });
});

describe("nameSet", () => {
  test("names segments after the attempt and says so in the playlist, each once", () => {
    const text = '#EXTM3U\n#EXT-X-MAP:URI="out/init.mp4"\nout/0.ts\nout/0.ts\n';
    const own = {
      entry: { name: "out.m3u8", text },
      files: ["init.mp4", "0.ts"],
      texts: new Map(),
    };
    expect(nameSet(own, "t-1", "a b")).toEqual({
      segments: [
        { own: "init.mp4", name: "pontus.t-1.init.mp4" },
        { own: "0.ts", name: "pontus.t-1.0.ts" },
      ],
      playlists: [],
      fixed: [],
      entry:
        '#EXTM3U\n#EXT-X-MAP:URI="a%20b/pontus.t-1.init.mp4"\na%20b/pontus.t-1.0.ts\na%20b/pontus.t-1.0.ts\n',
    });
  });
});
