import { describe, expect, test } from "bun:test";
import {
  type ToldKey,
  withContentProtection,
  withSampleKey,
} from "../../../src/manifest/write/protected-samples.ts";

const KEY: ToldKey = {
  method: "cbcs",
  keyId: "00112233445566778899aabbccddeeff",
  vector: "0123456789abcdef0123456789abcdef",
};
const FRAGMENTS = '#EXTM3U\n#EXT-X-MAP:URI="init-0.mp4"\n#EXTINF:3,\nchunk-0-00001.m4s\n';

describe("withSampleKey()", () => {
  const keyIn = (text: string) => /^#EXT-X-KEY:(.*)$/m.exec(text)?.[1];

  test("names the key once behind the init segment", () => {
    const told = withSampleKey(FRAGMENTS, KEY, { url: "/k", format: "identity" });
    expect(told.split("\n").map((line) => line.split(":")[0])).toEqual([
      "#EXTM3U",
      "#EXT-X-MAP",
      "#EXT-X-KEY",
      "#EXTINF",
      "chunk-0-00001.m4s",
      "",
    ]);
    expect(keyIn(told)).toBe(
      `METHOD=SAMPLE-AES,URI="/k",IV=0x${KEY.vector},KEYFORMAT="identity",KEYFORMATVERSIONS="1"`,
    );
  });

  test("tells other formats the id, and no vector where each sample has its own", () => {
    const told = withSampleKey(
      FRAGMENTS,
      { ...KEY, method: "cenc" },
      {
        ...{ url: "$&", format: "org.w3.clearkey" },
      },
    );
    expect(keyIn(told)).toBe(
      `METHOD=SAMPLE-AES-CTR,URI="$&",KEYID=0x${KEY.keyId},KEYFORMAT="org.w3.clearkey",KEYFORMATVERSIONS="1"`,
    );
  });

  test("leaves playlists of texts and of other playlists as they are", () => {
    const texts = "#EXTM3U\n#EXTINF:3,\nsubtitles.vtt\n";
    expect(withSampleKey(texts, KEY, { url: "/k", format: "identity" })).toBe(texts);
  });
});

describe("withContentProtection()", () => {
  const MPD = [
    '<MPD profiles="x">',
    '<AdaptationSet id="0" contentType="video" lang="en">',
    '<AdaptationSet id="1" contentType="audio">',
    '<AdaptationSet id="2" contentType="text">',
    "",
  ].join("\n");

  test("names the key of pictures and sounds, and the server of licenses", () => {
    const told = withContentProtection(MPD, KEY, "https://a/?b=1&c=<2>");
    expect(told.match(/cenc:default_KID="00112233-4455-6677-8899-aabbccddeeff"/g)).toHaveLength(2);
    expect(told.match(/value="cbcs"/g)).toHaveLength(2);
    expect(told).toContain(
      '<clearkey:Laurl Lic_type="EME-1.0">https://a/?b=1&amp;c=&lt;2&gt;</clearkey:Laurl>',
    );
    expect(told).toContain("<dashif:Laurl>https://a/?b=1&amp;c=&lt;2&gt;</dashif:Laurl>");
    expect(told.split('contentType="text"')[1]?.trim()).toBe(">");
    expect(told).toContain('xmlns:cenc="urn:mpeg:cenc:2013"');
  });

  test("names no server where players are told of it otherwise", () => {
    const told = withContentProtection(MPD, KEY, undefined);
    expect(told).not.toContain("Laurl>");
    expect(told).toContain("urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e");
  });
});
