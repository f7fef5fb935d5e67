import type { MediaInfo, VideoStream } from "../../probe/media.ts";
import type { Clip } from "../../task/task.ts";
import type { OutputDecision } from "../decide/output-decision.ts";
import { areaFilters } from "../encode/changes.ts";
import { sdrFilters } from "../encode/colours/hdr.ts";
import { cropFilters } from "../encode/crop.ts";
import { type Filter, trimmed } from "../encode/filters.ts";
import { deinterlacing, JPEG_FILTERS } from "../encode/video-filters.ts";
import type { ThumbnailSheets } from "../plan.ts";
import type { OutputArgs } from "./file-output.ts";
import { specifierOf } from "./input.ts";
import { NOTHING_ELSE } from "./streams.ts";

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
const SHEET_PATTERN = "sprite-%05d.jpg";

/** All filters from a source to its sheets. @param clip - what they have to cut */
export const sheetsFilters = (
  sheets: ThumbnailSheets,
  source: VideoStream,
  clip?: Clip,
): readonly Filter[] => [
  ...deinterlacing(source),
  ...trimmed(clip),
  ...sheetFilters(sheets, source),
];

/** What comes out of the filters of a set's sheets. */
export const sheetLabel = ({ folder }: OutputDecision): string => `set${folder}sheet`;

/** The arguments that write the sheets of a set. */
export const sheetArgs = (decision: OutputDecision): readonly string[] => [
  ...["-map", `[${sheetLabel(decision)}]`, ...NOTHING_ELSE, "-c:v", "mjpeg", "-q:v", "4"],
  // Otherwise ffmpeg repeats frames to make the rate even.
  ...["-fps_mode:v", "passthrough", "-f", "image2", sheetsOf(decision)],
];

const sheetsOf = ({ folder }: OutputDecision): string => `${folder}/segments/${SHEET_PATTERN}`;

/** The sheets of a set as an output of a run that makes nothing else of it; undefined if it has none. */
export function sheetOutput(decision: OutputDecision, media: MediaInfo): OutputArgs | undefined {
  const sheets = decision.product.set?.thumbnails;
  if (!sheets || !media.video) return undefined;
  const filters = sheetsFilters(sheets, media.video);
  const chain = { from: [specifierOf(media, "video")], filters, to: [sheetLabel(decision)] };
  return {
    graphs: { video: [chain], audio: [] },
    args: sheetArgs(decision),
    writes: [sheetsOf(decision)],
    isCopying: false,
  };
}
