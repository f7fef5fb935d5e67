import { type Rational, toNumber } from "../lib/rational.ts";
import { demuxerOf } from "../probe/formats.ts";
import type { MediaInfo, VideoStream } from "../probe/media.ts";
import type { VideoCodec } from "../profile/codecs.ts";
import { encodedAudio } from "./args/audio.ts";
import { fileArgs } from "./args/file-output.ts";
import {
  graphArgs,
  languageArgs,
  metadataArgs,
  NOTHING_ELSE,
  streamsArgs,
  together,
} from "./args/streams.ts";
import { encodedVideo } from "./args/video.ts";
import type { OutputDecision } from "./decide/output-decision.ts";
import { frameMode } from "./encode/framerate.ts";
import type { VideoEncoding } from "./encode/video-encoding.ts";
import { evenRate } from "./encode/video-filters.ts";
import type { Step } from "./plan.ts";
import type { Sliced } from "./sliced.ts";

/** A slice costs the start of a run and of its encoder, so it must be worth it. */
const SLICE_SECONDS_MIN = 3;
/** A slice keeps others from a core until it ends, so they must not wait for long. */
const SLICE_SECONDS_MAX = 120;
/** Demuxers whose files have an index: a seek finds the exact frame. */
const INDEXED = ["mov", "matroska"];
/** Codecs that MPEG-TS holds: slices in it can be joined to the exact tick of its clock. */
const JOINED: readonly VideoCodec[] = ["h264", "mpeg2"];
/** Streams whose starts differ by no more than this start together; they must also start at zero, because the joined slices do. */
const START_SECONDS_MAX = 0.01;
/**
 * How far before a slice's first frame the seek goes, in frames: rounded times then neither lose that frame nor bring the
 * one before.
 */
const SEEK_MARGIN = 0.25;

/** A video encode that can be sliced: everything that the arguments of its slices depend on. */
type Cut = {
  readonly encoding: VideoEncoding;
  readonly source: VideoStream;
  /** How many frames each slice has, except the last. */
  readonly frames: number;
  readonly count: number;
};

/**
 * Cuts an encode into time slices that run at once, or says why it stays whole.
 *
 * Each slice is a whole number of GOPs long, so that the key frames fall where they would in one run. Audio is encoded
 * once, whole, so that its packets are those of an unsliced run.
 *
 * @param slicesMax - how many the engine runs at once; a long source is cut into several times as many
 */
export function slice(
  decisions: readonly OutputDecision[],
  media: MediaInfo,
  isClip: boolean,
  slicesMax: number,
  tag: string,
): Pick<Step, "sliced" | "whole"> {
  const [decision] = decisions;
  if (!decision || decisions.length > 1) return { whole: "one run makes several outputs" };
  if (decision.isStreamed) return { whole: "nothing can be kept between runs here" };
  if (decision.set) return { whole: "the renditions of a set are made together" };
  if (decision.reads) return { whole: "it reads more than its source" };
  if (decision.product.expect.metadata?.chapters) return { whole: "chapters go into it" };
  if (decision.video?.drawn) return { whole: "subtitles are drawn into it" };
  if (decision.product.subtitles) return { whole: "subtitles go into it" };
  if (isClip) return { whole: "only a clip of the source is wanted" };
  const cut = cutOf(decision, media, slicesMax);
  return "whole" in cut ? cut : { sliced: slicedOf(decision, media, cut, tag) };
}

function cutOf(
  { video: encoding, sounds }: OutputDecision,
  media: MediaInfo,
  slicesMax: number,
): Cut | { readonly whole: string } {
  const { video: source, audio } = media;
  if (!source || !encoding) return { whole: "no video is encoded" };
  if (sounds) return { whole: "its sounds are chosen" };
  const { codec, rate, gopFrames: gop } = encoding;
  if (!JOINED.includes(codec)) return { whole: `${codec} cannot be joined here` };
  if (!INDEXED.includes(demuxerOf(media.format)))
    return { whole: "the source has no index to find a frame by" };
  if (encoding.filters.denoise.length > 0) return { whole: "noise is told by the frames before" };
  if (source.hidden) return { whole: "an edit list hides a part of the source" };
  if (source.isInterlaced) return { whole: "the source is interlaced" };
  if (source.isVariableRate || !isEven(source.framerate, rate))
    return { whole: "frames are dropped or repeated for an even rate" };
  const start = source.startSeconds ?? 0;
  const apart = Math.max(Math.abs(start), Math.abs(start - (audio?.startSeconds ?? start)));
  if (apart > START_SECONDS_MAX) return { whole: "the streams do not start together, at zero" };
  const seconds = source.durationSeconds ?? media.durationSeconds ?? 0;
  const rounds = Math.ceil(seconds / (slicesMax * SLICE_SECONDS_MAX));
  const wanted = Math.min(rounds * slicesMax, Math.floor(seconds / SLICE_SECONDS_MIN));
  if (wanted < 2) return { whole: "it is short" };
  const total = Math.round(seconds * toNumber(rate));
  const frames = Math.ceil(total / wanted / gop) * gop;
  const count = Math.ceil(total / frames);
  return count < 2
    ? { whole: "its key frames are too far apart" }
    : { encoding, source, frames, count };
}

