import type { FieldError } from "../../task/errors.ts";
import { isStillCodec, type VideoCodec } from "../codecs.ts";
import type { ContactSheet } from "./contact-sheet.ts";
import { type Watermark, type WatermarkFields, watermarkFields, watermarkOf } from "./watermark.ts";
import type { Waveform } from "./waveform.ts";

/** A part of the upright picture, in the source's own pixels. Without a place, it is the middle. */
export type CropArea = {
  readonly width: number;
  readonly height: number;
  readonly x?: number | undefined;
  readonly y?: number | undefined;
};

/** A part of an upright picture, in the source's own pixels. */
export type Area = Readonly<Record<"x" | "y" | "width" | "height", number>>;

/** Values of `deinterlace`: `auto` makes a frame of each two fields, `bob` one of each field, `off` leaves them woven together. */
export const DEINTERLACE = ["auto", "bob", "off"] as const;

/** Values of `denoise`. */
export const DENOISE = ["light", "medium", "strong"] as const;

/** How much noise is taken from a picture. */
export type Denoise = (typeof DENOISE)[number];

/** `pad` if the rest of a size is not filled up: the picture is then as large as fits into it. */
export const PAD_OFF = "off";

/** How a parameter group asks for changes of the picture. */
export type PictureQlty = {
  readonly crop?: CropArea | undefined;
  /** `off`, or a colour as `#RRGGBB`. */
  readonly pad?: string | undefined;
  readonly deinterlace?: (typeof DEINTERLACE)[number] | undefined;
  readonly denoise?: Denoise | undefined;
  /** How often a gif or an awebp is shown; 0 is for ever. */
  readonly loop?: number | undefined;
  readonly watermark?: WatermarkFields | undefined;
  readonly contact_sheet?: ContactSheet | undefined;
  readonly waveform?: Waveform | undefined;
};

/** What is changed of a picture while it is encoded. Absent fields change nothing beyond what every encode does. */
export type PictureChanges = {
  /** The part of the upright source that is kept. */
  readonly crop?: CropArea;
  /** What fills the rest of a size: a colour as `#rrggbb`, or nothing at all (`off`). */
  readonly pad?: string;
  readonly deinterlace?: "bob" | "off";
  readonly denoise?: Denoise;
  readonly loop?: number;
  readonly watermark?: Watermark;
  readonly contactSheet?: ContactSheet;
  readonly waveform?: Waveform;
};

/** Of a picture that stays interlaced, so that neither its fields nor the fields of its colours change places. */
const FIELD_STEP = 4;

/** Rates, as answers have them, at which pictures of a gif would be shorter than its clock and its players can tell apart. */
const GIF_RATES_NONE: readonly string[] = ["60"];

type Asked = PictureQlty & {
  readonly framerate?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly use_progressive?: boolean | undefined;
};

/** Reads what is changed of a picture that is encoded; adds to `faults` what does not go together. */
export function pictureChanges(
  asked: Asked,
  codec: VideoCodec,
  faults: FieldError[],
): PictureChanges {
  const { crop, pad, deinterlace, denoise, loop, watermark, contact_sheet, waveform } = asked;
  const fault = (path: string, message: string) => faults.push({ path, message });
  if (pad !== undefined && (asked.width === undefined || asked.height === undefined))
    fault("pad", "goes with width and height together");
  if (loop !== undefined && codec !== "gif" && codec !== "awebp")
    fault("loop", "is for gif and awebp alone");
  if (codec === "gif" && GIF_RATES_NONE.includes(asked.framerate ?? ""))
    fault("framerate", "must be at most 30 for gif: it counts in hundredths of a second");
  if (waveform) waveformFaults(asked, codec, fault);
  if (contact_sheet) sheetFaults(asked, codec, fault);
  if (asked.use_progressive === false) {
    if (deinterlace === "bob" || deinterlace === "off")
      fault("deinterlace", "must be auto where use_progressive is false");
    if (denoise !== undefined) fault("denoise", "is for progressive pictures alone");
    for (const side of ["y", "height"] as const)
      if ((crop?.[side] ?? 0) % FIELD_STEP !== 0)
        fault(`crop.${side}`, `must be a multiple of ${FIELD_STEP} where use_progressive is false`);
  }
  return {
    ...(crop && { crop }),
    ...(pad !== undefined && { pad: pad.toLowerCase() }),
    ...(deinterlace !== undefined && deinterlace !== "auto" && { deinterlace }),
    ...(denoise !== undefined && { denoise }),
    ...(loop !== undefined && { loop }),
    ...(watermark && { watermark: watermarkOf(watermark) }),
    ...(contact_sheet && { contactSheet: contact_sheet }),
    ...(waveform && { waveform }),
  };
}

function waveformFaults(
  asked: Asked,
  codec: VideoCodec,
  fault: (path: string, message: string) => void,
): void {
  if (!isStillCodec(codec)) fault("waveform", "is for jpg, webp, avif and png alone");
  for (const path of [...FIELDS, "width", "height", "framerate"] as const)
    if (path !== "waveform" && asked[path] !== undefined)
      fault(path, "cannot go with waveform, which shows no picture of the source");
}

function sheetFaults(
  asked: Asked,
  codec: VideoCodec,
  fault: (path: string, message: string) => void,
): void {
  if (!isStillCodec(codec)) fault("contact_sheet", "is for jpg, webp, avif and png alone");
  for (const path of ["width", "height"] as const)
    if (asked[path] !== undefined)
      fault(path, "cannot go with contact_sheet, which says how wide each of its pictures is");
  if (asked.watermark) fault("watermark", "cannot go with contact_sheet");
}

const FIELDS = [
  "crop",
  "pad",
  "deinterlace",
  "denoise",
  "loop",
  "watermark",
  "contact_sheet",
  "waveform",
] as const;

/** Adds to `faults` the fields that change a picture, where none is encoded. */
export function refusePictureChanges(asked: PictureQlty, faults: FieldError[]): void {
  for (const path of FIELDS)
    if (asked[path] !== undefined)
      faults.push({ path, message: "is for video that is encoded: format is copy or none" });
}

/** Writes what is changed of a picture as a parameter group does. */
export const toPictureQlty = ({
  crop,
  pad,
  deinterlace,
  denoise,
  loop,
  watermark,
  contactSheet,
  waveform,
}: PictureChanges): PictureQlty => ({
  ...(crop && { crop }),
  ...(pad !== undefined && { pad }),
  ...(deinterlace !== undefined && { deinterlace }),
  ...(denoise !== undefined && { denoise }),
  ...(loop !== undefined && { loop }),
  ...(watermark && { watermark: watermarkFields(watermark) }),
  ...(contactSheet && { contact_sheet: contactSheet }),
  ...(waveform && { waveform }),
});
