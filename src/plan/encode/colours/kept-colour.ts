import { isDeep } from "../../../probe/first-frame.ts";
import type { VideoStream } from "../../../probe/media.ts";
import type { VideoEncode } from "../../../profile/profile.ts";
import { TaskError } from "../../../task/errors.ts";
import type { KeptColour } from "../../plan.ts";
import type { Filter } from "../filters.ts";
import { isHdr } from "./hdr.ts";

/** The pixel format of what keeps the depth of its source: 10 bits, the one that players of HDR take. */
export const DEEP_PIXEL_FORMAT = "yuv420p10le";

/** The matrices in which filters and encoders know a picture with a high dynamic range. */
const HDR_MATRICES = ["bt2020nc", "bt2020c", "bt709"];
const RGB_MATRIX = "gbr";

const isRgbHdr = (source: VideoStream): boolean =>
  isHdr(source) && source.color.space === RGB_MATRIX;

/** Why the colours of a source cannot be kept: the end of a sentence; undefined if they can. */
function keepingFault(source: VideoStream): string | undefined {
  const { space } = source.color;
  if (!isHdr(source) || space === undefined) return undefined;
  return [...HDR_MATRICES, RGB_MATRIX].includes(space)
    ? undefined
    : `its colours are written as "${space}"`;
}

/**
 * Refuses a source whose colours an encode must keep and cannot.
 *
 * @throws {TaskError} `output_not_supported`
 */
export function refuseUnkept(
  { dynamicRange, dynamicRangeFallback }: VideoEncode,
  source: VideoStream,
): void {
  const fault = dynamicRange && !dynamicRangeFallback ? keepingFault(source) : undefined;
  if (fault !== undefined)
    throw new TaskError(
      "output_not_supported",
      `Cannot keep the source's dynamic range: ${fault}, which encoders do not take`,
    );
}

/**
 * The colours that an encode keeps; undefined if it makes 8 bits of a standard range, because that is asked for, because
 * the source is that already, or because the source's cannot be kept.
 */
export function keptColour(
  { dynamicRange }: VideoEncode,
  source: VideoStream,
): KeptColour | undefined {
  if (dynamicRange !== "source" || !(isHdr(source) || isDeep(source))) return undefined;
  if (keepingFault(source) !== undefined) return undefined;
  const { color, light } = source;
  // What a standard picture does not state, players take as usual for its size.
  if (!isHdr(source)) return { tags: color.space === RGB_MATRIX ? {} : color };
  const written = isRgbHdr(source) ? { space: "bt2020nc", range: "tv" } : {};
  const usual = { primaries: "bt2020", space: "bt2020nc", range: "tv" };
  return { tags: { ...usual, ...color, ...written }, ...(light && { light }) };
}

/**
 * The filters that keep the colours of a source. Data about single scenes (HDR10+, Dolby Vision) is removed: it is made for
 * the pictures of the source, and encoders of ffmpeg 7 on would pass some of it on.
 */
export function keepingFilters({ tags }: KeptColour, source: VideoStream): readonly Filter[] {
  const { primaries, transfer, space, range } = tags;
  const options = {
    ...(primaries !== undefined && { color_primaries: primaries }),
    ...(transfer !== undefined && { color_trc: transfer }),
    ...(space !== undefined && { colorspace: space }),
    ...(range !== undefined && { range }),
  };
  return [
    ...(isRgbHdr(source) ? RGB_TO_YUV : []),
    ...(Object.keys(options).length > 0 ? [{ name: "setparams", options } as const] : []),
    ...dataFilters(source),
  ];
}

/** The filters that `keepingFilters` needs beyond the common ones. */
export const keepingFiltersNeeded = (source: VideoStream): readonly string[] => [
  ...(isRgbHdr(source) ? ["zscale"] : []),
  ...(dataFilters(source).length > 0 ? ["sidedata"] : []),
];

const RGB_TO_YUV: readonly Filter[] = [{ name: "zscale", options: { m: "bt2020nc", r: "tv" } }];

/**
 * Side data about single scenes: HDR10+, the two kinds of Dolby Vision, HDR Vivid. By ffmpeg's numbers, which are the same
 * in all versions, because 5.1 does not know the names.
 */
const SCENE_DATA = [17, 23, 24, 25];

const removal = (type: number): Filter => ({ name: "sidedata", options: { mode: "delete", type } });

/** What goes with the pictures and is not true of the output; of a standard range, all that is about displays of HDR. */
function dataFilters(source: VideoStream): readonly Filter[] {
  // Headers do not always say that there is some.
  if (isHdr(source)) return SCENE_DATA.map(removal);
  return source.hasHdrData ? [{ name: "sidedata", options: { mode: "delete" } }] : [];
}
