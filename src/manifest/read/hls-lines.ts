import { refuseManifest, SEGMENTS_MAX } from "../manifest.ts";

/** The attributes of a tag, by name. If a name comes twice, the last one counts. */
export type Attributes = ReadonlyMap<string, string>;

/** The most lines: ten for each segment. */
const LINES_MAX = 10 * SEGMENTS_MAX;
/** The longest line: an address of 8,000 characters and what stands beside it. Ad markers and signed addresses are far shorter. */
const LINE_CHARS_MAX = 65_536;
/** The most attributes of one tag; the longest list in the format has some twenty. */
const ATTRIBUTES_MAX = 200;

/** Cuts a playlist into lines, once it is known that they are not too many or too long. @throws {TaskError} `input_not_supported` */
export function linesOf(text: string): readonly string[] {
  const lines: string[] = [];
  for (let from = text.startsWith("\uFEFF") ? 1 : 0; from <= text.length; ) {
    const found = text.indexOf("\n", from);
    const end = found < 0 ? text.length : found;
    if (end - from > LINE_CHARS_MAX)
      throw refuseManifest(
        "input_not_supported",
        `has a line of more than ${LINE_CHARS_MAX} characters`,
      );
    if (lines.length >= LINES_MAX)
      throw refuseManifest("input_not_supported", `has more than ${LINES_MAX} lines`);
    lines.push(text.slice(from, text[end - 1] === "\r" && end > from ? end - 1 : end));
    from = end + 1;
  }
  return lines;
}

const NAME_RUN = /[A-Z0-9-]+/g;

/**
 * Reads the attributes of a tag, each character once: a run of characters of names is skipped as a whole if no `=` follows it.
 *
 * @throws {TaskError} `input_not_supported`
 * @see https://www.rfc-editor.org/rfc/rfc8216#section-4.2
 */
export function attributesOf(line: string): Attributes {
  const attributes = new Map<string, string>();
  let at = line.indexOf(":") + 1;
  for (;;) {
    NAME_RUN.lastIndex = at;
    const [name] = NAME_RUN.exec(line) ?? [];
    if (name === undefined) return attributes;
    at = NAME_RUN.lastIndex;
    if (line[at] !== "=") continue;
    at += 1;
    const close = line[at] === '"' ? line.indexOf('"', at + 1) : -1;
    const end = close < 0 ? endOfBare(line, at) : close;
    attributes.set(name, line.slice(close < 0 ? at : at + 1, end));
    at = close < 0 ? end : close + 1;
    if (attributes.size > ATTRIBUTES_MAX)
      throw refuseManifest(
        "input_not_supported",
        `has a tag of more than ${ATTRIBUTES_MAX} attributes`,
      );
  }
}

const BARE_END = /[",]/g;

function endOfBare(line: string, from: number): number {
  BARE_END.lastIndex = from;
  return BARE_END.exec(line)?.index ?? line.length;
}
