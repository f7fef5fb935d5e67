import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Home, RunningService, TaskAnswer } from "../../fixtures/service.ts";

const run = promisify(execFile);

/** What came of an example. */
export type Made = {
  /** Absolute, of the target. */
  readonly path: string;
  readonly task: TaskAnswer;
  readonly home: Home;
};

/** How an example of docs/profiles.md is run, and how its output is judged by what the page says of it. */
export type Example = {
  /** Makes the clip that it needs, as short and small as will do; by default two seconds of 320x180 with one sound. */
  readonly source?: () => Promise<string>;
  /** Puts files where the page's addresses name them: `file:/media/…` is below `home.media`. */
  readonly files?: (home: Home) => Promise<void>;
  /** What else its task says: `subtitles`, `title` … Of an example that is a task itself, nothing. */
  readonly task?: (home: Home) => Promise<object>;
  /** The name of the target; by default `out` with the extension of its first container. */
  readonly target?: string;
  /** Makes what can be decoded of an output that cannot be as it is, and gives its path: keys come by calls of the API. */
  readonly clear?: (made: Made, call: RunningService["call"]) => Promise<string>;
  /** ffmpeg does not decode it in all versions: another test has another reader decode one. */
  readonly isForOthers?: true;
  /** Throws if the output is not what the page promises. It was decoded without a complaint by then. */
  readonly judge: (made: Made) => Promise<void> | void;
};

/** Examples by their `profile_name`, or by that of the task. */
export type Examples = Readonly<Record<string, Example>>;

/** What ffprobe says, as lines of values. */
export async function shown(path: string, entries: string, ...args: readonly string[]) {
  const all = ["-v", "error", ...args, "-show_entries", entries, "-of", "csv=p=0"];
  const { stdout } = await run("ffprobe", [...all, path]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.replace(/,$/, ""));
}

/** The colour of one pixel of a picture, by default the first, as red, green and blue. */
export async function pixelAt(
  path: string,
  x: number,
  y: number,
  seconds = 0,
): Promise<readonly number[]> {
  const filter = `crop=1:1:${x}:${y}:exact=1,format=rgb24`;
  const args = [
    "-v",
    "error",
    "-ss",
    String(seconds),
    "-i",
    path,
    "-vf",
    `format=rgb24,${filter}`,
    "-frames:v",
    "1",
  ];
  const options = { encoding: "buffer" } as const;
  const { stdout } = await run("ffmpeg", [...args, "-f", "rawvideo", "-"], options);
  return [...stdout];
}

/** A file of a set, by its name in the folder of its segments. */
export const inSet = (path: string, name: string): string => join(path.replace(/\.\w+$/, ""), name);
