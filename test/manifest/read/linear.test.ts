import { describe, expect, test } from "bun:test";
import { parseDash } from "../../../src/manifest/read/dash.ts";
import { parseHls } from "../../../src/manifest/read/hls.ts";

const BASE = "http://host/film/list";

const hls = (text: string) => () => void parseHls(`#EXTM3U\n${text}`, BASE);
const dash =
  (inside: string, attributes = "") =>
  () =>
    void parseDash(`<MPD ${attributes}>${inside}</MPD>`, BASE, 0);
const period = (inside: string, attributes = 'duration="PT9S"') =>
  `<Period ${attributes}>${inside}</Period>`;
const video = (inside: string) =>
  `<AdaptationSet contentType="video">${inside}<Representation/></AdaptationSet>`;

/** Texts that grow with a number, each by another of its parts; harmless to parsers that look at each character a few times. */
const SHAPES: readonly (readonly [string, number, (size: number) => () => void])[] = [
  ["a key of one word", 4_000, (n) => hls(`#EXT-X-KEY:${"A".repeat(n)}`)],
  [
    "comments after many variants",
    60,
    (n) => hls(`${"#EXT-X-STREAM-INF:A=1\n".repeat(n)}${"#\n".repeat(200 * n)}a.m3u8`),
  ],
  [
    "keys in turn",
    2_000,
    (n) => hls('#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF:2,\na.ts\n'.repeat(n)),
  ],
  [
    "a media type of slashes",
    4_000,
    (n) =>
      dash(
        `<Period><AdaptationSet mimeType="${"/".repeat(n)}\u2028"><Representation/></AdaptationSet></Period>`,
      ),
  ],
  ["a name of prefixes", 100_000, (n) => dash(`<${"a".repeat(n)}:b/>`)],
  [
    "periods beside base addresses",
    120,
    (n) =>
      dash(
        "<BaseURL/>".repeat(n * 30) +
          period(video('<SegmentTemplate media="$Number$" duration="1"/>')).repeat(n),
      ),
  ],
  [
    "rows of a timeline",
    2_000,
    (n) =>
      dash(
        period(
          video(
            `<SegmentTemplate media="$Time$"><SegmentTimeline>${'<S d="1"/>'.repeat(n)}</SegmentTimeline></SegmentTemplate>`,
          ),
          'duration="PT40000S"',
        ),
      ),
  ],
  ["representations", 2_500, (n) => dash(period(video("<Representation/>".repeat(n))))],
  ["texts and entities", 25_000, (n) => dash("&amp;".repeat(n))],
];

/** The CPU time of a run, in ms. User and system together: the kernel only estimates how they share it. */
function cpuMs(run: () => void): number {
  const before = process.cpuUsage();
  try {
    run();
  } catch {
    // Refused, which takes its time as well.
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const ROUNDS_MIN = 5;
/** On a busy machine a round may say anything, but what else goes on there only adds: the least time of many is right. */
const ROUNDS_MAX = 15;

describe("a manifest is read in a time that grows with its length", () => {
  test.each(SHAPES)("%s", (_, size, shape) => {
    const [short, long] = [shape(size), shape(16 * size)];
    // The first runs are slow: their code is not compiled yet.
    for (let run = 0; run < ROUNDS_MIN; run++) cpuMs(short);
    const least = { short: Infinity, long: Infinity };
    // Sixteen times the length takes 256 times as long where it is read in squares. Below 2 ms the clock says nothing.
    const boundMs = () => 90 * Math.max(2, least.short);
    for (let round = 0; round < ROUNDS_MIN || least.long >= boundMs(); round++) {
      if (round === ROUNDS_MAX) break;
      least.short = Math.min(least.short, cpuMs(short));
      least.long = Math.min(least.long, cpuMs(long));
    }
    expect(least.long).toBeLessThan(boundMs());
  });
});

describe("what a manifest names is counted before it is listed", () => {
  const long = period(
    video('<SegmentTemplate media="$Number$" duration="1"/>'),
    'duration="PT3000S"',
  );
  const timeline = (rows: string) =>
    video(
      `<SegmentTemplate media="$Time$"><SegmentTimeline>${rows}</SegmentTimeline></SegmentTemplate>`,
    );
  const wide = (width: string) =>
    period(video(`<SegmentTemplate media="${width}" duration="1"/>`), 'duration="PT39000S"');

  test.each([
    ["segments of all periods", dash(long.repeat(14)), "names more than 40000 segments"],
    [
      "segments of all rows of a timeline",
      dash(period(timeline('<S d="1" r="14999"/>'.repeat(3)), 'duration="PT45000S"')),
      "names more than 40000 segments",
    ],
    [
      "seconds of a timeline",
      dash(period(timeline('<S d="300000" r="2"/>'))),
      "claims to be longer than a week",
    ],
    [
      "segments of a list",
      dash(period(video(`<SegmentList>${"<SegmentURL/>".repeat(40_001)}</SegmentList>`))),
      "names more than 40000 segments",
    ],
    ["elements", dash("<a/>".repeat(200_000)), "is too large"],
    ["variants", hls("#EXT-X-STREAM-INF:A=1\na\n".repeat(1_001)), "names more than 1000 variants"],
    [
      "seconds of all periods",
      dash(period(video(""), 'duration="PT300000S"').repeat(3)),
      "claims to be longer than a week",
    ],
    ["periods", dash(period(video("")).repeat(2_001)), "names more than 2000 periods"],
    [
      "characters of addresses",
      dash(wide("$Number%099d$".repeat(70))),
      "names addresses of more than 64 million characters",
    ],
    ["characters of a value", dash(wide("x".repeat(65_537))), "is too large"],
    [
      "attributes of an element",
      dash("", Array.from({ length: 201 }, (_, at) => `a${at}=""`).join(" ")),
      "is too large",
    ],
    [
      "attributes of a tag",
      hls(`#EXT-X-KEY:${Array.from({ length: 201 }, (_, at) => `A${at}=1`).join(",")}`),
      "has a tag of more than 200 attributes",
    ],
    ["characters of a line", hls("#".repeat(65_537)), "has a line of more than 65536 characters"],
    ["lines", hls("\n".repeat(400_000)), "has more than 400000 lines"],
    [
      "sounds",
      hls(`${"#EXT-X-MEDIA:TYPE=AUDIO\n".repeat(1_001)}#EXT-X-STREAM-INF:A=1\na`),
      "names more than 1000 variants",
    ],
  ] as const)("%s", (_, run, why) => {
    expect(run).toThrow(`Cannot read the source: its manifest ${why}`);
  });
});

test("the periods of a live manifest that have been played do not count", () => {
  const one = (start: string) =>
    `<Period start="${start}">${video('<SegmentTemplate media="$Number$" duration="1"/>')}</Period>`;
  const past = Array.from({ length: 2_500 }, (_, at) => one(`PT${at * 300}S`)).join("");
  const text = `<MPD type="dynamic" availabilityStartTime="1970-01-01T00:00:00Z">${past}</MPD>`;
  expect(parseDash(text, BASE, 750_010_000).spans).toHaveLength(1);
});
