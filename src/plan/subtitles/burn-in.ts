import type { FoundSubtitles } from "../../profile/fields/burn-in.ts";
import type { Assignment, Rendition } from "../../profile/profile.ts";
import { type Candidate, candidatesOf, isOf, isText, type SubtitleSources } from "./choose.ts";

/** Subtitles that are pictures, by their decoders in ffmpeg. */
const PICTURE_CODECS = ["hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"];

const isDrawable = ({ codec }: Candidate): boolean =>
  isText({ codec }) || PICTURE_CODECS.includes(codec);

/** What a choice finds; of a language, the files that a task names come before the tracks of its source. */
function candidateFor(wanted: string | number, sources: SubtitleSources): Candidate | undefined {
  const all = candidatesOf(sources);
  if (typeof wanted === "number") return all[wanted];
  const spoken = all.filter(({ language }) => language !== undefined && isOf(language, wanted));
  const drawable = spoken.filter(isDrawable);
  return drawable.find(({ side }) => side !== undefined) ?? drawable[0] ?? spoken[0];
}

function foundFor(wanted: string | number, sources: SubtitleSources): FoundSubtitles | undefined {
  const found = candidateFor(wanted, sources);
  if (!found || !isDrawable(found)) return undefined;
  const { index, side } = found;
  return {
    ...(index !== undefined && { index }),
    ...(side !== undefined && { side }),
    isText: isText(found),
  };
}

/** An assignment with the subtitles that are found for what it draws into its pictures. */
export function withDrawn(assignment: Assignment, sources: SubtitleSources): Assignment {
  const filled = (one: Rendition): Rendition => {
    const { video } = one;
    if (typeof video !== "object" || video.burnIn === undefined) return one;
    const drawn = foundFor(video.burnIn, sources);
    return drawn ? { ...one, video: { ...video, drawn } } : one;
  };
  const { rendition, set } = assignment;
  if (!(set?.renditions ?? [rendition]).some(burnsIn)) return assignment;
  return {
    ...assignment,
    rendition: filled(rendition),
    ...(set && { set: { ...set, renditions: set.renditions.map(filled) } }),
  };
}

/** Whether a rendition draws subtitles into its picture. */
export const burnsIn = (rendition: Rendition): boolean => wishesOf([rendition]).length > 0;

/** The subtitles that renditions draw into their pictures, as they are asked for. */
const wishesOf = (renditions: readonly Rendition[]): readonly (string | number)[] =>
  renditions.flatMap(({ video }) => (typeof video === "object" ? (video.burnIn ?? []) : []));

/** Why the subtitles that renditions draw into their pictures are not there. */
export function undrawn(
  renditions: readonly Rendition[],
  sources: SubtitleSources,
): readonly string[] {
  return wishesOf(renditions).flatMap((one) => {
    const found = candidateFor(one, sources);
    if (!found)
      return typeof one === "number"
        ? [`No subtitles are drawn into the picture: the source has no track ${one} of them`]
        : [
            `No subtitles are drawn into the picture: the source has none in ${JSON.stringify(one)}`,
          ];
    const { name, codec } = found;
    return isDrawable(found)
      ? []
      : [
          `The subtitles in ${name} (${codec}) are not drawn into the picture: that cannot be done here`,
        ];
  });
}

/** The files beside the source that are drawn into pictures. */
export const drawnSides = (
  renditions: readonly Rendition[],
  sources: SubtitleSources,
): readonly string[] => wishesOf(renditions).flatMap((one) => foundFor(one, sources)?.side ?? []);
