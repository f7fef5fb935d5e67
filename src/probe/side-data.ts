import * as v from "valibot";
import { number, text } from "./ffprobe-values.ts";
import {
  CHROMATICITY_UNITS,
  type Chromaticity,
  type ContentLight,
  type DisplayLight,
  LUMINANCE_UNITS,
  type MasteringDisplay,
  type VideoStream,
} from "./media.ts";

/** What ffprobe is asked for about the light of displays, beside the type of the side data. */
const LIGHT_ENTRIES = [
  ...["red_x", "red_y", "green_x", "green_y", "blue_x", "blue_y", "white_point_x", "white_point_y"],
  ...["min_luminance", "max_luminance", "max_content", "max_average"],
] as const;

/** What ffprobe is asked for about the side data of streams and frames. */
export const SIDE_DATA_ENTRIES = [
  "side_data_type,type,rotation,displaymatrix,crop_top,crop_bottom,crop_left,crop_right,dv_bl_signal_compatibility_id",
  ...LIGHT_ENTRIES,
].join(",");

/** A fraction, or a number. */
const quantity = v.fallback(v.optional(v.union([v.string(), v.number()])), undefined);

/** The side data of a stream or frame, as ffprobe writes it. */
export const sideDataSchema = v.fallback(
  v.optional(
    v.array(
      v.object({
        side_data_type: text,
        type: text,
        rotation: number,
        displaymatrix: text,
        crop_top: number,
        crop_bottom: number,
        crop_left: number,
        crop_right: number,
        dv_bl_signal_compatibility_id: number,
        ...{ red_x: quantity, red_y: quantity, green_x: quantity, green_y: quantity },
        ...{ blue_x: quantity, blue_y: quantity },
        ...{ white_point_x: quantity, white_point_y: quantity },
        ...{ min_luminance: quantity, max_luminance: quantity },
        ...{ max_content: quantity, max_average: quantity },
      }),
    ),
  ),
  undefined,
);

/** The side data of a stream or frame. */
export type SideData = v.InferOutput<typeof sideDataSchema>;

/** The kinds of HDR metadata, by the beginnings of ffmpeg's names. */
const HDR_DATA = [
  "Mastering display metadata",
  "Content light level metadata",
  "HDR Dynamic Metadata",
  "HDR10+",
  "Dolby Vision",
  "DOVI",
  "Ambient viewing environment",
];

/** The nearest clockwise turn by a whole number of quarters. @param clockwise - in degrees */
export function turnOf(clockwise: number): VideoStream["rotation"] {
  const quarters = ((Math.round(clockwise / 90) % 4) + 4) % 4;
  return ([0, 90, 180, 270] as const)[quarters] ?? 0;
}

/** The turn that a display matrix states, which ffprobe gives counter-clockwise; undefined if there is no matrix. */
export function matrixTurn(data: SideData): VideoStream["rotation"] | undefined {
  const rotation = data?.find((one) => one.rotation !== undefined)?.rotation;
  return rotation === undefined ? undefined : turnOf(-rotation);
}

/** Whether a display matrix mirrors the picture. It is written in lines like `00000000: -65536 0 0`; the first two of two count. */
export function isMirrored(data: SideData): boolean {
  const matrix = data?.find(({ displaymatrix }) => displaymatrix !== undefined)?.displaymatrix;
  const rows = (matrix ?? "").split("\n").filter((line) => line.includes(":"));
  const [[a = 0, b = 0] = [], [c = 0, d = 0] = []] = rows.map((line) =>
    (line.split(":")[1] ?? "").trim().split(/\s+/).map(Number),
  );
  return a * d - b * c < 0;
}

/** How many pixels the container crops; undefined if none, or if this ffprobe (before 7) does not know. */
export function cropOf(data: SideData): { readonly x: number; readonly y: number } | undefined {
  const crop = data?.find(({ crop_left }) => crop_left !== undefined);
  if (!crop) return undefined;
  const x = (crop.crop_left ?? 0) + (crop.crop_right ?? 0);
  const y = (crop.crop_top ?? 0) + (crop.crop_bottom ?? 0);
  return x + y > 0 ? { x, y } : undefined;
}

