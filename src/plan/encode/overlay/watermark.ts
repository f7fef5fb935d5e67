import type { VideoStream } from "../../../probe/media.ts";
import type { Watermark } from "../../../profile/fields/watermark.ts";
import type { VideoEncode } from "../../../profile/profile.ts";
import { TaskError } from "../../../task/errors.ts";
import { type FurtherFile, inputNumberOf } from "../../further.ts";
import type { Filter } from "../filters.ts";
import { displaySize, type Size } from "../picture.ts";
import { isRgb, markColours } from "./mark-colours.ts";

/** A watermark as it is drawn: the input that it is read from, what is made of it, and how it is laid over the picture. */
export type Mark = {
  /** Its name in the work folder. */
  readonly file: string;
  /** The number of ffmpeg's input. */
  readonly input: number;
  /** Of the image itself. */
  readonly pixels: number;
  readonly filters: readonly Filter[];
  readonly overlay: Filter;
  /** What comes behind it, for an encoder that is given frames of its device. */
  readonly upload?: readonly Filter[];
};

/** Colours have half the size of light, so that sides and places on their grid keep both together. */
const even = (pixels: number): number => Math.round(pixels / 2) * 2;
const side = (pixels: number): number => Math.max(2, even(pixels));

/** So much before the first picture does the mark begin, in seconds: some sources begin before zero. */
const EARLY_SECONDS = 1_000;

/** Where a watermark lies in a picture: at its place, in its shape, and within the margins however tall it is. */
function areaOf({ place, width, margin }: Watermark, image: Size, picture: Size) {
  const gap = even(margin * picture.width);
  const free = {
    width: Math.max(2, picture.width - 2 * gap),
    height: Math.max(2, picture.height - 2 * gap),
  };
  const factor = Math.min(
    (width * picture.width) / image.width,
    free.width / image.width,
    free.height / image.height,
  );
  const size = { width: side(image.width * factor), height: side(image.height * factor) };
  const along = (edges: readonly [string, string], length: "width" | "height") => {
    const rest = picture[length] - size[length];
    if (place.includes(edges[0])) return Math.min(gap, Math.max(0, rest));
    return Math.max(0, place.includes(edges[1]) ? rest - gap : even(rest / 2));
  };
  return { ...size, x: along(["left", "right"], "width"), y: along(["top", "bottom"], "height") };
}

/**
 * How the watermark of an encode is drawn; undefined if it has none.
 *
 * Its colours become those of the picture at the very end of its filters, where both are known. It is scaled with its colours weighed
 * by its opacity, as those of what cannot be seen would show at its edges.
 *
 * @param encode - what is asked for
 * @param made - what comes of it
 * @param further - what is read beside the source
 */
export function markOf(
  encode: VideoEncode,
  made: Size & Parameters<typeof markColours>[1],
  source: VideoStream,
  further: readonly FurtherFile[] = [],
): Mark | undefined {
  const { watermark } = encode;
  if (!watermark) return undefined;
  const found = further.find(({ kind, url }) => kind === "picture" && url === watermark.imageUrl);
  const image = found?.media.video;
  if (!found || !image)
    throw new TaskError("internal", "Cannot draw the watermark: it is not read");
  const { x, y, width, height } = areaOf(watermark, displaySize(image), made);
  const { opacity } = watermark;
  const { filters, format } = markColours(encode.codec, made, source);
  return {
    file: found.file,
    input: inputNumberOf(further, found.file),
    pixels: image.width * image.height,
    filters: [
      { name: "format", values: ["gbrap16le"] },
      { name: "premultiply", options: { inplace: 1 } },
      { name: "scale", values: [width, height] },
      { name: "setsar", values: [1] },
      { name: "unpremultiply", options: { inplace: 1 } },
      ...(opacity < 1 ? [{ name: "colorchannelmixer", options: { aa: opacity } } as const] : []),
      ...filters,
      { name: "setpts", values: [`PTS-${EARLY_SECONDS}/TB`] },
    ],
    overlay: {
      name: "overlay",
      values: [x, y],
      options: { format: isRgb(encode.codec) ? "rgb" : format },
    },
  };
}

/** The filters that a watermark needs beyond the common ones. */
export const MARK_FILTERS = [
  ...["overlay", "premultiply", "unpremultiply", "colorchannelmixer", "lutrgb"],
];
