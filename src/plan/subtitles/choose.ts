import { languageCode, languageTag, libraryCode } from "../../manifest/write/language.ts";
import type { MediaInfo, OtherStream } from "../../probe/media.ts";
import type { Written } from "../../profile/containers.ts";
import { factsOf } from "../../profile/containers.ts";
import type { SubtitleChoice, TrackChoice } from "../../profile/fields/subtitles.ts";
import { TaskError } from "../../task/errors.ts";
import type { Warning } from "../../task/warnings.ts";
import type { SubtitleMark, SubtitleTrack } from "../plan.ts";

/** Subtitles that are text, by their decoders in ffmpeg. Others are pictures, or captions. */
const TEXT_CODECS =
  "subrip ass ssa webvtt mov_text text sami realtext microdvd jacosub mpl2 pjs stl subviewer subviewer1 vplayer".split(
    " ",
  );

const MARKS: readonly SubtitleMark[] = ["default", "forced", "hearing_impaired"];

/** The streams of a source that a choice takes, and what it asks for that is not there. */
type Chosen = {
  readonly streams: readonly OtherStream[];
  readonly lacks: readonly string[];
};

/** Where the subtitles of a stream lie in the work folder; see `SubtitleText`. */
export const textFiles = (index: number) => ({
  raw: `subtitles/${index}.raw.vtt`,
  file: `subtitles/${index}.vtt`,
  flat: `subtitles/${index}.flat.vtt`,
});

/** Whether ffmpeg makes the texts of a stream from another format than WebVTT. */
export const isConverted = ({ codec }: Pick<OtherStream, "codec">): boolean => codec !== "webvtt";

/**
 * The tracks that an output gets of a source's subtitles, in their order there.
 *
 * @throws {TaskError} `output_not_supported` if its container holds none
 */
export function subtitleTracks(
  choice: SubtitleChoice | undefined,
  container: Written,
  media: MediaInfo,
): readonly SubtitleTrack[] {
  if (!choice) return [];
  const { subtitles: codec } = factsOf(container);
  if (codec === undefined)
    throw new TaskError(
      "output_not_supported",
      `Cannot put subtitles into "${container}": it does not hold them`,
    );
  const { streams } = chosenOf(choice.tracks, media);
  const first = streams.find(({ dispositions }) => dispositions.includes("default"));
  return streams.map((stream) => {
    const { index, language, dispositions } = stream;
    const { file, flat } = textFiles(index);
    return {
      index,
      codec,
      file: codec === "mov_text" ? flat : file,
      ...(language !== undefined && { language: codeIn(container, language) }),
      // A player takes one by itself.
      dispositions: MARKS.filter(
        (mark) => dispositions.includes(mark) && (mark !== "default" || stream === first),
      ),
    };
  });
}

/** A language by the code that a container takes. */
function codeIn(container: Written, language: string): string {
  const { languages } = factsOf(container);
  if (languages === undefined) return language;
  return languages === "terms" ? languageCode(language) : libraryCode(language);
}

/** Warns of subtitles that were asked for and are left out. */
export function subtitleWarnings(
  choices: readonly (SubtitleChoice | undefined)[],
  media: MediaInfo,
): readonly Warning[] {
  const lacks = choices.flatMap((choice) => (choice ? chosenOf(choice.tracks, media).lacks : []));
  return [...new Set(lacks)].map((message) => ({ code: "subtitles_missing", message }));
}

function chosenOf(choice: TrackChoice, { streams }: MediaInfo): Chosen {
  const all = streams.filter((stream): stream is OtherStream => stream.kind === "subtitle");
  const taken = (wanted: string | number) =>
    typeof wanted === "number"
      ? all.filter((_, place) => place === wanted)
      : all.filter(({ language }) => language !== undefined && isOf(language, wanted));
  const found =
    choice === "all" ? all : all.filter((one) => choice.some((w) => taken(w).includes(one)));
  const missing = choice === "all" ? [] : choice.filter((wanted) => taken(wanted).length === 0);
  return {
    streams: found.filter(({ codec }) => TEXT_CODECS.includes(codec)),
    lacks: [
      ...missing.map((wanted) =>
        typeof wanted === "number"
          ? `The source has no track ${wanted} of subtitles`
          : `The source has no subtitles in ${JSON.stringify(wanted)}`,
      ),
      ...found
        .filter(({ codec }) => !TEXT_CODECS.includes(codec))
        .map(
          ({ index, codec }) =>
            `The subtitles in the source's stream ${index} (${codec}) are left out, as they are no text`,
        ),
    ],
  };
}

/** Whether a language is one that was asked for: `en-US` is also `en`, `ger` is `de`. */
function isOf(language: string, wanted: string): boolean {
  const [own, asked] = [languageTag(language), languageTag(wanted.toLowerCase())];
  return own === asked || own.startsWith(`${asked}-`);
}
