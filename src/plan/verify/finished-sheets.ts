import { TaskError } from "../../task/errors.ts";
import { sheetName } from "../args/thumbnails.ts";
import type { Size } from "../encode/picture.ts";
import type { ThumbnailSheets } from "../plan.ts";

/** The size of a sheet. */
export const sheetSize = ({ width, height, columns, rows }: ThumbnailSheets): Size => ({
  width: width * columns,
  height: height * rows,
});

/** How many thumbnails a film of this duration has, and how many sheets; its frames are `frameSeconds` apart. */
export function sheetCount(
  { intervalSeconds, columns, rows }: ThumbnailSheets,
  durationSeconds: number,
  frameSeconds: number,
): { readonly pictures: number; readonly sheets: number } {
  // A last interval shorter than two frames may hold none, if the frame rate was changed.
  const last = Math.max(0, durationSeconds - 2 * frameSeconds);
  const pictures = Math.floor(last / intervalSeconds) + 1;
  return { pictures, sheets: Math.ceil(pictures / (columns * rows)) };
}

/**
 * The WebVTT track of a film's thumbnails: for each interval, the sheet and the part of it to show.
 *
 * @see https://www.w3.org/TR/media-frags/#naming-space for `#xywh=`, which players' seek bars read
 */
export function thumbnailTrack(
  sheets: ThumbnailSheets,
  pictures: number,
  durationSeconds: number,
): string {
  const { intervalSeconds, width, height, columns, rows } = sheets;
  const cues = Array.from({ length: pictures }, (_, index) => {
    const place = index % (columns * rows);
    const [x, y] = [(place % columns) * width, Math.floor(place / columns) * height];
    const end = index === pictures - 1 ? durationSeconds : (index + 1) * intervalSeconds;
    const sheet = sheetName(Math.floor(index / (columns * rows)) + 1);
    const time = `${timeOf(index * intervalSeconds)} --> ${timeOf(end)}`;
    return `${time}\n${sheet}#xywh=${x},${y},${width},${height}\n`;
  });
  return ["WEBVTT\n", ...cues].join("\n");
}

/** `01:02:03.456` */
function timeOf(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const part = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, "0");
  const [hours, minutes] = [ms / 3_600_000, (ms / 60_000) % 60];
  return `${part(hours, 2)}:${part(minutes, 2)}:${part((ms / 1000) % 60, 2)}.${part(ms % 1000, 3)}`;
}

/**
 * Judges finished sheets: whether there are enough, and whether the thumbnails that the track names lie on them.
 *
 * @param sizes - of all sheets that were made
 * @throws {TaskError} `output_wrong`
 */
export function judgeSheets(sheets: ThumbnailSheets, wanted: number, sizes: readonly Size[]): void {
  const { width, height } = sheetSize(sheets);
  const wrong = (why: string) =>
    new TaskError("output_wrong", `Cannot deliver the small pictures: ${why}`);
  if (sizes.length < wanted) throw wrong(`there are ${sizes.length} sheets of ${wanted}`);
  const odd = sizes.find((size) => size.width !== width || size.height !== height);
  if (odd) throw wrong(`a sheet is ${odd.width}x${odd.height}, not ${width}x${height}`);
}
