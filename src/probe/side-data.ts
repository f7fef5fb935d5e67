import * as v from "valibot";
import { number, text } from "./ffprobe-values.ts";
import type { VideoStream } from "./media.ts";

/** What ffprobe is asked for about the side data of streams and frames. */
export const SIDE_DATA_ENTRIES =
  "side_data_type,type,rotation,displaymatrix,crop_top,crop_bottom,crop_left,crop_right,dv_bl_signal_compatibility_id";

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
): Pick<VideoStream, "hasHdrData" | "hasCaptions" | "isOneView" | "isDolbyVisionAlone"> {
  const kinds = (data ?? []).map((one) => one.side_data_type ?? "");
  const hasHdrData = kinds.some((kind) => HDR_DATA.some((name) => kind.startsWith(name)));
  const hasCaptions = kinds.some((kind) => /closed captions/i.test(kind));
  const isOneView = data?.some(
    (one) => one.side_data_type === "Stereo 3D" && one.type === "unspecified",
  );
  const isAlone = data?.some((one) => one.dv_bl_signal_compatibility_id === 0) === true;
  return {
    ...(hasHdrData && { hasHdrData }),
    ...(hasCaptions && { hasCaptions }),
    ...(isOneView && { isOneView }),
    ...(isAlone && { isDolbyVisionAlone: isAlone }),
  };
}
