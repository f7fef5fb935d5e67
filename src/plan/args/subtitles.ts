import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo, MediaStream } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";
import type { OutputDecision } from "../decide/output-decision.ts";
import { isSoughtByPacket } from "../decide/seeking.ts";
import { durationOf } from "../decide/spans.ts";
import { drawnFile } from "../encode/drawn/drawn-subtitles.ts";
import { formatSeconds } from "../encode/filters.ts";
import { type FurtherFile, furtherArgs } from "../further.ts";
import type { Capabilities, Step, SubtitleText, SubtitleTrack } from "../plan.ts";
import { isConverted, textFiles } from "../subtitles/choose.ts";
import { drawnBy, drawnOutputs } from "./drawn/drawn-outputs.ts";
import { slowInput } from "./input.ts";
import { steadyInput } from "./turn.ts";

/** Files of texts that a run reads behind all else, each once, and the number of the first among its inputs. */
export type TextInputs = {
  readonly first: number;
  readonly files: readonly string[];
  /** By how much texts that are encoded come out too late; absent if they do not. */
  readonly lateSeconds?: number;
};

/**
 * Whether this ffmpeg forgets, of texts that it encodes, that the beginning of the output was cut off (6.1 on). It does cut them.
 *
 * ffmpeg does not tell that itself; the option for a burst at the beginning came at the same time.
 */
export const forgetsCuts = ({ options }: Pick<Capabilities, "options">): boolean =>
  options.includes("readrate_initial_burst");

/** What output options cut off a source, if texts that are encoded do not begin any earlier for it. */
export const cutForgotten = ({
  media,
  clip,
  forgetsCuts: isForgotten,
}: {
  readonly media: MediaInfo;
  readonly clip: Clip | undefined;
  readonly forgetsCuts?: boolean;
}): number => (isForgotten && isSoughtByPacket(media) ? (clip?.startSeconds ?? 0) : 0);

/** Of a run without texts. */
export const NO_TEXTS: TextInputs = { first: 1, files: [] };

/** The tracks of outputs that are files. Those of a set are files of its own, and go through no run. */
const tracksIn = (decisions: readonly OutputDecision[]): readonly SubtitleTrack[] =>
  decisions.flatMap(({ set, product }) => (set ? [] : (product.subtitles ?? [])));

/** The texts that a run of these outputs reads, behind the source and what else it reads. */
export const textInputs = (
  decisions: readonly OutputDecision[],
  further: readonly unknown[] = [],
  lateSeconds = 0,
): TextInputs => ({
  first: 1 + further.length,
  files: [...new Set(tracksIn(decisions).map(({ file }) => file))],
  ...(lateSeconds > 0 && { lateSeconds }),
});

/**
 * The input options of the texts of a run.
 *
 * @param offsetSeconds - what their times differ by from those of the source in this run
 */
export const textInputArgs = ({ files }: TextInputs, offsetSeconds: number): readonly string[] =>
  files.flatMap((file) => [
    ...(offsetSeconds === 0 ? [] : ["-itsoffset", formatSeconds(offsetSeconds)]),
    ...["-f", "webvtt", "-i", file],
  ]);

/** When a run begins in the time of its source. */
export type RunTime = {
  readonly media: MediaInfo;
  readonly clip: Clip | undefined;
  readonly askedSeconds?: number;
  readonly shiftSeconds?: number;
};

/**
 * Texts begin at the start that was asked for, and move with the source; but none begins before the output, as MP4 would end it at
 * another time. The difference is less than a picture.
 */
export function textOffset({ media, clip, askedSeconds, shiftSeconds = 0 }: RunTime): number {
  const start = clip?.startSeconds ?? 0;
  const late = Math.max(0, (askedSeconds ?? start) + shiftSeconds - start);
  return late + (isSoughtByPacket(media) ? start : 0);
}

/** The options of an output's tracks of subtitles. */
export function subtitleArgs(
  tracks: readonly SubtitleTrack[],
  { first: number, files, lateSeconds }: TextInputs,
): readonly string[] {
  const [first] = tracks;
  if (!first) return [];
  // A copy keeps where the texts stand.
  const encoder = first.codec === "webvtt" ? "copy" : first.codec;
  const isLate = lateSeconds !== undefined && encoder !== "copy";
  return [
    ...tracks.flatMap(({ file }) => ["-map", `${number + files.indexOf(file)}:0`]),
    ...["-c:s", encoder],
    ...(isLate ? ["-bsf:s", `setts=ts=TS-${formatSeconds(lateSeconds)}/TB`] : []),
    ...tracks.flatMap(({ language, title, dispositions }, at) => [
      ...(language === undefined ? [] : [`-metadata:s:s:${at}`, `language=${language}`]),
      ...titleArgs(title, at),
      ...[`-disposition:s:${at}`, dispositions.join("+") || "0"],
    ]),
  ];
}

