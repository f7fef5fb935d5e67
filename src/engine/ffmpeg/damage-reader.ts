import type { Damage } from "../../task/damage.ts";

/** A packet that a decoder refused or could not decode; in the wording of 5.1, and of 7.1 and 9.0. */
const FAILURES = [
  /^Error while decoding stream #\d+:(\d+)/,
  /^\[[va]ist#\d+:(\d+)\/.*\] (?:Error submitting packet to decoder|Decoding error)/,
];
/** `[matroska,webm @ 0x5…]`, and in 9.0 `[in#0/matroska,webm @ 0x5…]`. */
const SPEAKER = /^\[(?:in#\d+\/)?([\w,]+) @ /;
const SPEAKERS_MAX = 16;

/**
 * Makes a counter of ffmpeg's complaints about packets that it cannot decode: feed it the lines that `createRunLog` passes on.
 *
 * ffmpeg's own limit, `-max_error_rate`, is of no use: 7.1 ignores it, and 5.1 and 9.0 count differently.
 */
export function createDamageReader() {
  const failures = new Map<number, number>();
  const speakers = new Set<string>();
  let isTold = false;
  return {
    read(line: string): void {
      isTold = true;
      const [, speaker] = SPEAKER.exec(line) ?? [];
      if (speaker !== undefined && speakers.size < SPEAKERS_MAX) speakers.add(speaker);
      const found = FAILURES.map((pattern) => pattern.exec(line)?.[1]).find(Boolean);
      if (found === undefined) return;
      failures.set(Number(found), (failures.get(Number(found)) ?? 0) + 1);
    },
    damage: (): Omit<Damage, "isFilled"> => ({
      isTold,
      speakers: [...speakers],
      failures: Object.fromEntries(failures),
    }),
  };
}
