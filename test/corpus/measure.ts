import { execFile } from "node:child_process";
import { appendFile, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { segmentsOf } from "../../src/manifest/write/set-playlists.ts";
import type { PlannedOutput } from "../../src/plan/plan.ts";

/** When what was decoded of a stream is shown, in seconds from the output's first picture or sound. */
export type Span = { readonly begin: number; readonly end: number };

/** What an output really holds: all of it decoded. */
export type Measured = {
  readonly video?: Span & {
    readonly pictures: number;
    /** Width to height of the picture as it is shown. */
    readonly shape: number;
  };
  readonly audio?: Span;
};

const run = promisify(execFile);

/** Decodes a product whole. Playlists are not read by ffmpeg: their segments are put one behind the other. */
export const measure = async (product: PlannedOutput, folder: string): Promise<Measured> =>
  measureFiles(await filesOf(product, folder));

/** Decodes the files that make up one output, whole. */
export async function measureFiles(paths: readonly string[]): Promise<Measured> {
  const texts: string[] = [];
  for (const path of paths) texts.push(await decode(path));
  const spans = texts.flatMap(spansOf);
  const origin = Math.min(...spans.map(({ begin }) => begin));
  const moved = spans.map((span) => ({
    ...span,
    begin: round(span.begin - origin),
    end: round(span.end - origin),
  }));
  const video = moved.find(({ kind }) => kind === "video");
  const audio = moved.find(({ kind }) => kind === "audio");
  return {
    ...(video && {
      video: {
        begin: video.begin,
        end: video.end,
        pictures: video.count,
        shape: video.shape,
      },
    }),
    ...(audio && { audio: { begin: audio.begin, end: audio.end } }),
  };
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;

/** The product's file, or one file of each of its tracks (of the pictures of a set the best). */
async function filesOf(product: PlannedOutput, folder: string): Promise<readonly string[]> {
  const entry = join(folder, product.entry);
  if (product.segments === undefined) return [entry];
  const segments = join(folder, product.segments);
  const pair = product.set?.renditions[0];
  if (!pair) return [await joined(entry)];
  const indexes = [pair.video, pair.audio].filter((index) => index !== undefined);
  const playlists = indexes.map((index) => product.set?.tracks[index]?.playlist ?? "");
  return Promise.all(playlists.map((name) => joined(join(segments, name))));
}

async function joined(playlist: string): Promise<string> {
  const path = `${playlist}.joined`;
  await rm(path, { force: true });
  for (const name of segmentsOf(await readFile(playlist, "utf8")))
    await appendFile(path, await readFile(join(dirname(playlist), name)));
  return path;
}

/** One line for each picture or piece of sound, with its stream, time and duration; no picture is dropped or repeated. */
async function decode(path: string): Promise<string> {
  const args = [
    ...["-nostdin", "-hide_banner", "-v", "fatal", "-copyts", "-i", path],
    ...["-map", "0:v:0?", "-map", "0:a:0?", "-fps_mode", "passthrough"],
    ...["-enc_time_base:v", "1/90000", "-c:v", "rawvideo", "-c:a", "pcm_s16le"],
    ...["-f", "framecrc", "-"],
  ];
  const { stdout } = await run("ffmpeg", args, { maxBuffer: 64 << 20 });
  return stdout;
}

type Stream = Span & {
  readonly kind: string;
  readonly count: number;
  readonly shape: number;
};

function spansOf(text: string): readonly Stream[] {
  const kinds = [...text.matchAll(/^#media_type (\d+): (\w+)/gm)];
  return kinds.flatMap(([, index, kind]) => {
    const [, num, den] = new RegExp(`^#tb ${index}: (\\d+)/(\\d+)`, "m").exec(text) ?? [];
    const tick = Number(num) / Number(den);
    const lines = [...text.matchAll(new RegExp(`^${index}, *-?\\d+, *(-?\\d+), *(\\d+),`, "gm"))];
    const times = lines.map(([, pts]) => Number(pts) * tick);
    const first = times[0];
    const last = times.at(-1);
    if (first === undefined || last === undefined) return [];
    // Of pictures some decoders give no duration: then it is that of the one before.
    const told = Number(lines.at(-1)?.[2]) * tick;
    const before = last - (times.at(-2) ?? last);
    const duration = kind === "video" && told < 0.001 ? before : told;
    const stream = { begin: first, end: last + duration, count: lines.length };
    return [{ kind: kind ?? "", ...stream, shape: shapeOf(text, index ?? "") }];
  });
}

function shapeOf(text: string, index: string): number {
  const [, width, height] =
    new RegExp(`^#dimensions ${index}: (\\d+)x(\\d+)`, "m").exec(text) ?? [];
  const [, num, den] = new RegExp(`^#sar ${index}: (\\d+)/(\\d+)`, "m").exec(text) ?? [];
  const aspect = Number(num) > 0 ? Number(num) / Number(den) : 1;
  return (Number(width) / Number(height)) * aspect;
}
