import type { VideoStream } from "../../../probe/media.ts";
import type { FoundSubtitles } from "../../../profile/fields/burn-in.ts";
import type { Filter } from "../filters.ts";

/** The folder of fonts in the work folder, beside those that the source brings. */
export const FONTS_FOLDER = "subtitles/fonts";

/** Where subtitles that are drawn lie in the work folder: texts as ASS with the fonts of their source, pictures as a film with a clear ground. */
export const drawnFile = ({ index, side }: FoundSubtitles): string =>
  `subtitles/${side ?? index}.drawn.mkv`;

/** The picture that subtitles are drawn into. */
export type Ground = {
  /** Of what is shown of the source, without what is filled up around it. */
  readonly width: number;
  /** The whole picture of the source, upright: in its own pixels, and how high it is for its width on a display. */
  readonly source: Readonly<Record<"width" | "height" | "shape", number>>;
};

/** The width that canvases of DVD and DVB have for pictures of any shape. */
const SD_WIDTH = 720;

/**
 * The filters that draw subtitles into a picture. Pictures of text are as wide as it and stand on its lower edge, so that none is lost where it
 * was cropped: a canvas of the source's own pixels, or of DVD and DVB, has the shape of the source's picture, others have square pixels.
 */
export function drawing(
  drawn: FoundSubtitles | undefined,
  { width, source }: Ground,
): readonly Filter[] {
  if (!drawn) return [];
  const file = drawnFile(drawn);
  if (drawn.isText)
    return [{ name: "subtitles", options: { filename: file, fontsdir: FONTS_FOLDER } }];
  const own = `eq(iw*${source.height},ih*${source.width})+eq(iw,${SD_WIDTH})`;
  const height = Math.max(2, Math.round(width * source.shape));
  const canvas: readonly Filter[] = [
    { name: "movie", options: { filename: file } },
    { name: "scale", options: { w: width, h: `if(${own},${height},max(2,ih*${width}/iw))` } },
  ];
  const options = { x: "(W-w)/2", y: "H-h", eof_action: "pass" };
  return [{ name: "overlay", options, beside: canvas }];
}

/** The shape of an upright picture: how high it is for its width on a display. */
export function groundOf(
  { sampleAspect, rotation, ...source }: VideoStream,
  width: number,
): Ground {
  const isTurned = rotation === 90 || rotation === 270;
  const aspect = sampleAspect.num / sampleAspect.den;
  const upright = isTurned
    ? { width: source.height, height: source.width }
    : { width: source.width, height: source.height };
  const shown = upright.width * (isTurned ? 1 / aspect : aspect);
  return { width, source: { ...upright, shape: upright.height / shown } };
}
