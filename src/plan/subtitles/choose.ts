import { languageCode, languageTag, libraryCode } from "../../manifest/write/language.ts";
import type { MediaInfo, OtherStream } from "../../probe/media.ts";
import { isSet } from "../../profile/container-rules.ts";
import type { Written } from "../../profile/containers.ts";
import { factsOf } from "../../profile/containers.ts";
import type { SubtitleChoice, TrackChoice } from "../../profile/fields/subtitles.ts";
import { TaskError } from "../../task/errors.ts";
import type { Warning } from "../../task/warnings.ts";
import type { FurtherFile } from "../further.ts";
import type { SubtitleMark, SubtitleTrack } from "../plan.ts";

/** Subtitles that are text, by their decoders in ffmpeg. Others are pictures, or captions. */
const TEXT_CODECS =
  "subrip ass ssa webvtt mov_text text sami realtext microdvd jacosub mpl2 pjs stl subviewer subviewer1 vplayer".split(
    " ",
  );

/** Whether subtitles are text. */
export const isText = ({ codec }: Pick<OtherStream, "codec">): boolean =>
  TEXT_CODECS.includes(codec);

const MARKS: readonly SubtitleMark[] = ["default", "forced", "hearing_impaired"];

/** Subtitles to choose from: a stream of the source, or a file beside it. */
export type Candidate = Pick<OtherStream, "codec" | "language"> &
  Pick<SubtitleTrack, "index" | "side" | "title"> & {
    /** What errors and warnings call it. */
    readonly name: string;
    readonly dispositions: readonly string[];
  };

/** What a choice takes, and what it asks for that is not there. */
type Chosen = {
  readonly tracks: readonly Candidate[];
  readonly lacks: readonly string[];
};

/** The source that subtitles are chosen of, and what is read beside it. */
export type SubtitleSources = {
  readonly media: Pick<MediaInfo, "streams">;
  readonly further?: readonly FurtherFile[] | undefined;
};

/** Where the subtitles of a stream, or of a file beside the source, lie in the work folder; see `SubtitleText`. */
export const textFiles = (track: Pick<SubtitleTrack, "index" | "side">) => {
  const key = track.side ?? track.index;
  return {
    raw: `subtitles/${key}.raw.vtt`,
    file: `subtitles/${key}.vtt`,
    flat: `subtitles/${key}.flat.vtt`,
  };
};

/** All subtitles: the source's, then those beside it. */
export const candidatesOf = ({ media, further = [] }: SubtitleSources): readonly Candidate[] => [
  ...media.streams
    .filter((stream): stream is OtherStream => stream.kind === "subtitle")
    .map(({ index, codec, language, dispositions }) => ({
      ...{ index, codec, dispositions, name: `the source's stream ${index}` },
      ...(language !== undefined && { language }),
    })),
  ...further.flatMap((one) => candidateOf(one) ?? []),
];

function candidateOf({ file, name, media, told }: FurtherFile): Candidate | undefined {
  const [stream] = media.streams;
  if (!told || !stream) return undefined;
  const { language, title, isDefault, isForced } = told;
  return {
    ...{ side: file, name, codec: stream.codec, language },
    ...(title !== undefined && { title }),
    dispositions: [...(isDefault ? ["default"] : []), ...(isForced ? ["forced"] : [])],
  };
}

/** Whether ffmpeg makes the texts of a stream from another format than WebVTT. */
export const isConverted = ({ codec }: Pick<OtherStream, "codec">): boolean => codec !== "webvtt";

/**
 * The tracks that an output gets of a source's subtitles, in their order there, and of those beside it.
 *
 * @throws {TaskError} `output_not_supported` if its container holds none
 */
