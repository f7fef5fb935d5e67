import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { parseDash } from "../../src/manifest/read/dash.ts";
import { parseHls } from "../../src/manifest/read/hls.ts";
import { TaskError } from "../../src/task/errors.ts";
import { Random } from "../simulation/random.ts";

setDefaultTimeout(5 * 60_000);

const MANIFESTS = 20_000;
const NOW_MS = 1_700_000_000_000;

const HLS = [
  `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:17
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXT-X-KEY:METHOD=AES-128,URI="key.bin",IV=0x00000000000000000000000000000001
#EXT-X-MAP:URI="init.mp4",BYTERANGE="720@0"
#EXTINF:6.006,
#EXT-X-BYTERANGE:1000@720
film.mp4
#EXT-X-DISCONTINUITY
#EXTINF:4.2,title, with a comma
next/2.m4s?a=b
#EXT-X-ENDLIST
`,
  `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="a.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1280000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="a"
720.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=640000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,AUDIO="a"
360.m3u8
`,
];
const DASH = [
  `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT20S">
  <BaseURL>media/</BaseURL>
  <Period id="0" duration="PT20S">
    <AdaptationSet contentType="video" mimeType="video/mp4">
      <SegmentTemplate timescale="90000" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number%05d$.m4s" startNumber="1">
        <SegmentTimeline><S t="0" d="180000" r="8"/><S d="180000"/></SegmentTimeline>
      </SegmentTemplate>
      <Representation id="v0" bandwidth="1000000" width="1280" height="720" codecs="avc1.64001f"/>
      <Representation id="v1" bandwidth="500000" width="640" height="360" codecs="avc1.64001e"/>
    </AdaptationSet>
    <AdaptationSet contentType="audio" mimeType="audio/mp4" lang="en">
      <Representation id="a0" bandwidth="128000" codecs="mp4a.40.2">
        <SegmentList duration="2"><Initialization sourceURL="a/init.mp4"/><SegmentURL media="a/1.m4s"/></SegmentList>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
`,
  `<MPD type="dynamic" availabilityStartTime="2023-11-14T22:00:00Z" minimumUpdatePeriod="PT2S" timeShiftBufferDepth="PT30S">
  <Period start="PT0S">
    <AdaptationSet mimeType="video/mp4">
      <SegmentTemplate timescale="1000" duration="2000" initialization="i.mp4" media="$Time$.m4s"/>
      <Representation id="v" bandwidth="900000"/>
    </AdaptationSet>
  </Period>
</MPD>
`,
];

const NUMBERS = [
  "0",
  "-1",
  "1e9",
  "99999999999999999999",
  "0.0000001",
  "NaN",
  "",
  "PT9999999H",
  "0x7fffffff",
];

/** A manifest with some of it changed as texts are: numbers, lines, words and characters. */
function changed(text: string, random: Random): string {
  const ways: readonly ((all: string) => string)[] = [
    (all) => {
      const numbers = [...all.matchAll(/\d+(\.\d+)?/g)];
      const at = random.pick(numbers);
      if (!at) return all;
      return (
        all.slice(0, at.index) + (random.pick(NUMBERS) ?? "") + all.slice(at.index + at[0].length)
      );
    },
    (all) => all.slice(0, random.below(all.length)),
    (all) => {
      const lines = all.split("\n");
      lines.splice(
        random.below(lines.length),
        1,
        ...(random.chance(0.5) ? [random.pick(lines) ?? ""] : []),
      );
      return lines.join("\n");
    },
    (all) => {
      const from = random.below(all.length);
      return all.slice(0, from) + all.slice(from + random.below(20));
    },
    (all) => {
      const at = random.below(all.length);
      return all.slice(0, at) + String.fromCharCode(random.below(0x250)) + all.slice(at + 1);
    },
    (all) => {
      const words = all.match(/[\w-]+/g) ?? [];
      return all.replace(random.pick(words) ?? "", random.pick(words) ?? "");
    },
  ];
  let worn = text;
  for (let left = 1 + random.below(4); left > 0; left -= 1)
    worn = random.pick(ways)?.(worn) ?? worn;
  return worn;
}

describe.each([
  ["HLS", HLS, (text: string) => parseHls(text, "http://host/a/list")],
  ["DASH", DASH, (text: string) => parseDash(text, "http://host/a/list", NOW_MS)],
] as const)("a changed manifest of %s", (_, manifests, parse) => {
  test(`is read or refused, ${MANIFESTS} of them`, () => {
    const codes = new Map<string, number>();
    for (let seed = 0; seed < MANIFESTS; seed += 1) {
      const random = new Random(seed);
      const text = changed(random.pick(manifests) ?? "", random);
      const code = codeOf(() => parse(text), `seed ${seed}: ${text}`);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    // What is changed is read here and refused there, and never the service's own fault.
    expect([...codes.keys()].filter((code) => ["internal", "unknown"].includes(code))).toEqual([]);
    expect(codes.get("read") ?? 0).toBeGreaterThan(MANIFESTS / 20);
    expect(codes.get("read") ?? 0).toBeLessThan(MANIFESTS);
  });
});

/** The code that something is refused with, or `read`. @throws whatever is no refusal, with the text */
function codeOf(doing: () => unknown, text: string): string {
  try {
    doing();
    return "read";
  } catch (error) {
    if (error instanceof TaskError) return error.code;
    throw new Error(text, { cause: error });
  }
}
