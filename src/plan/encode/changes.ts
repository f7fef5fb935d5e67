import type { VideoStream } from "../../probe/media.ts";
import type { Area, Denoise } from "../../profile/fields/picture.ts";
import type { VideoEncode } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import type { Filter } from "./filters.ts";

const isTurned = ({ rotation }: VideoStream): boolean => rotation === 90 || rotation === 270;

/**
 * The part of a source's upright picture that an encode keeps; undefined if it keeps all of it.
 *
 * @throws {TaskError} `output_not_supported` if the source has no such part
 */
export function areaOf({ crop, progressive }: VideoEncode, source: VideoStream): Area | undefined {
  if (!crop) return undefined;
  const own = isTurned(source) ? { width: source.height, height: source.width } : source;
  const { width, height } = crop;
  // Colours have half the size, and fields half the lines, so the middle is moved onto their grid.
  const middle = (rest: number, step: number) => Math.floor(rest / 2 / step) * step;
  const x = crop.x ?? middle(own.width - width, 2);
  const y = crop.y ?? middle(own.height - height, progressive ? 2 : 4);
  if (x < 0 || y < 0 || x + width > own.width || y + height > own.height)
    throw new TaskError(
      "output_not_supported",
      `Cannot crop the picture to ${width}x${height} at ${crop.x ?? "the middle"},${crop.y ?? "the middle"}: the source's has ${own.width}x${own.height} pixels`,
    );
  return { x, y, width, height };
}

/** A source as if its picture were that part of it alone. */
export function croppedTo(source: VideoStream, area: Area | undefined): VideoStream {
  if (!area) return source;
  const { width, height } = area;
  return {
    ...source,
    ...(isTurned(source) ? { width: height, height: width } : { width, height }),
  };
}

/** The filters that keep that part of a picture that is upright. */
export const areaFilters = (area: Area | undefined): readonly Filter[] =>
  area
    ? // By itself, the filter moves sides onto the grid of the colours, which some sources have wider than by two pixels.
      [
        {
          name: "crop",
          values: [area.width, area.height, area.x, area.y],
          options: { exact: 1 },
        },
      ]
    : [];

/**
 * How strongly the filter smooths each picture, and over time: its own defaults are the medium. The strengths for colours follow from
 * these as the filter has it.
 */
const STRENGTHS: Readonly<Record<Denoise, { spatial: number; temporal: number }>> = {
  light: { spatial: 2, temporal: 3 },
  medium: { spatial: 4, temporal: 6 },
  strong: { spatial: 8, temporal: 12 },
};

/** The filters that take noise from a picture. */
export function denoising(denoise: Denoise | undefined): readonly Filter[] {
  if (denoise === undefined) return [];
  const { spatial, temporal } = STRENGTHS[denoise];
  return [{ name: "hqdn3d", options: { luma_spatial: spatial, luma_tmp: temporal } }];
}
