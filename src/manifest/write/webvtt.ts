import { TaskError } from "../../task/errors.ts";

/** A text that is shown for a while. */
export type Cue = {
  readonly id?: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Where it stands, as WebVTT writes it: `line:0 align:left`. */
  readonly settings: string;
  readonly text: string;
};

/** A track of texts. */
export type CueTrack = {
  /** Blocks of styles and regions that stand before the cues. */
  readonly head: readonly string[];
  readonly cues: readonly Cue[];
};

/** A part of a track's time: what begins at `fromMs` is at 0 afterwards; absent `toMs` is the end. */
export type CueStretch = { readonly fromMs: number; readonly toMs?: number };

const TIMING = /^((?:\d+:)?\d\d:\d\d\.\d{3})[ \t]+-->[ \t]+((?:\d+:)?\d\d:\d\d\.\d{3})(.*)$/;
const HEAD_BLOCK = /^(STYLE|REGION)\b/;
/** The tags that a cue may have. */
const TAG = /^<\/?(?:[biu]|c|v|lang|ruby|rt)(?:[.\s][^<>]*)?>|^<\d[\d:.]*>/;
const ENTITY = /^&(?:amp|lt|gt|nbsp|lrm|rlm|#\d+|#x[\da-f]+);/i;

/**
 * Reads WebVTT as ffmpeg writes it. A text that came with empty lines still has them, and goes on behind them: what follows a cue is its
 * own up to the next one.
 */
export function parseWebVtt(text: string): CueTrack {
  const [, ...blocks] = text
    .replace(/^\uFEFF/, "")
    .replaceAll(/\r\n?/g, "\n")
    .split(/\n{2,}/);
  const head: string[] = [];
  const cues: Cue[] = [];
  for (const block of blocks) {
    const last = cues.at(-1);
    const cue = cueOf(block.split("\n"));
    if (cue) cues.push(cue);
    else if (last) cues[cues.length - 1] = { ...last, text: `${last.text}\n${block}` };
    else if (HEAD_BLOCK.test(block)) head.push(block);
  }
  const trimmed = cues.map((cue) => ({ ...cue, text: cue.text.trim() }));
  return { head, cues: trimmed.filter((cue) => cue.text !== "") };
}

function cueOf(lines: readonly string[]): Cue | undefined {
  const at = lines.slice(0, 2).findIndex((line) => TIMING.test(line));
  if (at < 0) return undefined;
  const [, from = "", to = "", settings = ""] = TIMING.exec(lines[at] ?? "") ?? [];
  const id = at === 1 ? lines[0] : undefined;
  return {
    ...(id !== undefined && { id }),
    startMs: msOf(from),
    endMs: msOf(to),
    settings: settings.trim(),
    text: lines.slice(at + 1).join("\n"),
  };
}

function msOf(time: string): number {
  const [seconds = 0, minutes = 0, hours = 0] = time.split(":").map(Number).toReversed();
  return Math.round((hours * 3600 + minutes * 60 + seconds) * 1000);
}

/** Writes a track as WebVTT. */
export const formatWebVtt = ({ head, cues }: CueTrack): string =>
  `${["WEBVTT", ...head, ...cues.map(formatCue)].join("\n\n")}\n`;

const formatCue = ({ id, startMs, endMs, settings, text }: Cue): string =>
  [
    ...(id === undefined ? [] : [id]),
    `${formatMs(startMs)} --> ${formatMs(endMs)}${settings === "" ? "" : ` ${settings}`}`,
    text,
  ].join("\n");

function formatMs(ms: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const time = `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}`;
  return `${time}.${String(ms % 1000).padStart(3, "0")}`;
}

/** The cues of a part of the time, moved to its beginning; one that goes on before or after it is cut. */
export const cutCues = (
  cues: readonly Cue[],
  { fromMs, toMs = Number.POSITIVE_INFINITY }: CueStretch,
): readonly Cue[] =>
  cues
    .map((cue) => ({
      ...cue,
      startMs: Math.max(cue.startMs, fromMs) - fromMs,
      endMs: Math.min(cue.endMs, toMs) - fromMs,
    }))
    .filter(({ startMs, endMs }) => endMs > startMs);

/** Texts that are shown together are written once for each change among them: more than any film says, and what memory takes. */
const FLAT_CHARACTERS_MAX = 64 << 20;

/**
 * Cues of which none begins before another has ended: texts that are shown together become one. MP4 holds no others.
 *
 * @throws {TaskError} `input_not_supported` if that comes to more than 64 Mi characters
 */
export function flattenCues(cues: readonly Cue[]): readonly Cue[] {
  const times = [...new Set(cues.flatMap(({ startMs, endMs }) => [startMs, endMs]))];
  times.sort((one, other) => one - other);
  const ordered = cues.toSorted((one, other) => one.startMs - other.startMs);
  const flat: Cue[] = [];
  let shown: Cue[] = [];
  let [next, left] = [0, FLAT_CHARACTERS_MAX];
  for (const [at, startMs] of times.entries()) {
    shown = shown.filter(({ endMs }) => endMs > startMs);
    for (; (ordered[next]?.startMs ?? Number.POSITIVE_INFINITY) <= startMs; next += 1)
      shown.push(ordered[next] as Cue);
    const [first, ...others] = shown;
    const endMs = times[at + 1];
    if (!first || endMs === undefined) continue;
    for (const { text } of shown) left -= text.length + 1;
    if (left < 0)
      throw new TaskError(
        "input_not_supported",
        "Cannot put the subtitles into MP4 or MOV: too many texts are shown at once",
      );
    flat.push(
      others.length === 0 && first.startMs === startMs && first.endMs === endMs
        ? first
        : { startMs, endMs, settings: "", text: shown.map(({ text }) => text).join("\n") },
    );
  }
  return flat;
}

/**
 * A cue with the marks of WebVTT in its text written out, where they are none: other formats hold them as plain text, and ffmpeg
 * takes them over as they are.
 */
export const escapeCue = (cue: Cue): Cue => ({
  ...cue,
  text: cue.text.replaceAll(/[<&]/g, (mark, at: number) => {
    const rest = cue.text.slice(at);
    if (mark === "<") return TAG.test(rest) ? mark : "&lt;";
    return ENTITY.test(rest) ? mark : "&amp;";
  }),
});
