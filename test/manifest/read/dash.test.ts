import { describe, expect, test } from "bun:test";
import type { Track } from "../../../src/manifest/manifest.ts";
import { parseDash } from "../../../src/manifest/read/dash.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";

const BASE = "https://h/films/list.mpd";

const mpd = (inside: string, attributes = 'type="static" mediaPresentationDuration="PT10S"') =>
  `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ${attributes}>${inside}</MPD>`;
const period = (inside: string, attributes = "") => `<Period ${attributes}>${inside}</Period>`;
const video = (inside: string, attributes = 'id="v" bandwidth="500"') =>
  `<AdaptationSet mimeType="video/mp4">${inside}<Representation ${attributes}/></AdaptationSet>`;
const template = (attributes: string, inside = "") =>
  `<SegmentTemplate media="$RepresentationID$-$Number%03d$.m4s" initialization="$RepresentationID$.mp4" ${attributes}>${inside}</SegmentTemplate>`;

const parse = (text: string, nowMs = 0) => parseDash(text, BASE, nowMs);
const urlsOf = (track: Track | undefined) =>
  track?.segments.map(({ url }) => url.replace("https://h/films/", ""));
const firstOf = (text: string, nowMs = 0) => parse(text, nowMs).spans[0]?.main;

describe("parseDash", () => {
  test("counts segments where they are all of one length", () => {
    const track = firstOf(
      mpd(period(video(template('timescale="10" duration="40" startNumber="5"')))),
    );
    expect(track?.init?.url).toBe("https://h/films/v.mp4");
    expect(urlsOf(track)).toEqual(["v-005.m4s", "v-006.m4s", "v-007.m4s"]);
  });

  test("follows a timeline with its repeats", () => {
    const timeline =
      '<SegmentTimeline><S t="100" d="20" r="1"/><S d="30"/><S t="400" d="300" r="-1"/></SegmentTimeline>';
    const named = template('timescale="100"', timeline).replace("$Number%03d$", "$Time$");
    const track = firstOf(mpd(period(video(named))));
    expect(urlsOf(track)).toEqual([
      "v-100.m4s",
      "v-120.m4s",
      "v-140.m4s",
      "v-400.m4s",
      "v-700.m4s",
    ]);
  });

  test("reads lists with ranges, and files that hold everything", () => {
    const list =
      '<SegmentList duration="5"><Initialization range="0-99"/><SegmentURL mediaRange="100-199"/></SegmentList>';
    const track = firstOf(mpd(period(`<BaseURL>one.mp4</BaseURL>${video(list)}`)));
    expect(track).toEqual({
      init: {
        url: "https://h/films/one.mp4",
        range: { fromByte: 0, sizeBytes: 100 },
        seconds: 5,
        at: 0,
      },
      segments: [
        {
          url: "https://h/films/one.mp4",
          range: { fromByte: 100, sizeBytes: 100 },
          seconds: 5,
          at: 0,
        },
      ],
    });
    expect(urlsOf(firstOf(mpd(period(video("<BaseURL>all/v.mp4</BaseURL>")))))).toEqual([
      "all/v.mp4",
    ]);
  });

  test("takes the largest picture and the largest sound of every period", () => {
    const inside = `
      <AdaptationSet contentType="video">${template('duration="10"')}
        <Representation id="a" width="320" height="180" bandwidth="900"/>
        <Representation id="b" width="640" height="360" bandwidth="400"/></AdaptationSet>
      <AdaptationSet contentType="audio">${template('duration="10"')}
        <Representation id="c" bandwidth="64"/><Representation id="d" bandwidth="128"/></AdaptationSet>`;
    const { spans } = parse(
      mpd(period(inside, 'duration="PT5S"') + period(inside, 'duration="PT5S"')),
    );
    const names = spans.map(({ main, audio }) => [urlsOf(main), urlsOf(audio)].join());
    expect(names).toEqual(["b-001.m4s,d-001.m4s", "b-001.m4s,d-001.m4s"]);
  });

  test("counts the segments of a live one by the clock", () => {
    const attributes = 'type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"';
    const text = mpd(period(video(template('duration="2"')), 'start="PT0S"'), attributes);
    const urls = urlsOf(firstOf(text, Date.parse("2026-01-01T00:01:41Z")));
    expect(urls).toHaveLength(10);
    expect(urls?.at(-1)).toBe("v-050.m4s");
    expect(parse(text).isLive).toBe(true);
  });

  const body = period(video(template('duration="1"')));
  const withText = (from: string, to: string) => mpd(body).replace(from, to);
  test.each([
    ["what is no XML", "<MPD><Period></MPD>", "source_not_media"],
    [
      "a document type",
      `<!DOCTYPE MPD [<!ENTITY a "b">]>${mpd(body).replace(/^.*\?>/, "")}`,
      "source_not_media",
    ],
    ["an unknown entity", withText("$RepresentationID$.mp4", "&a;.mp4"), "source_not_media"],
    ["depth", mpd(body + "<a>".repeat(50) + "</a>".repeat(50)), "source_not_media"],
    ["no period", mpd(""), "source_not_media"],
    ["no picture and no sound", mpd(period("")), "input_not_supported"],
    [
      "encryption",
      mpd(period(video(`<ContentProtection/>${template('duration="1"')}`))),
      "input_not_supported",
    ],
    [
      "parts elsewhere",
      mpd(period(video(template('duration="1"')), 'xlink:href="http://127.0.0.1/"')),
      "input_not_supported",
    ],
    ["a huge duration", mpd(body, 'mediaPresentationDuration="P8D"'), "input_not_supported"],
    [
      "thousands of segments",
      withText('duration="1"', 'duration="1" timescale="100000"'),
      "input_not_supported",
    ],
    [
      "a timeline without end",
      mpd(
        period(video(template("", '<SegmentTimeline><S d="1" r="999999999"/></SegmentTimeline>'))),
      ),
      "input_not_supported",
    ],
    [
      "a timeline of unknown length",
      mpd(period(video(template("", '<SegmentTimeline><S d="1" r="-1"/></SegmentTimeline>'))), ""),
      "source_not_media",
    ],
    [
      "a timeline of no length",
      mpd(period(video(template("", '<SegmentTimeline><S d="0"/></SegmentTimeline>')))),
      "source_not_media",
    ],
    [
      "time counted by nothing",
      withText('duration="1"', 'duration="1" timescale="0"'),
      "source_not_media",
    ],
    [
      "a beginning named by a number",
      withText('"$RepresentationID$.mp4', '"$Number$.mp4'),
      "source_not_media",
    ],
    ["segments of no length", withText('duration="1"', 'duration="0"'), "source_not_media"],
    ["a length that is none", mpd(body, 'mediaPresentationDuration="ten"'), "source_not_media"],
    ["no length", mpd(body, ""), "input_not_supported"],
    ["a file as base", mpd(`<BaseURL>file:///etc/</BaseURL>${body}`), "source_address_invalid"],
    [
      "a file as base of a period",
      mpd(period(`<BaseURL>file:///etc/</BaseURL>${video("")}`)),
      "source_address_invalid",
    ],
    ["a file as segment", withText("$RepresentationID$-", "file:///"), "source_address_invalid"],
    [
      "a file as beginning",
      withText('"$RepresentationID$.mp4', '"ftp://h/x'),
      "source_address_invalid",
    ],
  ])("refuses %s", async (_, text, code) => {
    const error = await taskErrorOf(Promise.try(() => parse(text)));
    expect<string>(error.code).toBe(code);
  });
});

describe("parseDash of a long stretch", () => {
  const long = 2_000_000;
  test.each([
    ["a comment", `<!--${"- ".repeat(long / 2)}--><MPD/>`],
    ["an instruction", `<?x ${"?".repeat(long)}?><MPD/>`],
    ["character data", `<MPD><![CDATA[${"]".repeat(long)}]]></MPD>`],
    ["a text", `<MPD>${"\r".repeat(long)}</MPD>`],
    ["a tag", `<MPD ${Array.from({ length: long / 10 }, (_, at) => `a${at}="12"`).join(" ")}/>`],
  ])("refuses %s before all of it is held", (_, text) => {
    expect(() => parse(text)).toThrow("its manifest is too large");
  });

  test("reads many short ones", () => {
    const comments = "<!-- nothing is held of it -->".repeat(long / 30);
    const list = mpd(comments + period(video(template('duration="2"'))));
    expect(parse(list).spans[0]?.main.segments).toHaveLength(5);
  });
});