/**
 * Whether every frame, or every second one, of a source is taken. Then a slice has the same frames as the whole, despite
 * the margin of its seek.
 */
const isEven = (source: Rational | undefined, { num, den }: Rational): boolean =>
  source !== undefined && [1, 2].includes((source.num * den) / (source.den * num));

function slicedOf(decision: OutputDecision, media: MediaInfo, cut: Cut, tag: string): Sliced {
  const { folder, product } = decision;
  const input = ["-f", demuxerOf(media.format)];
  const names = Array.from({ length: cut.count }, (_, index) => `slice-${index}.ts`);
  const videos = names.map((name, index) => ({
    args: [...input, ...sliceArgs(cut, index), "-f", "mpegts", `${folder}/${name}`],
    writes: [`${folder}/${name}`],
  }));
  const audio = audioPart(decision, media, input);
  const sound = audio ? ["-i", audio.writes[0] ?? ""] : [];
  const copied = product.audio.action === "copy" ? [...input, "-i", "input"] : sound;
  const index = product.audio.action === "copy" ? media.audio?.index : 0;
  const file = fileArgs(decision, product.expect.video?.codec, tag);
  const language = copied.length > 0 ? languageArgs(media.audio) : [];
  const list = `${folder}/slices.txt`;
  return {
    parts: [...videos, ...(audio ? [audio] : [])],
    list: { path: list, text: listOf(names, cut) },
    join: {
      args: [
        ...["-f", "concat", "-i", list, ...copied, "-map", "0:0"],
        ...(copied.length === 0 ? [] : ["-map", `1:${index}`]),
        ...[...metadataArgs(product.expect.metadata), ...language, "-c", "copy", ...file.args],
      ],
      writes: file.writes,
    },
  };
}

function sliceArgs(cut: Cut, index: number): readonly string[] {
  const { encoding, source, frames, count } = cut;
  const { rate, filters } = encoding;
  const seek = (index * frames - SEEK_MARGIN) / toNumber(rate);
  // Without `eof_action=pass`, which would add a frame at the end of a slice.
  const own = { ...encoding, filters: { ...filters, rate: [evenRate(rate, {})] } };
  const stream = encodedVideo(own, `0:${source.index}`, { frameMode: frameMode(false) });
  return [
    ...(index === 0 ? [] : ["-ss", seek.toFixed(6)]),
    ...["-i", "input", ...streamsArgs([stream], false, ["-an", ...NOTHING_ELSE])],
    ...(index === count - 1 ? [] : ["-frames:v", String(frames)]),
  ];
}

function audioPart(
  { audio: encoding, folder }: OutputDecision,
  { audio }: MediaInfo,
  input: readonly string[],
) {
  if (!audio || !encoding) return undefined;
  // The mp4 muxer refuses MP3 at low rates; the mov muxer does not.
  const form = encoding.codec === "mp3" ? "mov" : "mp4";
  const name = `${folder}/audio.${form}`;
  const place = { specifier: `0:${audio.index}`, label: "sound" };
  // The language is set on the joined file instead.
  const { language: _, ...source } = audio;
  const { streams, graphs } = together([encodedAudio(encoding, source, place)]);
  const made = [...graphArgs([graphs]), ...streamsArgs(streams, false, ["-vn", ...NOTHING_ELSE])];
  const args = [...input, "-i", "input", ...made, "-f", form, name];
  return { args, writes: [name], isLight: true } as const;
}

/** The list that the concat demuxer reads; it takes the names relative to the list. */
const listOf = (names: readonly string[], { frames, encoding }: Cut): string =>
  names
    .map((name) => `file '${name}'\nduration ${(frames / toNumber(encoding.rate)).toFixed(6)}\n`)
    .join("");
