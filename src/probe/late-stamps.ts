/** Containers of which some writers store the time of the end as the duration (Matroska, FLV without metadata). */
const TIMED_BY_END = /^(?:matroska|flv|live_flv)/;
/** Time stamps that begin earlier count as beginning at zero. */
const LATE_SECONDS_MIN = 0.5;

/**
 * How late a file's time stamps begin, if its durations may include that; else 0. It is a guess, as other writers of the same containers
 * store the length itself. How long the file really is, its packets tell (`judgeLength`).
 *
 * @param formatName - ffprobe's `format_name`
 */
export const lateSeconds = (formatName: string, startSeconds = 0): number =>
  TIMED_BY_END.test(formatName) && startSeconds > LATE_SECONDS_MIN ? startSeconds : 0;

/** Turns a duration that counts from zero into one that counts from the first time stamp. */
export const withoutLateness = (seconds: number | undefined, late: number): number | undefined =>
  seconds === undefined || seconds <= late ? seconds : seconds - late;
