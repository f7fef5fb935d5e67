import { describe, expect, test } from "bun:test";
import {
  captionAttributes,
  captionMedia,
  withCaptions,
} from "../../../src/manifest/write/told-captions.ts";

const BOTH = [
  { channel: "CC1", language: "eng" },
  { channel: "CC3", language: "en-US" },
  { channel: "SERVICE2", language: "ger" },
  { channel: "SERVICE12" },
];

describe("a multivariant playlist", () => {
  test("tells of captions by their channels and languages", () => {
    expect(captionMedia(BOTH)).toEqual([
      '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",NAME="English",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID="CC1"',
      '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",NAME="American English",LANGUAGE="en-US",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID="CC3"',
      '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID="SERVICE2"',
      '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",NAME="SERVICE12",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID="SERVICE12"',
    ]);
  });

  test("gives captions of one language different names", () => {
    const told = captionMedia([
      { channel: "CC1", language: "eng" },
      { channel: "CC3", language: "eng" },
    ]);
    expect(told.map((line) => /NAME="([^"]*)"/.exec(line)?.[1])).toEqual(["English", "English 2"]);
  });

  test("says of each stream whether there are any, if that is known", () => {
    expect(captionAttributes(BOTH)).toEqual(['CLOSED-CAPTIONS="captions"']);
    expect(captionAttributes([])).toEqual(["CLOSED-CAPTIONS=NONE"]);
    expect(captionAttributes(undefined)).toEqual([]);
  });
});

describe("a manifest of DASH", () => {
  const manifest = [
    '\t\t<AdaptationSet id="0" contentType="video" lang="de">',
    '\t\t\t<SupplementalProperty schemeIdUri="x" value="1"/>',
    '\t\t\t<Representation id="0" codecs="a">',
    '\t\t<AdaptationSet id="1" contentType="audio">',
    '\t\t\t<Representation id="1" codecs="b">',
  ];

  test("tells of both kinds behind what else it says of its pictures", () => {
    expect(withCaptions(manifest.join("\n"), BOTH).split("\n")).toEqual([
      ...manifest.slice(0, 2),
      '\t\t\t<Accessibility schemeIdUri="urn:scte:dash:cc:cea-608:2015" value="CC1=eng;CC3=eng"/>',
      '\t\t\t<Accessibility schemeIdUri="urn:scte:dash:cc:cea-708:2015" value="2=lang:deu;12=lang:und"/>',
      ...manifest.slice(2),
    ]);
  });

  test("stays as it is without", () => {
    expect(withCaptions(manifest.join("\n"), [])).toBe(manifest.join("\n"));
    expect(withCaptions(manifest.join("\n"), undefined)).toBe(manifest.join("\n"));
  });
});
