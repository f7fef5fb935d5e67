import { describe, expect, test } from "bun:test";
import { parseProbe } from "../../src/probe/parse-probe.ts";

const format = { format_name: "mov,mp4,m4a,3gp,3g2,mj2" };
const audio = {
  index: 1,
  codec_type: "audio",
  codec_name: "aac",
  channels: 2,
  sample_rate: "48000",
};

describe("parseProbe of sound", () => {
  test.each([
    ["eng", "eng"],
    ["EN-us", "en-us"],
    ["zh-hant-tw", "zh-hant-tw"],
    ["en-12", "en"],
    ["en-us-latn", "en"],
    ["en-gb2", "en"],
    ["en-", "en"],
    ["und-12", undefined],
    ["und", undefined],
    ["eng,fre", undefined],
    ["x y", undefined],
  ])("reads the language %p as %p", (language, expected) => {
    const tagged = { ...audio, tags: { language } };
    expect(parseProbe({ format, streams: [tagged] }).audio?.language).toBe(expected as string);
  });

  test.each([
    ["mpegts", 257],
    ["mov,mp4,m4a,3gp,3g2,mj2", undefined],
  ])("knows by which number its packets go in %s: %p", (format_name, pid) => {
    const media = parseProbe({ format: { format_name }, streams: [{ ...audio, id: "0x101" }] });
    expect(media.audio?.pid).toBe(pid as number);
  });

  test.each([
    ["qt  ", 2],
    ["isom", undefined],
  ])("takes two channels for one sound by the brand %p: %p", (major_brand, right) => {
    const streams = [1, 2].map((index) => ({ ...audio, index, channels: 1 }));
    const media = parseProbe({ format: { ...format, tags: { major_brand } }, streams });
    expect(media.audio?.rightIndex).toBe(right as number);
  });

  test("takes the main sound that can be decoded", () => {
    const sounds = [
      { ...audio, index: 1, codec_name: undefined, disposition: { default: 1 } },
      { ...audio, index: 2, sample_fmt: "fltp", disposition: { comment: 1 } },
      { ...audio, index: 3, sample_fmt: "fltp", channel_layout: "stereo" },
    ];
    expect(parseProbe({ format, streams: sounds }).audio).toMatchObject({
      index: 3,
      layout: "stereo",
      why: "stream 3 is its sound, as stream 1 is in an unknown codec",
    });
  });
});
