import type { VideoStream } from "../../probe/media.ts";
import { areaFilters } from "../encode/changes.ts";
import { sdrFilters } from "../encode/colours/hdr.ts";
import { cropFilters } from "../encode/crop.ts";
import type { Filter } from "../encode/filters.ts";
import { JPEG_FILTERS } from "../encode/video-filters.ts";
import type { ThumbnailSheets } from "../plan.ts";

/** The filters that make sheets of a film: the first picture of each interval, in rows. */
export const sheetFilters = (
  { intervalSeconds, width, height, area, columns, rows }: ThumbnailSheets,
  source: VideoStream,
): readonly Filter[] => [
  { name: "select", values: [`gte(t,selected_n*${intervalSeconds})`] },
  ...cropFilters(source),
  ...areaFilters(area),
  { name: "scale", values: [width, height] },
  ...sdrFilters(source),
  { name: "setsar", values: [1] },
  { name: "tile", values: [`${columns}x${rows}`] },
  ...JPEG_FILTERS,
];

/** The name of a sheet in the folder of its set, by its number from 1 on; `SHEET_PATTERN` is ffmpeg's pattern for it. */
export const sheetName = (number: number): string =>
  `sprite-${String(number).padStart(5, "0")}.jpg`;

/** ffmpeg's pattern for `sheetName`. */
export const SHEET_PATTERN = "sprite-%05d.jpg";
