import { describe, expect, test } from "bun:test";
import type { SubtitleTrack } from "../../../src/plan/plan.ts";
import {
  judgeSubtitles,
  namedSubtitles,
  subtitleMedia,
} from "../../../src/plan/verify/finished-subtitles.ts";
import type { OtherStream } from "../../../src/probe/media.ts";

const track = (fields: Partial<SubtitleTrack> = {}): SubtitleTrack => ({
  ...{ index: 2, codec: "subrip", file: "subtitles/2.vtt", dispositions: [] },
  ...fields,
});

describe("namedSubtitles", () => {
  test("gives each its language in its own words, no two alike", () => {
    const tracks = [
      track({ language: "ger" }),
      track({ language: "deu" }),
      track({ language: "deu", dispositions: ["forced"] }),
      // What is private in a tag has no name.
      track({ language: "en-us-x-cinema" }),
      track({ language: "fre", dispositions: ["hearing_impaired"] }),
      track(),
    ];
    expect(namedSubtitles(tracks).map(({ name, language }) => [name, language])).toEqual([
      ["Deutsch", "de"],
      ["Deutsch 2", "de"],
      ["Deutsch (forced)", "de"],
      ["American English", "en-US-x-cinema"],
      ["français (SDH)", "fr"],
      ["Subtitles", undefined],
    ]);
  });
});

test("subtitleMedia says which texts are for the deaf", () => {
  const [line] = subtitleMedia(
    namedSubtitles([track({ dispositions: ["hearing_impaired"] })]),
    "s",
  );
  expect(line).toBe(
    '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="Subtitles (SDH)",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,' +
      'CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound",URI="s/subtitles_0.m3u8"',
  );
});

describe("judgeSubtitles", () => {
  const found = (...codes: readonly (string | undefined)[]): { streams: OtherStream[] } => ({
    streams: codes.map((language, index) => ({
      ...{ kind: "subtitle", index, codec: "subrip", dispositions: [] },
      ...(language !== undefined && { language }),
    })),
  });
  const [german, french] = [track({ language: "ger" }), track({ language: "fre" })];

  test("takes the tracks that were asked for, by whichever code", () => {
    judgeSubtitles([german, french], found("deu", "fr"));
    judgeSubtitles([track({ codec: "mov_text", language: "qaa" })], {
      streams: found(undefined).streams.map((one) => ({ ...one, codec: "mov_text" })),
    });
  });

  test("refuses another number, order, language and format of them", () => {
    const judged = (...all: Parameters<typeof judgeSubtitles>) =>
      expect(() => judgeSubtitles(...all));
    judged([german, french], found("deu")).toThrow("it has 1 tracks of subtitles, not 2");
    judged([german, french], found("fr", "deu")).toThrow("its track 0 of subtitles is another one");
    judged([german], found(undefined)).toThrow("its track 0 of subtitles is another one");
    judged([track()], found("deu")).toThrow("its track 0 of subtitles is another one");
    judged([{ ...german, codec: "webvtt" }], found("deu")).toThrow("is another one");
  });
});
