import { describe, expect, test } from "bun:test";
import { liveProtocolOf } from "../../../src/plan/live/live-protocols.ts";
import { isAnyLive, kindOf, placesOf } from "../../../src/plan/live/places.ts";
import { aRendition } from "../builders.ts";

const assigned = (container: "mp4" | "m3u8" | "cmaf" | "dash" | "copy", ...targets: number[]) => ({
  rendition: aRendition({ container }),
  targets,
});

describe("placesOf", () => {
  test("tells a file, a set and a live stream apart, by what each target gets", () => {
    const urls = ["a.mp4", "b.m3u8", "c.mpd", "d.m3u8", "e.mp4", "RTMP://h/live/x"];
    const assignments = [
      assigned("mp4", 0),
      assigned("m3u8", 1, 5),
      assigned("dash", 2),
      assigned("cmaf", 3),
      assigned("copy", 4),
    ];
    const { source, targets } = placesOf("udp://:1", urls, assignments);
    expect(targets.map(({ kind }) => kind)).toEqual(["file", "set", "set", "set", "file", "live"]);
    expect(targets.map(({ url }) => url)).toEqual(urls);
    expect(targets[5]?.live?.container).toBe("flv");
    expect(source).toMatchObject({ url: "udp://:1", kind: "live", live: { container: "mpegts" } });
  });

  test("takes a target for a file that gets nothing", () => {
    expect(placesOf("a.mp4", ["b.m3u8"], []).targets).toEqual([{ url: "b.m3u8", kind: "file" }]);
  });
});

describe("kindOf", () => {
  const live = liveProtocolOf("srt://h:1") ?? expect.unreachable();

  test("is live whatever container is asked for", () => {
    expect(kindOf({ url: "srt://h:1", live }, "m3u8")).toBe("live");
    expect(kindOf({ url: "a.m3u8" }, "m3u8")).toBe("set");
    expect(kindOf({ url: "a.m3u8" }, "mp4")).toBe("file");
  });
});

describe("liveProtocolOf", () => {
  test.each(["rtmpx", "srt:/h:1", "file:///srt://h", "http://h/x", "hls://h"])(
    "finds none in %s",
    (url) => {
      expect(liveProtocolOf(url)).toBeUndefined();
    },
  );
});

describe("isAnyLive", () => {
  test.each([
    ["a.mp4", ["b.mp4"], false],
    ["rtsp://h/x", ["b.mp4"], true],
    ["a.mp4", ["b.mp4", "srt://h:1"], true],
  ] as const)("of %s to %j is %p", (source, targets, is) => {
    expect(isAnyLive(placesOf(source, targets, []))).toBe(is);
  });
});
