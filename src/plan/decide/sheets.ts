import type { MediaInfo } from "../../probe/media.ts";
import type { Rendition, Thumbnails } from "../../profile/profile.ts";
import type { Clip } from "../../task/task.ts";
import { areaOf, croppedTo } from "../encode/changes.ts";
import { displaySize } from "../encode/picture.ts";
import type { ThumbnailSheets } from "../plan.ts";
import { clippedSeconds } from "./spans.ts";

/** The most columns, and rows, of a sheet: 100 thumbnails, some 200 KB. */
const SIDE_MAX = 10;

const even = (pixels: number): number => Math.max(2, Math.floor(pixels / 2) * 2);

/**
 * How a source's thumbnails lie on their sheets, none wider than the source; undefined if it has no video.
 *
 * @param encode - of the set's first rendition: they show the part of the picture that it shows
 */
export function sheetsFor(
  { intervalSeconds, width }: Thumbnails,
  media: MediaInfo,
  clip: Clip | undefined,
  encode?: Rendition["video"],
): ThumbnailSheets | undefined {
  if (!media.video) return undefined;
  const area = typeof encode === "object" ? areaOf(encode, media.video) : undefined;
  const shape = displaySize(croppedTo(media.video, area));
  const ownWidth = even(Math.min(width, shape.width));
  const whole = media.video.durationSeconds ?? media.durationSeconds;
  const seconds = clip ? clippedSeconds(whole, clip) : whole;
  const count = Math.max(1, Math.ceil((seconds ?? Number.POSITIVE_INFINITY) / intervalSeconds));
  const columns = Math.min(SIDE_MAX, count);
  return {
    intervalSeconds,
    width: ownWidth,
    height: even((ownWidth * shape.height) / shape.width),
    ...(area && { area }),
    columns,
    rows: Math.min(SIDE_MAX, Math.ceil(count / columns)),
  };
}
