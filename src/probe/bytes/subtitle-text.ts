import { TaskError } from "../../task/errors.ts";

/** The demuxers that may open a file of subtitles beside a source, by ffmpeg's names: texts that name no other file. */
type SubtitleFormat = "srt" | "ass" | "webvtt";

/** A file of subtitles that was read. */
export type SubtitleFile = {
  /** The demuxer of it, by ffmpeg's name. */
  readonly format: SubtitleFormat;
  /** All of it. */
  readonly text: string;
  /** What it was read as, if the file itself does not say it. */
  readonly guessed?: string;
};

const refuse = (why: string): TaskError =>
  new TaskError("input_not_supported", `Cannot read the source: ${why}`);

const TIMING = /^[ \t]*\d+:\d\d:\d\d[,.]\d+[ \t]*-->[ \t]*\d+:\d\d:\d\d[,.]\d+/m;
const WEBVTT_TIMING = /^(?:\d+:)?\d\d:\d\d\.\d{3}[ \t]+-->[ \t]+(?:\d+:)?\d\d:\d\d\.\d{3}/m;
const ASS_TIMING = /^Dialogue:/im;

/** Texts that are no subtitles here, by how they begin. Binary ones are told by their bytes. */
const OTHERS: readonly (readonly [begins: RegExp, name: string])[] = [
  [/^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]{0,4096}?-->\s*)?<(?:\w+:)?tt[\s>]/, "TTML"],
  [/^<sami[\s>]/i, "SAMI"],
  [/^\{\d+\}\{\d*\}/, "MicroDVD"],
  [/^\[\d+\]\[\d*\]/, "MPL2"],
  [/^# VobSub index file/, "VobSub"],
  [/^\[INFORMATION\]/i, "SubViewer"],
  [/^Scenarist_SCC/, "SCC"],
  [/^#EXTM3U/, "a playlist"],
];

/**
 * Reads a file of subtitles: which of the formats that are read here it has, and its text.
 *
 * @param language - a tag (BCP 47), of its texts: what is no Unicode and does not say how its characters are written is as was usual there
 * @param charset - how its characters are written, as the Encoding Standard names it, if that is known
 * @throws {TaskError} `input_not_supported`, naming what it is as far as that shows; `source_damaged` if it holds no text
 */
export function readSubtitleFile(
  bytes: Uint8Array,
  language: string,
  charset?: string,
): SubtitleFile {
  refuseBinary(bytes);
  const { text, ...guessed } = textOf(bytes, language, charset);
  if (text.includes("\0")) throw refuse("it is no text");
  const head = text.slice(0, HEAD_CHARACTERS).trimStart();
  const other = OTHERS.find(([begins]) => begins.test(head));
  if (other) throw refuse(`it is ${other[1]}, and SRT, WebVTT and ASS alone are read as subtitles`);
  const format = formatOf(head, text);
  if (!format) throw refuse("it is no SRT, WebVTT or ASS file");
  const timing = { srt: TIMING, webvtt: WEBVTT_TIMING, ass: ASS_TIMING }[format];
  if (!timing.test(text))
    throw new TaskError("source_damaged", "Cannot read the source: it holds no texts");
  return { format, text, ...guessed };
}

const HEAD_CHARACTERS = 8192;

function formatOf(head: string, text: string): SubtitleFormat | undefined {
  if (/^WEBVTT(?:\s|$)/.test(head)) return "webvtt";
  if (/^(?:;[^\n]*\n\s*)*\[(?:Script Info|V4\+? Styles|Events)\]/i.test(head)) return "ass";
  return TIMING.test(text) ? "srt" : undefined;
}

/** Files that are given in the place of texts, by their first bytes. */
const BINARIES: readonly (readonly [bytes: string, at: number, name: string])[] = [
  ["PG", 0, "PGS"],
  ["\x00\x00\x01\xBA", 0, "VobSub, or a film"],
  ["ftyp", 4, "a film"],
  ["\x1A\x45\xDF\xA3", 0, "a film"],
  ["STL", 3, "EBU STL"],
  ["PK\x03\x04", 0, "an archive"],
  ["\x1F\x8B", 0, "an archive"],
  ["Rar!", 0, "an archive"],
];

function refuseBinary(bytes: Uint8Array): void {
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  const found = BINARIES.find(([text, at]) => head.startsWith(text, at));
  if (found) throw refuse(`it is ${found[2]}, and SRT, WebVTT and ASS alone are read as subtitles`);
}

/** How files were written before Unicode, by the language. All others are of the west of Europe. */
const LEGACY: Readonly<Record<string, string>> = {
  ...of("windows-1250", "bs cs hr hu pl ro sk sl sq"),
  ...of("windows-1251", "be bg kk ky mk mn ru sr tg uk"),
  ...of("windows-1253", "el"),
  ...of("windows-1254", "az tr"),
  ...of("windows-1255", "he yi"),
  ...of("windows-1256", "ar fa ps ur"),
  ...of("windows-1257", "et lt lv"),
  ...of("windows-1258", "vi"),
  ...of("windows-874", "th"),
  ...of("shift_jis", "ja"),
  ...of("euc-kr", "ko"),
  ...of("gb18030", "zh"),
};
const WESTERN = "windows-1252";
/** Chinese of these regions and scripts is written otherwise. */
const BIG5 = /^zh-(?:.*-)?(?:Hant|TW|HK|MO)\b/i;

function of(charset: string, languages: string): Readonly<Record<string, string>> {
  return Object.fromEntries(languages.split(" ").map((language) => [language, charset]));
}

function textOf(bytes: Uint8Array, language: string, charset: string | undefined) {
  const marked = markOf(bytes) ?? charset;
  if (marked !== undefined) return { text: decoded(bytes, marked) };
  try {
    return { text: decode(bytes, "utf-8") };
  } catch {
    const guessed = BIG5.test(language)
      ? "big5"
      : (LEGACY[new Intl.Locale(language).language] ?? WESTERN);
    return { text: decoded(bytes, guessed), guessed };
  }
}

/** What a file says of itself by its first character. */
function markOf([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

const decode = (bytes: Uint8Array, charset: string): string =>
  new TextDecoder(charset, { fatal: true }).decode(bytes);

function decoded(bytes: Uint8Array, charset: string): string {
  try {
    return decode(bytes, charset);
  } catch {
    throw refuse(`its characters are not written in ${charset}`);
  }
}
