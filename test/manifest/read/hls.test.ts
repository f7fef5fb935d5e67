import { describe, expect, test } from "bun:test";
import { SEGMENTS_MAX } from "../../../src/manifest/manifest.ts";
import { type MediaPlaylist, pairPlaylists, parseHls } from "../../../src/manifest/read/hls.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

const BASE = "https://ann:pass@media.example/films/one/list.m3u8?token=x";

const list = (...lines: readonly string[]): string => ["#EXTM3U", ...lines, ""].join("\n");
const segment = (uri: string, ...tags: readonly string[]) => [...tags, "#EXTINF:2.5,", uri];

function media(text: string, base = BASE): MediaPlaylist {
  const playlist = parseHls(text, base);
  if (playlist.kind !== "media") throw new Error("a master playlist");
  return playlist;
}

describe("parseHls", () => {
  test("names segments by absolute addresses, in order, user info going to their own host alone", () => {
    const { tracks, hasEnded } = media(
      list(
        "#EXT-X-MEDIA-SEQUENCE:7",
        ...segment("a.ts"),
        ...segment("/b.ts?x=1#part"),
        ...segment("https://other.example/c.ts"),
        ...segment("http://media.example/d.ts"),
        "#EXT-X-ENDLIST",
      ),
    );
    expect(hasEnded).toBe(true);
    expect(tracks[0]?.segments.map(({ at, url, seconds }) => [at, url, seconds])).toEqual([
      [7, "https://ann:pass@media.example/films/one/a.ts", 2.5],
      [8, "https://ann:pass@media.example/b.ts?x=1", 2.5],
      [9, "https://other.example/c.ts", 2.5],
      [10, "http://media.example/d.ts", 2.5],
    ]);
  });

  test("goes on where the last range of the same file ended", () => {
    const { tracks } = media(
      list(
        '#EXT-X-MAP:URI="all.mp4",BYTERANGE="600@0"',
        ...segment("all.mp4", "#EXT-X-BYTERANGE:100@600"),
        ...segment("all.mp4", "#EXT-X-BYTERANGE:50"),
      ),
    );
    expect(tracks[0]?.init?.range).toEqual({ fromByte: 0, sizeBytes: 600 });
    expect(tracks[0]?.segments.map(({ range }) => range)).toEqual([
      { fromByte: 600, sizeBytes: 100 },
      { fromByte: 700, sizeBytes: 50 },
    ]);
  });

  test("gives each segment the key before it, and its number as vector where none is named", () => {
    const { tracks } = media(
      list(
        "#EXT-X-MEDIA-SEQUENCE:255",
        ...segment("a.ts", '#EXT-X-KEY:METHOD=AES-128,URI="k"'),
        ...segment("b.ts", '#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0xAB'),
        ...segment("c.ts", "#EXT-X-KEY:METHOD=NONE"),
      ),
    );
    expect(tracks[0]?.segments.map(({ key }) => key?.iv)).toEqual([
      "ff".padStart(32, "0"),
      "ab".padStart(32, "0"),
      undefined,
    ]);
  });

  test("parts at breaks and at other maps, not at the same map said again", () => {
    const { tracks } = media(
      list(
        ...segment("a.m4s", '#EXT-X-MAP:URI="i.mp4"'),
        ...segment("b.m4s", '#EXT-X-MAP:URI="i.mp4"'),
        ...segment("c.m4s", "#EXT-X-DISCONTINUITY"),
        ...segment("d.m4s", '#EXT-X-MAP:URI="j.mp4"'),
      ),
    );
    expect(tracks.map(({ segments }) => segments.length)).toEqual([2, 1, 1]);
  });

  test("chooses the largest variant, with the default sound of its group", () => {
    const text = list(
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="low",NAME="x",URI="low.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="hi",NAME="de",URI="de.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="hi",NAME="en, US",DEFAULT=YES,URI="en.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=9000,RESOLUTION=640x360,AUDIO="low"',
      "a.m3u8",
      '#EXT-X-STREAM-INF:BANDWIDTH=5000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="hi"',
      "b.m3u8",
    );
    expect(parseHls(text, "https://h/x/m.m3u8")).toEqual({
      kind: "master",
      main: "https://h/x/b.m3u8",
      audio: "https://h/x/en.m3u8",
    });
  });

  test("reads lines that end as on Windows", () => {
    const text = list(
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="de.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="en.m3u8",DEFAULT=YES',
      '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"',
      "a.m3u8",
    );
    expect(parseHls(text.replaceAll("\n", "\r\n"), "https://h/m.m3u8")).toEqual({
      kind: "master",
      main: "https://h/a.m3u8",
      audio: "https://h/en.m3u8",
    });
  });

  test.each([
    ["a.ts", "https://me:secret@h/x/a.ts"],
    ["https://h/a.ts", "https://me:secret@h/a.ts"],
    ["https://you@h/a.ts", "https://you@h/a.ts"],
    ["https://other/a.ts", "https://other/a.ts"],
    ["http://h/a.ts", "http://h/a.ts"],
    ["https://h:8443/a.ts", "https://h:8443/a.ts"],
  ])("gives %s the user info of its host alone", (uri, url) => {
    const { tracks } = media(list(...segment(uri)), "https://me:secret@h/x/list.m3u8");
    expect(tracks[0]?.segments[0]?.url).toBe(url);
  });

  const thousands = Array.from({ length: SEGMENTS_MAX + 1 }, () => segment("a.ts")).flat();
  const stated = (uri: string) => list(...segment(uri));
  test.each([
    ["another first line", "#EXTINF:1,\na.ts", "source_not_media"],
    ["a segment without its duration", list("a.ts"), "source_not_media"],
    ["a duration that is none", list("#EXTINF:1e9,", "a.ts"), "source_not_media"],
    ["a huge duration", list("#EXTINF:604801,", "a.ts"), "input_not_supported"],
    ["thousands of segments", list(...thousands), "input_not_supported"],
    [
      "variants and segments",
      list(...segment("a.ts"), "#EXT-X-STREAM-INF:X=1", "b"),
      "source_not_media",
    ],
    ["a variant without an address", list("#EXT-X-STREAM-INF:BANDWIDTH=1"), "source_not_media"],
    [
      "a range without a beginning",
      list(...segment("a", "#EXT-X-BYTERANGE:5")),
      "source_not_media",
    ],
    ["a range of nothing", list(...segment("a", "#EXT-X-BYTERANGE:0@0")), "source_not_media"],
    ["a sequence number that is none", list("#EXT-X-MEDIA-SEQUENCE:-1"), "source_not_media"],
    ["SAMPLE-AES", list('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"'), "input_not_supported"],
    [
      "a licence server",
      list('#EXT-X-KEY:METHOD=AES-128,KEYFORMAT="com.apple",URI="k"'),
      "input_not_supported",
    ],
    [
      "an encrypted map without a vector",
      list('#EXT-X-KEY:METHOD=AES-128,URI="k"', '#EXT-X-MAP:URI="i"'),
      "source_not_media",
    ],
    ["variables", list('#EXT-X-DEFINE:NAME="a",VALUE="b"'), "input_not_supported"],
    ["key frames alone", list("#EXT-X-I-FRAMES-ONLY"), "input_not_supported"],
    ["gaps", list(...segment("a.ts", "#EXT-X-GAP")), "input_not_supported"],
    ["a file", stated("file:///etc/passwd"), "source_address_invalid"],
    ["ftp", stated("ftp://h/a.ts"), "source_address_invalid"],
    ["a concatenation", stated("concat:a.ts|b.ts"), "source_address_invalid"],
    ["data", stated("data:video/mp2t;base64,AAAA"), "source_address_invalid"],
    ["a stream", stated("rtmp://h/a/b"), "source_address_invalid"],
    ["a malformed address", stated("http://[/a.ts"), "source_address_invalid"],
    ["a backslash", stated("\\\\host\\a.ts"), "source_address_invalid"],
    ["a long address", stated("a".repeat(9_000)), "source_address_invalid"],
    [
      "a key elsewhere",
      list('#EXT-X-KEY:METHOD=AES-128,URI="file:///k"'),
      "source_address_invalid",
    ],
    ["a map elsewhere", list('#EXT-X-MAP:URI="file:///k"'), "source_address_invalid"],
    [
      "a variant elsewhere",
      list("#EXT-X-STREAM-INF:BANDWIDTH=1", "file:///k"),
      "source_address_invalid",
    ],
  ])("refuses %s", async (_, text, code) => {
    const error = await taskErrorOf(Promise.try(() => parseHls(text, BASE)));
    expect<string>(error.code).toBe(code);
    expect(error.message).not.toContain("pass");
  });

  test("lets a playlist on disk name files alone, which its storage judges", async () => {
    const base = "file:///media/set/list.m3u8";
    expect(media(stated("../../etc/passwd"), base).tracks[0]?.segments[0]?.url).toBe(
      "file:///etc/passwd",
    );
    for (const uri of ["http://h/a.ts", "//host/a.ts"]) {
      const { code } = await taskErrorOf(Promise.try(() => parseHls(stated(uri), base)));
      expect(code).toBe("source_address_invalid");
    }
  });
});

describe("pairPlaylists", () => {
  const one = media(list(...segment("a.ts"), "#EXT-X-ENDLIST"));
  const two = media(
    list(...segment("a.ts"), ...segment("b.ts", "#EXT-X-DISCONTINUITY"), "#EXT-X-ENDLIST"),
  );

  test("refuses a sound that breaks off elsewhere", async () => {
    const { code } = await taskErrorOf(Promise.try(() => pairPlaylists(two, one)));
    expect(code).toBe("input_not_supported");
    expect(pairPlaylists(two, two).spans).toHaveLength(2);
  });

  test("is live while one of the two may grow", () => {
    const growing = media(list(...segment("a.ts")));
    expect(pairPlaylists(one, growing).isLive).toBe(true);
    expect(pairPlaylists(one, one).isLive).toBe(false);
  });
});