/** MP4 has a title as the name of its handler, for players of before 2020. */
const titleArgs = (title: string | undefined, at: number): readonly string[] =>
  title === undefined
    ? []
    : ["title", "handler_name"].flatMap((key) => [`-metadata:s:s:${at}`, `${key}=${title}`]);

/** What texts are taken out of. */
export type TextSources = {
  readonly media: MediaInfo;
  readonly clip: Clip | undefined;
  readonly further?: readonly FurtherFile[];
};

/**
 * The run that takes the texts out of the source and of what is read beside it, and what is drawn into pictures, once for all outputs;
 * undefined if none has subtitles.
 */
export function textStep(
  decisions: readonly OutputDecision[],
  { media, clip, further = [] }: TextSources,
): Omit<Step, "share"> | undefined {
  const tracks = decisions
    .flatMap(({ product }) => product.subtitles ?? [])
    .filter(({ channel }) => channel === undefined);
  const taken = [...new Map(tracks.map((track) => [textFiles(track).raw, track])).values()];
  const drawn = drawnBy(decisions);
  const used = [...taken, ...drawn];
  if (used.length === 0) return undefined;
  const isRead = used.some(({ side }) => side === undefined);
  const files = further.filter(({ file }) => used.some(({ side }) => side === file));
  const texts = taken.map((track): SubtitleText => {
    const { raw, file, flat } = textFiles(track);
    return {
      ...{ raw, file },
      ...(tracks.some((one) => one.file === flat) && { flat }),
      ...(!isCopied(track, media, files) && { isConverted: true }),
      ...stretchOf(media, clip),
    };
  });
  const own = [...["-f", demuxerOf(media.format)], ...steadyInput(media), ...slowInput(media)];
  return {
    name: "subtitles",
    args: [
      ...(isRead ? [...own, "-i", "input"] : []),
      ...furtherArgs(files),
      ...taken.flatMap((track, at) => [
        ...["-map", mapOf(track, files, isRead), "-map_metadata", "-1", "-map_chapters", "-1"],
        ...["-c:s", isCopied(track, media, files) ? "copy" : "webvtt"],
        ...["-f", "webvtt", texts[at]?.raw ?? ""],
      ]),
      ...drawnOutputs(drawn, media, {
        map: (one) => mapOf(one, files, isRead),
        isCopied: (one) => isAss(streamOf(one, media, files)),
      }),
    ],
    writes: [...texts.map(({ raw }) => raw), ...drawn.map(drawnFile)],
    texts,
    ...(drawn.some(({ isText }) => isText) && { needsFonts: true }),
  };
}

const isAss = (stream: MediaStream | undefined): boolean =>
  stream?.codec === "ass" || stream?.codec === "ssa";

/** The stream of subtitles in the source, or in a file beside it. */
const streamOf = (
  { index, side }: Pick<SubtitleTrack, "index" | "side">,
  { streams }: MediaInfo,
  files: readonly FurtherFile[],
): MediaStream | undefined =>
  side === undefined
    ? streams.find((one) => one.index === index)
    : files.find(({ file }) => file === side)?.media.streams[0];

const isCopied = (
  track: SubtitleTrack,
  media: MediaInfo,
  files: readonly FurtherFile[],
): boolean => {
  const stream = streamOf(track, media, files);
  return stream !== undefined && !isConverted(stream);
};

/** The stream of a track in a run that may read the source, and these files behind it. */
const mapOf = (
  { index, side }: Pick<SubtitleTrack, "index" | "side">,
  files: readonly FurtherFile[],
  isRead: boolean,
): string =>
  side === undefined
    ? `0:${index}`
    : `${files.findIndex(({ file }) => file === side) + (isRead ? 1 : 0)}:0`;

/** The part of the source that outputs show: no text goes on after its pictures and its sound. */
export function stretchOf(media: MediaInfo, clip: Clip | undefined) {
  const fromSeconds = clip?.startSeconds ?? 0;
  const ends = [
    durationOf(media, true, true),
    clip?.durationSeconds === undefined ? undefined : fromSeconds + clip.durationSeconds,
  ].filter((end) => end !== undefined);
  return { fromSeconds, ...(ends.length > 0 && { toSeconds: Math.min(...ends) }) };
}
