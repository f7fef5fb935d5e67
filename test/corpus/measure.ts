import { execFile } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
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

/** Decodes products whole. Playlists are not read by ffmpeg: their segments are put one behind the other. */
export async function measure(
  products: readonly PlannedOutput[],
  folder: string,
): Promise<readonly Measured[]> {
  const files: (readonly string[])[] = [];
  for (const product of products) files.push(await filesOf(product, folder));
  const texts = (await decodeAtOnce(files.flat(), folder)) ?? (await decodeEach(files.flat()));
  return files.map((paths) => measuredOf(paths.map(() => texts.shift() ?? "")));
}

/** Decodes the files that make up one output, whole. */
export const measureFiles = async (paths: readonly string[]): Promise<Measured> =>
  measuredOf(await decodeEach(paths));

function measuredOf(texts: readonly string[]): Measured {
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

const GLOBAL = ["-nostdin", "-hide_banner", "-copyts"];

/** One line for each picture or piece of sound, with its stream, time and duration; no picture is dropped or repeated. */
const decoding = (input: number, output: string): readonly string[] => [
  ...["-map", `${input}:v:0?`, "-map", `${input}:a:0?`, "-fps_mode", "passthrough"],
  ...["-enc_time_base:v", "1/90000", "-c:v", "rawvideo", "-c:a", "pcm_s16le"],
  ...["-f", "framecrc", output],
];

async function decodeEach(paths: readonly string[]): Promise<string[]> {
  const texts: string[] = [];
  for (const path of paths) {
    const args = [...GLOBAL, "-v", "fatal", "-i", path, ...decoding(0, "-")];
    texts.push((await run("ffmpeg", args, { maxBuffer: 64 << 20 })).stdout);
  }
  return texts;
}

/**
 * Decodes files by one ffmpeg, as starting one takes longer than most of them. Undefined if it says anything of any of them: then
 * each is to be decoded by itself.
 */
async function decodeAtOnce(
  paths: readonly string[],
  within: string,
): Promise<string[] | undefined> {
  const folder = await mkdtemp(join(within, "decoded-"));
  const outputs = paths.map((_, at) => join(folder, String(at)));
  const args = [
    ...[...GLOBAL, "-v", "error"],
    ...paths.flatMap((path) => ["-i", path]),
    ...outputs.flatMap((output, at) => decoding(at, output)),
  ];
  try {
    const { stderr } = await run("ffmpeg", args);
    if (stderr !== "") return undefined;
    return await Promise.all(outputs.map((output) => readFile(output, "utf8")));
  } catch {
    return undefined;
  }
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
