import { keepHeadAndTail } from "../../lib/head-and-tail.ts";
import { LATE_FILL } from "../../plan/args/audio.ts";

/** The log level of a run, for `createRunLog`: each line begins with its level, behind the names of who speaks. */
export const RUN_LOG_LEVEL = "repeat+level+verbose";

/** `[aac @ 0x5…] [error] text`; from 7 on there may be several names. */
const LINE = /^((?:\[[^\]]+ @ (?:0x)?[0-9a-f]+\] )*)\[(\w+)\] (.*)$/;
const COMPLAINTS = ["error", "fatal", "panic"];
/** Said by `aresample` where it fills a gap, alike in all versions, and by nobody at the level `error`. */
const FILLED = /^adding (\d+) audio samples of silence/;
/** And this as it begins, of the sound that comes in: of that it counts the samples. */
const CONFIGURED = /^ch:\d+ chl:.* r:(\d+)Hz ->/;
/** Each is made anew wherever the sound changes. */
const FILTERS_MAX = 1000;

/** Adds up what each `aresample` of a run fills. */
function createFills() {
  const filters = new Map<string, { rateHz: number; seconds: number }>();
  let most = 0;
  return {
    /** @param name - who speaks */
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
 * Makes a reader of what a run says, line by line. What went wrong is handed on as ffmpeg says it at the level `error`; of the rest
 * it is only counted how much silence was put into gaps of the sound.
 */
export function createRunLog(onComplaint: (line: string) => void) {
  const complaints = keepHeadAndTail();
  // What is said before ffmpeg says anything is no part of its log: it could not be started well.
  let isComplaint = true;
  const fills = createFills();
  const complain = (line: string): void => {
    complaints.push(`${line}\n`);
    onComplaint(line);
  };
  return {
    read(line: string): void {
      const [, names = "", level, text = ""] = LINE.exec(line) ?? [];
      // A message of several lines bears its level at the first.
      if (level === undefined) {
        if (isComplaint) complain(line);
        return;
      }
      isComplaint = COMPLAINTS.includes(level);
      if (isComplaint) complain(names + text);
      else fills.read(names.slice(0, names.indexOf("]") + 1), text);
    },
    /** As `Exit.stderr` is at the level `error`. */
    complaints: (): string => complaints.text(),
    /** In one sound: several outputs may be made of the same. A late beginning is no gap. */
    silentSeconds: fills.most,
  };
}
