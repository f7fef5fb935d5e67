import { toNumber } from "../../lib/rational.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { factsOf } from "../../profile/containers.ts";
import { joinedSet } from "../args/adaptive-output.ts";
import { writtenFile } from "../args/file-output.ts";
import { slowInput } from "../args/input.ts";
import {
  graphArgs,
  isCopied,
  NOTHING_ELSE,
  type Option,
  type OutputStream,
  type OutputStreams,
  streamsArgs,
} from "../args/streams.ts";
import { type TextInputs, textInputArgs, textInputs } from "../args/subtitles.ts";
import { sheetOutput } from "../args/thumbnails.ts";
import { type OutputDecision, videosOf } from "../decide/output-decision.ts";
import { formatSeconds } from "../encode/filters.ts";
import type { VideoEncoding } from "../encode/video-encoding.ts";
import { evenRate } from "../encode/video-filters.ts";
import type { Step } from "../plan.ts";
import type { Part, Sliced, Spread } from "../sliced.ts";
import { type Cut, type Cuttable, cutOf, divisorOf } from "./cut.ts";
import { analysesOf, streamsOf } from "./passes.ts";

/** A step to be cut. */
type Spreadable = Cuttable & {
  readonly tag: string;
  /** What the times of texts differ by from those of the source in this run. */
  readonly textOffsetSeconds: number;
};

/** A slice is decoded from so much before its beginning on: by then the pictures of an open GOP have all that they refer to. */
const RUN_IN_SECONDS = 1;
/** How far before a frame the seek goes, in frames: rounded times then neither lose that frame nor bring the one before. */
const SEEK_MARGIN = 0.25;

/**
 * Cuts an encode into time slices, each of which makes all of its pictures for its time, or says why it stays whole.
 *
 * Slices and sounds lie in files of MP4 (or MOV), whose clocks are exact: of them the join writes the same times as one run does. Sound is
 * encoded once, whole, so that its packets are those of one run; so are thumbnails.
 */
export function spreadOver(input: Spreadable, spread: Spread): Pick<Step, "sliced" | "whole"> {
  const cut = cutOf(input, spread);
  return "whole" in cut ? cut : { sliced: slicedOf(input, cut) };
}

/** Each output with its streams. */
type Made = { readonly decision: OutputDecision; readonly own: OutputStreams };

function slicedOf(input: Spreadable, cut: Cut): Sliced {
  const { media } = input;
  const decisions = input.decisions.map(evenly);
  const made = madeOf(decisions, media);
  const folder = decisions[0]?.folder ?? "";
  const names = Array.from({ length: cut.count }, (_, index) => `slice-${index}.mp4`);
  const list = { path: `${folder}/slices.txt`, text: listOf(names, cut) };
  const sounds = soundsOf(made, folder);
  const sheets = decisions.flatMap((decision) => sheetOutput(decision, media) ?? []);
  const reading = sourceArgs(input);
  const analyses = decisions.flatMap((decision) => analysesOf(decision, cut));
  return {
    parts: [
      ...names.map((name, index) =>
        slicePart(input, madeOf(decisions, media, index), cut, index, `${folder}/${name}`),
      ),
      ...(sounds.length > 0 ? [soundPart(reading, made, sounds)] : []),
      ...sheets.map(({ graphs, args, writes }): Part => {
        return { args: [...reading, ...graphArgs([graphs]), ...args], writes, isKept: true };
      }),
    ],
    ...(analyses.length > 0 && { analyses }),
    list,
    join: joinPart(input, made, sounds, list.path),
  };
}

/** @param slice - that of a second pass, for encodes in two */
const madeOf = (
  decisions: readonly OutputDecision[],
  media: MediaInfo,
  slice?: number,
): readonly Made[] =>
  decisions.map((decision) => ({ decision, own: streamsOf(decision, media, slice) }));

/** The same, whose pictures end where those of a slice do: what `evenRate` does for a late first picture would add one. */
function evenly({ video, set, ...decision }: OutputDecision): OutputDecision {
  const even = (encoding: VideoEncoding): VideoEncoding => {
    const { rate, filters } = encoding;
    return { ...encoding, filters: { ...filters, rate: [evenRate(rate, {})] } };
  };
  const videos = set?.videos.map((one) => (one === "copy" ? one : even(one))) ?? [];
  return {
    ...decision,
    ...(video && { video: even(video) }),
    ...(set && { set: { ...set, videos } }),
  };
}

/** The source as one run of the whole reads it. */
const sourceArgs = (
  { media, shiftSeconds }: Cuttable,
  more: readonly string[] = [],
): readonly string[] => [
  ...["-f", demuxerOf(media.format), ...more],
  ...(shiftSeconds === 0 ? [] : ["-itsoffset", formatSeconds(shiftSeconds)]),
  ...[...slowInput(media), "-i", "input"],
];

const ofKind = ({ own }: Made, kind: OutputStream["kind"]): readonly OutputStream[] =>
  own.streams.filter((stream) => stream.kind === kind && !isCopied(stream));

