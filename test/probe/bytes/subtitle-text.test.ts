import { describe, expect, test } from "bun:test";
import { readSubtitleFile } from "../../../src/probe/bytes/subtitle-text.ts";

const CUE = "1\n00:00:00,700 --> 00:00:01,900\n";
const bytes = (text: string, encoding: BufferEncoding = "utf8") => Buffer.from(text, encoding);
const with8 = (...codes: readonly number[]) => Buffer.concat([bytes(CUE), Buffer.from(codes)]);

const faultOf = (given: Uint8Array, charset?: string): string => {
  try {
    return `none: ${readSubtitleFile(given, "en", charset).format}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe("readSubtitleFile", () => {
  test.each([
    ["srt", `\ufeff\r\n${CUE}a`],
    ["srt", "00:00:01.5 --> 00:00:02.5 X1:0\na"],
    ["webvtt", "WEBVTT\n\n00:01.000 --> 01:00:02.000\na"],
    [
      "ass",
      "; a comment\r\n[Script Info]\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,a",
    ],
  ])("knows %s by its text", (format, text) => {
    expect(readSubtitleFile(bytes(text), "en")).toEqual({
      ...{ format, text: text.replace("\ufeff", "") },
    } as never);
  });

  test.each([
    ["en", "windows-1252", [0xe9], "é"],
    ["ru", "windows-1251", [0xcf], "П"],
    ["pl-PL", "windows-1250", [0xb3], "ł"],
    ["ja", "shift_jis", [0x82, 0xa0], "あ"],
    ["zh", "gb18030", [0xc4, 0xe3], "你"],
    ["zh-Hant", "big5", [0xa7, 0x41], "你"],
    ["zh-TW", "big5", [0xa7, 0x41], "你"],
    ["und", "windows-1252", [0xe9], "é"],
  ] as const)("guesses of %s that it is %s", (language, guessed, codes, text) => {
    const read = readSubtitleFile(with8(...codes), language);
    expect(read).toEqual({ format: "srt", text: CUE + text, guessed });
  });

  test("believes a byte order mark, then what it is told, and guesses nothing then", () => {
    const wide = bytes(`\ufeff${CUE}é`, "utf16le");
    const read = { format: "srt", text: `${CUE}é` } as const;
    expect(readSubtitleFile(wide, "en", "windows-1252")).toEqual(read);
    expect(readSubtitleFile(Buffer.from(wide).swap16(), "en")).toEqual(read);
    expect(readSubtitleFile(with8(0xe9), "ru", "latin1")).toEqual(read);
    expect(readSubtitleFile(bytes(`${CUE}é`), "ru")).toEqual(read);
  });

  const OTHER = "and SRT, WebVTT and ASS alone are read as subtitles";
  test.each([
    ['<?xml version="1.0"?>\n<!-- x -->\n<tt:tt xml:lang="en">', `it is TTML, ${OTHER}`],
    ["<SAMI><HEAD>", `it is SAMI, ${OTHER}`],
    ["{0}{25}Hello", `it is MicroDVD, ${OTHER}`],
    ["[0][25]Hello", `it is MPL2, ${OTHER}`],
    ["# VobSub index file, v7", `it is VobSub, ${OTHER}`],
    ["Scenarist_SCC V1.0", `it is SCC, ${OTHER}`],
    ["PG\0\0", `it is PGS, ${OTHER}`],
    ["850STL25.01", `it is EBU STL, ${OTHER}`],
    ["\0\0\0 ftypisom", `it is a film, ${OTHER}`],
    ["PK\x03\x04", `it is an archive, ${OTHER}`],
    ["#EXTM3U\n", `it is a playlist, ${OTHER}`],
    ["hello\0there", "it is no text"],
    ["", "it is no SRT, WebVTT or ASS file"],
    ["Once upon a time", "it is no SRT, WebVTT or ASS file"],
    ["WEBVTT\n\nNOTE nothing", "it holds no texts"],
    ["[Script Info]\n[Events]\n", "it holds no texts"],
  ])("refuses %j", (text, why) => {
    expect(faultOf(bytes(text, "latin1"))).toBe(`Cannot read the source: ${why}`);
  });

  test("refuses what is not written as it is said to be", () => {
    expect(faultOf(with8(0xe9), "utf-8")).toContain("its characters are not written in utf-8");
    expect(faultOf(with8(0x81, 0xff), "shift_jis")).toContain("not written in shift_jis");
  });

  test("takes long files of nothing in a moment", () => {
    for (const piece of ["\n", " ", "0", "0:00:00,0 --> x ", "; \n", "Dialogue"])
      expect(faultOf(bytes(piece.repeat((4 << 20) / piece.length)))).toContain("it is no SRT");
  });
});
