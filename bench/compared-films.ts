import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Two films of one source: how many pictures each has, how like to the source it is, and how many bytes long. */
export type Compared = {
  readonly frames: readonly [ours: string, theirs: string];
  readonly areTimesEqual: boolean;
  readonly ssim: readonly [ours: number, theirs: number];
  readonly sizes: readonly [ours: number, theirs: number];
};

/** Compares a film with the same made in one run. */
export async function compareFilms(ours: string, whole: string, source: string): Promise<Compared> {
  const [own, other] = [await timesOf(ours), await timesOf(whole)];
  const count = (times: string): string => String(times.split("\n").filter(Boolean).length);
  return {
    frames: [count(own.picture), count(other.picture)],
    areTimesEqual: own.picture === other.picture && own.rest === other.rest,
    ssim: [await ssimOf(ours, source), await ssimOf(whole, source)],
    sizes: [(await stat(ours)).size, (await stat(whole)).size],
  };
}

/** The times of all pictures, and the sound's packets with the duration of the whole. */
async function timesOf(path: string): Promise<{ readonly picture: string; readonly rest: string }> {
  const ask = async (stream: string, entries: string): Promise<string> => {
    const shown = ["-select_streams", stream, "-show_entries", entries, "-of", "csv=p=0"];
    const { stdout } = await run("ffprobe", ["-v", "error", ...shown, path], {
      maxBuffer: 1 << 28,
    });
    return stdout;
  };
  const picture = (await ask("v", "packet=pts_time")).split("\n").toSorted().join("\n");
  return { picture, rest: await ask("a", "packet=pts_time,size:format=duration") };
}

async function ssimOf(path: string, source: string): Promise<number> {
  const args = [
    "-nostdin",
    "-hide_banner",
    "-i",
    path,
    "-i",
    source,
    "-lavfi",
    "ssim",
    "-f",
    "null",
    "-",
  ];
  const { stderr } = await run("ffmpeg", args, { maxBuffer: 1 << 26 });
  return Number(/All:([\d.]+)/.exec(stderr)?.[1]);
}
