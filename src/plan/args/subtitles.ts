import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";
import type { OutputDecision } from "../decide/output-decision.ts";
import { durationOf } from "../decide/spans.ts";
import { formatSeconds } from "../encode/filters.ts";
import type { Step, SubtitleText, SubtitleTrack } from "../plan.ts";
import { isConverted, textFiles } from "../subtitles/choose.ts";
import { slowInput } from "./input.ts";
import { steadyInput } from "./turn.ts";

/** Files of texts that a run reads behind all else, each once, and the number of the first among its inputs. */
export type TextInputs = { readonly first: number; readonly files: readonly string[] };

/** Of a run without texts. */
export const NO_TEXTS: TextInputs = { first: 1, files: [] };

/** The tracks of outputs that are files. Those of a set are files of its own, and go through no run. */
const tracksIn = (decisions: readonly OutputDecision[]): readonly SubtitleTrack[] =>
  decisions.flatMap(({ set, product }) => (set ? [] : (product.subtitles ?? [])));

/** The texts that a run of these outputs reads, behind the source and what else it reads. */
export const textInputs = (
  decisions: readonly OutputDecision[],
  further: readonly unknown[] = [],
): TextInputs => ({
  first: 1 + further.length,
  files: [...new Set(tracksIn(decisions).map(({ file }) => file))],
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

/** The options of an output's tracks of subtitles. */
export function subtitleArgs(
  tracks: readonly SubtitleTrack[],
  { first: number, files }: TextInputs,
): readonly string[] {
  const [first] = tracks;
  if (!first) return [];
  // A copy keeps where the texts stand.
  const encoder = first.codec === "webvtt" ? "copy" : first.codec;
  return [
    ...tracks.flatMap(({ file }) => ["-map", `${number + files.indexOf(file)}:0`]),
    ...["-c:s", encoder],
    ...tracks.flatMap(({ language, dispositions }, at) => [
      ...(language === undefined ? [] : [`-metadata:s:s:${at}`, `language=${language}`]),
      ...[`-disposition:s:${at}`, dispositions.join("+") || "0"],
    ]),
  ];
}

/** The run that takes the texts out of the source, once for all outputs; undefined if none has subtitles. */
export function textStep(
  decisions: readonly OutputDecision[],
  media: MediaInfo,
  clip: Clip | undefined,
): Omit<Step, "share"> | undefined {
  const tracks = decisions.flatMap(({ product }) => product.subtitles ?? []);
  const indexes = [...new Set(tracks.map(({ index }) => index))];
  if (indexes.length === 0) return undefined;
  const isCopied = (at: number) =>
    media.streams.some((one) => one.index === at && !isConverted(one));
  const texts = indexes.map((index): SubtitleText => {
    const { raw, file, flat } = textFiles(index);
    return {
      ...{ raw, file },
      ...(tracks.some((track) => track.file === flat) && { flat }),
      ...(!isCopied(index) && { isConverted: true }),
      ...stretchOf(media, clip),
    };
  });
  return {
    name: "subtitles",
    args: [
      ...["-f", demuxerOf(media.format), ...steadyInput(media), ...slowInput(media), "-i", "input"],
      ...texts.flatMap(({ raw }, at) => [
        ...["-map", `0:${indexes[at]}`, "-map_metadata", "-1", "-map_chapters", "-1"],
        ...["-c:s", isCopied(indexes[at] ?? -1) ? "copy" : "webvtt", "-f", "webvtt", raw],
      ]),
    ],
    writes: texts.map(({ raw }) => raw),
    texts,
  };
}

/** The part of the source that outputs show: no text goes on after its pictures and its sound. */
function stretchOf(media: MediaInfo, clip: Clip | undefined) {
  const fromSeconds = clip?.startSeconds ?? 0;
  const ends = [
    durationOf(media, true, true),
    clip?.durationSeconds === undefined ? undefined : fromSeconds + clip.durationSeconds,
  ].filter((end) => end !== undefined);
  return { fromSeconds, ...(ends.length > 0 && { toSeconds: Math.min(...ends) }) };
}
