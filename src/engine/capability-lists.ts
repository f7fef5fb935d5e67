import type { Capabilities } from "../plan/plan.ts";

/** What every ffmpeg is asked, in this order. */
export const QUESTIONS = ["-version", "-encoders", "-muxers", "-filters"] as const;

/** The answers to `QUESTIONS`. */
export type Answers = Readonly<Record<"version" | "encoders" | "muxers" | "filters", string>>;

/** The names in one of ffmpeg's lists: lines of ` FLAGS name,alias  what it is`. */
const namesIn = (list: string): string[] =>
  list
    .split("\n")
    .map((line) => /^ ([A-Z.| ]{1,6}) ([\w,-]+) /.exec(line)?.[2] ?? "")
    .filter((names) => names !== "")
    .flatMap((names) => names.split(","));

/** What an ffmpeg can do, by its answers; nothing where they are none of ffmpeg's. */
export function parseCapabilities({
  version,
  encoders,
  muxers,
  filters,
}: Answers): Omit<Capabilities, "engine" | "threads"> | undefined {
  const number = /^ffmpeg version (\S+)/.exec(version)?.[1];
  return number === undefined
    ? undefined
    : {
        version: number,
        encoders: namesIn(encoders),
        muxers: namesIn(muxers),
        filters: namesIn(filters),
      };
}
