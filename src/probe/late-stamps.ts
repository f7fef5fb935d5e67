/** Containers whose writers give the time of the end as the duration, at least some of them (Matroska, FLV without metadata). */
const TIMED_BY_END = /^(?:matroska|flv|live_flv)/;
/** Stamps that begin earlier begin at zero, as far as a duration is concerned. */
const LATE_SECONDS_MIN = 0.5;

/**
 * How far a file's stamps are from zero, where its durations may count that in. That is a guess, for other writers of the same
 * containers give the length; how long it is indeed, its packets tell (`judgeLength`).
 *
 * @param formatName - ffprobe's `format_name`
 */
export const lateSeconds = (formatName: string, startSeconds = 0): number =>
  TIMED_BY_END.test(formatName) && startSeconds > LATE_SECONDS_MIN ? startSeconds : 0;

/** A duration that counts from zero as one that counts from the first stamp. */
export const withoutLateness = (seconds: number | undefined, late: number): number | undefined =>
  seconds === undefined || seconds <= late ? seconds : seconds - late;
