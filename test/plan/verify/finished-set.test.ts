import { describe, expect, test } from "bun:test";
import type { SetPlan, Track } from "../../../src/plan/plan.ts";
import {
  finishManifest,
  finishPlaylist,
  judgeBoundaries,
  masterPlaylist,
  segmentTimes,
  type TrackFacts,
  withTold,
} from "../../../src/plan/verify/finished-set.ts";

/** As ffmpeg 5.1.9 leaves it. */
const PLAYLIST = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-MAP:URI="init-0.mp4"
#EXTINF:6.006000,
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T17:59:32.000+0000
chunk-0-00001.m4s
#EXTINF:2.002000,
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T17:59:38.006+0000
chunk-0-00002.m4s
#EXT-X-ENDLIST
`;

const track = (index: number, kind: Track["kind"]): Track => ({
  kind,
  playlist: `media_${index}.m3u8`,
  expect: { durationToleranceSeconds: 0 },
});

const SET: SetPlan = {
  tracks: [track(0, "video"), track(1, "video"), track(2, "audio")],
  renditions: [
    { video: 0, audio: 2 },
    { video: 1, audio: 2 },
  ],
};

const facts = (seconds: readonly number[], bytes: readonly number[]): TrackFacts => ({
  codec: "avc1.64001f",
  segments: seconds.map((each, index) => ({ seconds: each, bytes: bytes[index] ?? 1 })),
  width: 1280,
  height: 720,
  framerate: 30_000 / 1001,
});

const SOUND: TrackFacts = {
  codec: "mp4a.40.2",
  channels: 2,
  segments: [
    { seconds: 6, bytes: 96_000 },
    { seconds: 2, bytes: 32_000 },
  ],
};

describe("finishPlaylist", () => {
  test("says that the film is whole, and not when it was made", () => {
    expect(finishPlaylist(PLAYLIST)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-MAP:URI="init-0.mp4"
#EXTINF:6.006000,
chunk-0-00001.m4s
#EXTINF:2.002000,
chunk-0-00002.m4s
#EXT-X-ENDLIST
`);
  });

  test("tells a target that no segment is longer than, rounded", () => {
    const longer = PLAYLIST.replace("6.006000", "6.673000");
    expect(finishPlaylist(longer)).toContain("#EXT-X-TARGETDURATION:7\n");
  });
});

describe("segmentTimes", () => {
  test("leaves the initialisation out", () => {
    expect(segmentTimes(PLAYLIST)).toEqual([
      { name: "chunk-0-00001.m4s", seconds: 6.006 },
      { name: "chunk-0-00002.m4s", seconds: 2.002 },
    ]);
  });
});

describe("masterPlaylist", () => {
  test("says the language of a sound by its shortest code", () => {
    const tracks = [track(0, "video"), { ...track(1, "audio"), language: "ger" }];
    const set = { tracks, renditions: [{ video: 0, audio: 1 }] };
    expect(masterPlaylist(set, [facts([6], [9]), SOUND], "segments")).toContain(
      'DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="de",CHANNELS="2"',
    );
  });

  test("tells codecs, real rates, sizes and frame rates, and the sound once", () => {
    const pictures = [
      facts([6, 2], [1_500_000, 250_000]),
      { ...facts([6, 2], [600_000, 100_000]), width: 640, height: 360 },
    ];
    expect(masterPlaylist(SET, [...pictures, SOUND], "segments")).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-2",NAME="audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="segments/media_2.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2128000,AVERAGE-BANDWIDTH=1878000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio-2"
segments/media_0.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=928000,AVERAGE-BANDWIDTH=828000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=29.970,AUDIO="audio-2"
segments/media_1.m3u8
`);
  });

  test("makes sound alone a rendition", () => {
    const set = { tracks: [track(0, "audio")], renditions: [{ audio: 0 }] };
    const text = masterPlaylist(set, [SOUND], "segments");
    expect(text).toContain(
      '#EXT-X-STREAM-INF:BANDWIDTH=128000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2"\nsegments/media_0.m3u8\n',
    );
    expect(text).not.toContain("EXT-X-MEDIA");
  });
});

describe("the manifest", () => {
  const text = `<MPD mediaPresentationDuration="PT8.0S" maxSegmentDuration="PT5.9S">
<Representation id="1" mimeType="audio/mp4" codecs="mp4a.40.2" bandwidth="1">
<Representation id="0" mimeType="video/mp4" codecs="avc1.64001f" bandwidth="1">`;

  test("is told the codecs of its streams, also where it has none or half of one", () => {
    const short = text.replace("avc1.64001f", "hvc1").replace("mp4a.40.2", "");
    const full = withTold(short, [{ codec: "hvc1.1.6.L93.90" }, { codec: "ec-3" }]);
    expect(
      [...full.matchAll(/id="(\d)"[^>]* codecs="([^"]*)"/g)].map(([, ...each]) => each),
    ).toEqual([
      ["1", "ec-3"],
      ["0", "hvc1.1.6.L93.90"],
    ]);
  });

  test("is made to tell its lengths in full", () => {
    expect(finishManifest(text, [facts([6.006, 2.002], []), SOUND])).toStartWith(
      '<MPD mediaPresentationDuration="PT8.008S" maxSegmentDuration="PT6.006S">',
    );
  });
});

describe("the manifest's bitrates", () => {
  const text = [0, 1, 2, "subtitles_0.vtt"]
    .map((id) => `<Representation id="${id}" codecs="x" bandwidth="7" width="9">`)
    .join("\n");

  test("are those of the heaviest segments, not those that were asked for", () => {
    const tracks = [facts([6, 2], [1_500_000, 250_000]), SOUND];
    expect([...finishManifest(text, tracks).matchAll(/bandwidth="(\d+)"/g)]).toMatchObject([
      { 1: "2000000" },
      { 1: "128000" },
      { 1: "7" },
      { 1: "7" },
    ]);
  });
});

describe("judgeBoundaries", () => {
  const sound = { ...SOUND, segments: [{ seconds: 5.9, bytes: 1 }] };

  test("takes pictures of the same segments, wherever sounds have theirs and pictures end", () => {
    const pictures = [facts([6.006, 2.002], []), facts([6.006, 1.969], [])];
    expect(() => judgeBoundaries(SET, [...pictures, sound])).not.toThrow();
  });

  test.each([
    ["fewer segments", facts([8.008], []), "has 1 segments, and the first 2"],
    ["another boundary", facts([5.973, 2.035], []), "begins at another time"],
    ["an empty one", facts([6.006, 2.002], [9, 0]), "a segment is empty"],
  ])("refuses a picture with %s", (_what, other, why) => {
    const first = facts([6.006, 2.002], []);
    expect(() => judgeBoundaries(SET, [first, other, sound])).toThrow(why);
  });
});
