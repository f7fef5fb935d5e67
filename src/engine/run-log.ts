import { createKeeper } from "./keeper.ts";

/** The log level of a run, for `createRunLog`: each line begins with its level, behind the names of who speaks. */
export const RUN_LOG_LEVEL = "repeat+level+verbose";

/** `[aac @ 0x5…] [error] text`; from 7 on there may be several names. */
const LINE = /^((?:\[[^\]]+ @ (?:0x)?[0-9a-f]+\] )*)\[(\w+)\] (.*)$/;
const COMPLAINTS = ["error", "fatal", "panic"];
/** Said by `aresample` where it fills a gap, alike in all versions, and by nobody at the level `error`. */
const FILLED = /^adding (\d+) audio samples of silence/;

/**
 * Makes a reader of what a run says, line by line. What went wrong is handed on as ffmpeg says it at the level `error`; of the rest
 * it is only counted how much silence was put into the sound.
 */
export function createRunLog(onComplaint: (line: string) => void) {
  const complaints = createKeeper();
  // What is said before ffmpeg says anything is no part of its log: it could not be started well.
  let isComplaint = true;
  let silentSamples = 0;
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
      else silentSamples += Number(FILLED.exec(text)?.[1] ?? 0);
    },
    /** As `Exit.stderr` is at the level `error`. */
    complaints: (): string => complaints.text(),
    silentSamples: (): number => silentSamples,
  };
}