function slicePart(
  input: Spreadable,
  made: readonly Made[],
  cut: Cut,
  index: number,
  file: string,
): Part {
  const { decisions, media } = input;
  const { rate, frames, count } = cut;
  const seconds = (pictures: number): number => pictures / toNumber(rate);
  const begin = index * frames;
  const warm = Math.min(begin, cut.warmFrames);
  const runIn = Math.min(begin - warm, 2 * Math.ceil((RUN_IN_SECONDS * toNumber(rate)) / 2));
  const from = begin - warm - runIn;
  const reading =
    from === 0
      ? sourceArgs(input)
      : [
          ...["-f", demuxerOf(media.format)],
          ...["-ss", (cut.lateSeconds + seconds(from - SEEK_MARGIN)).toFixed(6)],
          ...[...slowInput(media), "-i", "input"],
        ];
  const divisors = decisions.flatMap(videosOf).map((video) => divisorOf(video, rate));
  const streams = made
    .flatMap((one) => ofKind(one, "video"))
    .map((stream, at) => sliceStream(stream, warm / (divisors[at] ?? 1)));
  const kept = frames / (divisors[0] ?? 1);
  return {
    args: [
      ...reading,
      ...graphArgs(made.map(({ own }) => ({ video: own.graphs.video, audio: [] }))),
      ...(runIn === 0 ? [] : ["-ss", formatSeconds(seconds(runIn))]),
      ...(index === count - 1 ? [] : ["-t", formatSeconds(seconds(warm + frames))]),
      ...streamsArgs(streams, true, ["-an", ...NOTHING_ELSE]),
      ...(warm === 0 ? [] : ["-output_ts_offset", formatSeconds(-seconds(warm))]),
      ...["-f", "mp4", file],
    ],
    writes: [file],
    ...(index < count - 1 && {
      frames: [kept, ...(warm === 0 ? [] : [kept + warm / (divisors[0] ?? 1)])],
    }),
  };
}

/** An encoded picture of a slice. What players are told of it is told by the join; its first packets are dropped. */
function sliceStream({ tag: _, ...stream }: OutputStream, dropped: number): OutputStream {
  if (dropped === 0) return stream;
  return { ...stream, packetFilters: [{ name: "noise", options: { drop: `lt(n,${dropped})` } }] };
}

/** Files of encoded sounds, in the order of their streams. */
const soundsOf = (made: readonly Made[], folder: string): readonly string[] =>
  made
    .flatMap((one) => ofKind(one, "audio"))
    .map(({ codec }, at) => `${folder}/sound-${at}.${formOf(codec)}`);

/** MP4 takes no MPEG audio of low rates; MOV does. */
const formOf = (encoder: string): string =>
  ["libmp3lame", "mp2"].includes(encoder) ? "mov" : "mp4";

function soundPart(
  reading: readonly string[],
  made: readonly Made[],
  files: readonly string[],
): Part {
  const streams = made.flatMap((one) => ofKind(one, "audio"));
  const args = streams.flatMap(({ language: _, label: __, ...stream }, at) => {
    const file = files[at] ?? "";
    const own = streamsArgs([stream], false, ["-vn", ...NOTHING_ELSE]);
    return [...own, "-f", formOf(stream.codec), file];
  });
  const graphs = made.map(({ own }) => ({ video: [], audio: own.graphs.audio }));
  return { args: [...reading, ...graphArgs(graphs), ...args], writes: files, isLight: true };
}

function joinPart(
  input: Spreadable,
  made: readonly Made[],
  sounds: readonly string[],
  list: string,
): Part {
  const { decisions, tag, textOffsetSeconds } = input;
  const isCopying = made.some(({ own }) => own.streams.some(isCopied));
  const hasChapters = decisions.some(({ product }) => product.expect.metadata?.chapters);
  // What is taken from the source is mapped as in one run, of which it is the first input.
  const isRead = isCopying || hasChapters;
  const first = isRead ? 1 : 0;
  const texts = textInputs(decisions, Array.from({ length: first + sounds.length }));
  const counts = { video: 0, audio: 0 };
  const joined = (
    { filters: _, options: __, ...stream }: OutputStream,
    marks: readonly Option[],
  ): OutputStream => {
    if (isCopied(stream)) return stream;
    const at = counts[stream.kind]++;
    if (stream.kind === "audio") return { ...stream, map: `${first + 1 + at}:0`, codec: "copy" };
    return { ...stream, map: `${first}:${at}`, codec: "copy", options: marks };
  };
  const outputs = made.map(({ decision, own }) => {
    const marks = marksOf(decision, input);
    const streams = own.streams.map((stream) => joined(stream, marks));
    return written(input, decision, streams, texts, tag);
  });
  return {
    args: [
      ...(isRead ? sourceArgs(input, isCopying ? ["-fflags", "+genpts"] : []) : []),
      // Packets are told apart by their lengths in all slices, and stay so.
      ...["-f", "concat", "-auto_convert", "0", "-i", list],
      ...sounds.flatMap((file) => ["-i", file]),
      ...textInputArgs(texts, textOffsetSeconds),
      ...outputs.flatMap(({ args }) => args),
    ],
    writes: outputs.flatMap(({ writes }) => writes),
  };
}

/** What Matroska says of a picture is what the source does. MP4, which slices are in, says that of none. */
function marksOf(
  { product, sharesGraph }: OutputDecision,
  { media }: Spreadable,
): readonly Option[] {
  const { dispositions = [] } = media.video ?? {};
  const isTold = factsOf(product.container).demuxer === "matroska" && !sharesGraph;
  return isTold && dispositions.length > 0 ? [["disposition", dispositions.join("+")]] : [];
}

function written(
  { media }: Spreadable,
  decision: OutputDecision,
  streams: readonly OutputStream[],
  texts: TextInputs,
  tag: string,
) {
  if (decision.set) return joinedSet(decision, decision.set, media, streams);
  return writtenFile(decision, { streams, graphs: { video: [], audio: [] } }, tag, texts);
}

/** The list that the concat demuxer reads; it takes the names relative to the list. Rounded lengths add up to the exact beginnings. */
function listOf(names: readonly string[], { frames, rate }: Cut): string {
  const beginOf = (at: number): number => Math.round((at * frames * 1e6) / toNumber(rate));
  return names
    .map((name, at) => {
      const duration = (beginOf(at + 1) - beginOf(at)) / 1e6;
      return `file '${name}'\nduration ${duration.toFixed(6)}\n`;
    })
    .join("");
}