export function subtitleTracks(
  choice: SubtitleChoice | undefined,
  container: Written,
  sources: SubtitleSources,
): readonly SubtitleTrack[] {
  if (!choice) return [];
  const { subtitles: codec } = factsOf(container);
  if (codec === undefined)
    throw new TaskError(
      "output_not_supported",
      `Cannot put subtitles into "${container}": it does not hold them`,
    );
  const { tracks } = chosenOf(choice.tracks, sources);
  const marked = tracks.filter(({ dispositions }) => dispositions.includes("default"));
  // What a task says itself is meant for it.
  const first = marked.find(({ side }) => side !== undefined) ?? marked[0];
  return tracks.map((track) => {
    const { index, side, language, title, dispositions } = track;
    const { file, flat } = textFiles(track);
    return {
      ...(index !== undefined && { index }),
      ...(side !== undefined && { side }),
      codec,
      file: codec === "mov_text" ? flat : file,
      ...(language !== undefined && { language: codeIn(container, language, side) }),
      ...(title !== undefined && { title }),
      // A player takes one by itself.
      dispositions: MARKS.filter(
        (mark) => dispositions.includes(mark) && (mark !== "default" || track === first),
      ),
    };
  });
}

/** A language by the code that a container takes. @param side - what it comes from beside the source's own subtitles */
export function codeIn(container: Written, language: string, side: string | undefined): string {
  const { languages } = factsOf(container);
  if (languages !== undefined)
    return languages === "terms" ? languageCode(language) : libraryCode(language);
  // Matroska has the codes of libraries, and what it came with is taken over. Manifests have tags.
  return side === undefined || isSet(container) ? language : libraryCode(language);
}

/** What is drawn into pictures: the files beside the source, and what is missing. */
type DrawnWords = { readonly lacks: readonly string[]; readonly sides: readonly string[] };

/** Warns of subtitles that were asked for and are left out, and of those beside the source that nobody asked for or that may be misread. */
export function subtitleWarnings(
  choices: readonly (SubtitleChoice | undefined)[],
  sources: SubtitleSources,
  drawn: DrawnWords = { lacks: [], sides: [] },
): readonly Warning[] {
  const chosen = choices.flatMap((choice) => (choice ? [chosenOf(choice.tracks, sources)] : []));
  const taken = new Set([
    ...chosen.flatMap(({ tracks }) => tracks.map(({ side }) => side)),
    ...drawn.sides,
  ]);
  const unused = candidatesOf(sources).flatMap(({ side, name, language }) =>
    side === undefined || taken.has(side)
      ? []
      : [`${name} (${language}) are left out, as no profile of the task takes them`],
  );
  const messages = new Set([...chosen.flatMap(({ lacks }) => lacks), ...drawn.lacks, ...unused]);
  return [
    ...[...messages].map((message) => ({ code: "subtitles_missing" as const, message })),
    ...(sources.further ?? []).flatMap(({ name, guessedCharset: charset }): Warning[] =>
      charset === undefined
        ? []
        : [
            {
              code: "charset_guessed",
              message: `${name} are no Unicode, and were read as ${charset}, as is usual in their language`,
            },
          ],
    ),
  ];
}

function chosenOf(choice: TrackChoice, sources: SubtitleSources): Chosen {
  const all = candidatesOf(sources);
  const taken = (wanted: string | number) =>
    typeof wanted === "number"
      ? all.filter((_, place) => place === wanted)
      : all.filter(({ language }) => language !== undefined && isOf(language, wanted));
  const found =
    choice === "all" ? all : all.filter((one) => choice.some((w) => taken(w).includes(one)));
  const missing = choice === "all" ? [] : choice.filter((wanted) => taken(wanted).length === 0);
  return {
    tracks: found.filter(isText),
    lacks: [
      ...missing.map((wanted) =>
        typeof wanted === "number"
          ? `The source has no track ${wanted} of subtitles`
          : `The source has no subtitles in ${JSON.stringify(wanted)}`,
      ),
      ...found
        .filter((one) => !isText(one))
        .map(
          ({ name, codec }) =>
            `The subtitles in ${name} (${codec}) are left out, as they are no text`,
        ),
    ],
  };
}

/** Whether a language is one that was asked for: `en-US` is also `en`, `ger` is `de`. */
export function isOf(language: string, wanted: string): boolean {
  const [own, asked] = [languageTag(language), languageTag(wanted.toLowerCase())];
  return own === asked || own.startsWith(`${asked}-`);
}