/** What else side data says about the video; each fact is present if it is true. */
export function lightOf(
  data: SideData,
): Pick<VideoStream, "hasHdrData" | "light" | "hasCaptions" | "isOneView" | "isDolbyVisionAlone"> {
  const kinds = (data ?? []).map((one) => one.side_data_type ?? "");
  const hasHdrData = kinds.some((kind) => HDR_DATA.some((name) => kind.startsWith(name)));
  const light = displayLight(data ?? []);
  const hasCaptions = kinds.some((kind) => /closed captions/i.test(kind));
  const isOneView = data?.some(
    (one) => one.side_data_type === "Stereo 3D" && one.type === "unspecified",
  );
  const isAlone = data?.some((one) => one.dv_bl_signal_compatibility_id === 0) === true;
  return {
    ...(hasHdrData && { hasHdrData }),
    ...(light && { light }),
    ...(hasCaptions && { hasCaptions }),
    ...(isOneView && { isOneView }),
    ...(isAlone && { isDolbyVisionAlone: isAlone }),
  };
}

/** Side data as ffprobe writes it: fractions (`34000/50000`), or numbers. */
type LightEntries = Readonly<
  Partial<Record<(typeof LIGHT_ENTRIES)[number], string | number | undefined>>
>;

/** PQ ends there. */
const LUMINANCE_MAX = 10_000 * LUMINANCE_UNITS;
/** Streams have 16 bits for it. */
const CONTENT_LIGHT_MAX = 65_535;

/** A fraction in whole units; undefined if there is none, or a broken one. */
function inUnits(value: string | number | undefined, units: number): number | undefined {
  const [num = Number.NaN, den = 1] = String(value ?? "")
    .split("/")
    .map((part) => (part === "" ? Number.NaN : Number(part)));
  const whole = Math.round((num / den) * units);
  return Number.isFinite(whole) && whole >= 0 ? whole : undefined;
}

function point(x: LightEntries["red_x"], y: LightEntries["red_y"]): Chromaticity | undefined {
  const [left, right] = [inUnits(x, CHROMATICITY_UNITS), inUnits(y, CHROMATICITY_UNITS)];
  if (left === undefined || right === undefined) return undefined;
  // Some writers leave it all zero if they do not know it.
  return left > 0 && right > 0 && left + right <= CHROMATICITY_UNITS ? [left, right] : undefined;
}

function masteringOf(data: LightEntries): MasteringDisplay | undefined {
  const red = point(data.red_x, data.red_y);
  const green = point(data.green_x, data.green_y);
  const blue = point(data.blue_x, data.blue_y);
  const white = point(data.white_point_x, data.white_point_y);
  const min = inUnits(data.min_luminance, LUMINANCE_UNITS);
  const max = inUnits(data.max_luminance, LUMINANCE_UNITS);
  if (!red || !green || !blue || !white || min === undefined || max === undefined) return undefined;
  return min < max && max <= LUMINANCE_MAX
    ? { red, green, blue, white, luminance: { min, max } }
    : undefined;
}

function contentOf({ max_content, max_average }: LightEntries): ContentLight | undefined {
  const [max, average] = [inUnits(max_content, 1), inUnits(max_average, 1)];
  if (max === undefined || average === undefined) return undefined;
  return max > 0 && Math.max(max, average) <= CONTENT_LIGHT_MAX ? { max, average } : undefined;
}

/** What side data says of the light of displays, as far as it makes sense; undefined if it says nothing. */
function displayLight(list: readonly LightEntries[]): DisplayLight | undefined {
  const mastering = list.map(masteringOf).find((one) => one !== undefined);
  const content = list.map(contentOf).find((one) => one !== undefined);
  return mastering || content
    ? { ...(mastering && { mastering }), ...(content && { content }) }
    : undefined;
}
