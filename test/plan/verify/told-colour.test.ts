import { describe, expect, test } from "bun:test";
import {
  finishManifest,
  masterPlaylist,
  type TrackFacts,
} from "../../../src/plan/verify/finished-set.ts";
import { type CodedColour, withColours } from "../../../src/plan/verify/told-colour.ts";

const PQ: CodedColour = { primaries: 9, transfer: 16, matrix: 9 };
const HLG: CodedColour = { primaries: 9, transfer: 18, matrix: 9 };
const WIDE: CodedColour = { primaries: 9, transfer: 14, matrix: 9 };
const USUAL: CodedColour = { primaries: 1, transfer: 1, matrix: 1 };

/** An adaptation set, as ffmpeg writes it. */
const adaptation = (kind: "video" | "audio", id: number): string =>
  `\t\t<AdaptationSet id="${id}" contentType="${kind}" startWithSAP="1">\n\t\t\t<Representation id="${id}" codecs="x">\n\t\t\t</Representation>\n\t\t</AdaptationSet>\n`;
const MANIFEST = adaptation("video", 0) + adaptation("video", 1) + adaptation("audio", 2);

const stream = (colour?: CodedColour): TrackFacts => ({
  codec: "hvc1.2.4.L93.B0",
  segments: [{ seconds: 2, bytes: 1000 }],
  ...(colour && { colour }),
});
const SOUND: TrackFacts = { ...stream(), codec: "mp4a.40.2" };

/** The properties of the adaptation sets of a manifest: its kind, what it is about, its value. */
const propertiesOf = (text: string): readonly string[] =>
  [
    ...text.matchAll(/<(\w+)Property schemeIdUri="urn:mpeg:mpegB:cicp:(\w+)" value="(\d+)"\/>/g),
  ].map(([, kind, name, value]) => `${kind} ${name} ${value}`);

describe("a manifest", () => {
  test.each([
    ["PQ", PQ, 16],
    ["HLG", HLG, 18],
    ["a standard range in wide colours", WIDE, 14],
  ])("tells of %s what players may not expect", (_, colour, transfer) => {
    const text = finishManifest(MANIFEST, [stream(colour), stream(colour), SOUND]);
    const told = [
      "Supplemental ColourPrimaries 9",
      `Supplemental TransferCharacteristics ${transfer}`,
      "Supplemental MatrixCoefficients 9",
    ];
    expect(propertiesOf(text)).toEqual([...told, ...told]);
    expect(text).toStartWith(
      '\t\t<AdaptationSet id="0" contentType="video" startWithSAP="1">\n\t\t\t<SupplementalProperty ',
    );
    expect(text.slice(text.indexOf('contentType="audio"'))).not.toContain("Property");
  });

  test.each([
    ["states usual colours", stream(USUAL)],
    ["states none", stream()],
  ])("has a player leave them alone if another picture %s", (_, other) => {
    expect(propertiesOf(withColours(MANIFEST, [stream(PQ), other, SOUND]))).toEqual([
      "Essential ColourPrimaries 9",
      "Essential TransferCharacteristics 16",
      "Essential MatrixCoefficients 9",
    ]);
  });

  test("of usual colours is left as it is", () => {
    expect(withColours(MANIFEST, [stream(USUAL), stream(), SOUND])).toBe(MANIFEST);
  });
});

test("a multivariant playlist names the ranges that are not the standard one", () => {
  const playlist = (name: string) => ({ kind: "video" as const, playlist: name });
  const set = {
    tracks: ["a", "b", "c", "d"].map(playlist),
    renditions: [0, 1, 2, 3].map((video) => ({ video })),
  };
  const text = masterPlaylist(set, [PQ, HLG, WIDE, USUAL].map(stream), "f");
  const infos = text.split("\n").filter((line) => line.startsWith("#EXT-X-STREAM-INF"));
  expect(infos.map((line) => /VIDEO-RANGE=(\w+)/.exec(line)?.[1])).toEqual([
    "PQ",
    "HLG",
    undefined,
    undefined,
  ]);
});
