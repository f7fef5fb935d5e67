import { keepHeadAndTail } from "../../lib/head-and-tail.ts";
import { LATE_FILL } from "../../plan/args/audio.ts";

/** The log level of a run, for `createRunLog`: each line starts with the names of its speakers, then its level. */
export const RUN_LOG_LEVEL = "repeat+level+verbose";

/** `[aac @ 0x5…] [error] text`; from 7 on there may be several names. */
const LINE = /^((?:\[[^\]]+ @ (?:0x)?[0-9a-f]+\] )*)\[(\w+)\] (.*)$/;
const COMPLAINTS = ["error", "fatal", "panic"];
/** What ffmpeg says by itself at its usual level. */
const USUAL = [...COMPLAINTS, "warning", "info"];
/** Written by `aresample` when it fills a gap, in all versions; it is not at the level `error`. */
const FILLED = /^adding (\d+) audio samples of silence/;
/** Written by it at its start, with the rate of its input, in which it counts samples. */
const CONFIGURED = /^ch:\d+ chl:.* r:(\d+)Hz ->/;
/** A new one is made wherever the audio changes. */
const FILTERS_MAX = 1000;

/** Adds up how much each `aresample` of a run fills. */
function createFills() {
  const filters = new Map<string, { rateHz: number; seconds: number }>();
  let most = 0;
  return {
    /** @param name - the speaker of the line */
    read(name: string, text: string): void {
      const rateHz = Number(CONFIGURED.exec(text)?.[1] ?? 0);
      const samples = Number(FILLED.exec(text)?.[1] ?? 0);
      const filter = filters.get(name);
      if (rateHz > 0) {
        if (filters.size >= FILTERS_MAX) filters.clear();
        filters.set(name, { rateHz, seconds: filter?.seconds ?? 0 });
      } else if (samples > 0 && filter && !name.startsWith(`[${LATE_FILL}`)) {
        filter.seconds += samples / filter.rateHz;
        most = Math.max(most, filter.seconds);
      }
    },
    most: (): number => most,
  };
}

/**
 * Makes a reader of the log of a run, line by line. Errors are passed on as ffmpeg writes them at the level `error`; from the rest
 * only the silence that fills gaps of the audio is added up.
 *
 * @param onUsual - called with each line that ffmpeg writes at its usual level, with that level
 */
export function createRunLog(onComplaint: (line: string) => void, onUsual: (line: string) => void) {
  const complaints = keepHeadAndTail();
  // A line before the first of ffmpeg's log is a complaint: the program could not be started properly.
  let isComplaint = true;
  let isUsual = true;
  const fills = createFills();
  const complain = (line: string): void => {
    complaints.push(`${line}\n`);
    onComplaint(line);
  };
  return {
    read(line: string): void {
      const [, names = "", level, text = ""] = LINE.exec(line) ?? [];
      // Only the first line of a message has a level.
      if (level !== undefined) isUsual = USUAL.includes(level);
      if (isUsual) onUsual(line);
      if (level === undefined) {
        if (isComplaint) complain(line);
        return;
      }
      isComplaint = COMPLAINTS.includes(level);
      if (isComplaint) complain(names + text);
      else fills.read(names.slice(0, names.indexOf("]") + 1), text);
    },
    /** The errors, like `Exit.stderr` at the level `error`. */
    complaints: (): string => complaints.text(),
    /** The most silence in one audio stream, as several outputs may be made from the same. A late start is not a gap. */
    silentSeconds: fills.most,
  };
}
