import { z } from "@hono/zod-openapi";
import { CONTACT_SIDE_MAX } from "../../../profile/fields/contact-sheet.ts";
import { DEINTERLACE, DENOISE } from "../../../profile/fields/picture.ts";
import {
  WATERMARK_MARGIN,
  WATERMARK_PLACES,
  WATERMARK_WIDTH,
} from "../../../profile/fields/watermark.ts";
import { WAVEFORM_CHANNELS } from "../../../profile/fields/waveform.ts";
import { SIZE_MAX, SIZE_MIN } from "../../../profile/video-values.ts";
import { Address } from "../fields.ts";
import { numeric } from "../numbers.ts";

// The colours of most pictures have half the size of their light. The generator does not describe that by itself.
const EVEN = { multipleOf: 2 };
const Place = numeric(z.int().min(0).multipleOf(2)).openapi(EVEN);
const Side = numeric(z.int().min(SIZE_MIN).max(SIZE_MAX).multipleOf(2)).openapi(EVEN);

/** The headers of both have 16 bits for it. */
const LOOP_MAX = 65_535;

const CropArea = z.object({ width: Side, height: Side, x: Place.optional(), y: Place.optional() });

/** Less could not be seen. */
const OPACITY_MIN = 0.01;
const WATERMARK_WIDTH_MIN = 0.01;
const WATERMARK_MARGIN_MAX = 0.4;

const Watermark = z
  .object({
    image_url: Address.openapi({ example: "file:/media/in/logo.png" }),
    place: z.enum(WATERMARK_PLACES).default("top_right"),
    width: numeric(z.number().min(WATERMARK_WIDTH_MIN).max(1))
      .default(WATERMARK_WIDTH)
      .openapi({ description: "A share of the picture's width; its height keeps its shape." }),
    margin: numeric(z.number().min(0).max(WATERMARK_MARGIN_MAX))
      .default(WATERMARK_MARGIN)
      .openapi({ description: "To the edges of the picture: a share of its width." }),
    opacity: numeric(z.number().min(OPACITY_MIN).max(1)).default(1),
  })
  .openapi("Watermark", {
    description:
      "A PNG, JPEG or WebP picture that is laid over the output's. Its address is judged, opened and answered as that of a source; it is read anew for each task.",
  });

/** As of the thumbnails of sets, which players show beside each other. */
const CONTACT_WIDTH_MIN = 64;
const CONTACT_WIDTH_MAX = 640;
const CONTACT_WIDTH_DEFAULT = 320;
const CONTACT_COLUMNS_DEFAULT = 4;

const Count = numeric(z.int().min(1).max(CONTACT_SIDE_MAX)).default(CONTACT_COLUMNS_DEFAULT);

const NewContactSheet = z
  .object({
    columns: Count,
    rows: Count,
    width: numeric(z.int().min(CONTACT_WIDTH_MIN).max(CONTACT_WIDTH_MAX).multipleOf(2))
      .default(CONTACT_WIDTH_DEFAULT)
      .openapi({ ...EVEN, description: "Of each picture, in pixels; its height keeps the shape." }),
  })
  .openapi("ContactSheet", {
    description:
      "Pictures of the whole film, or of the clip, from equal parts of it, on one picture. For jpg, webp, avif and png.",
  });

const WAVEFORM_WIDTH_MAX = 4096;
const WAVEFORM_HEIGHT_MAX = 2048;
const WAVEFORM_WIDTH_DEFAULT = 1280;
const WAVEFORM_HEIGHT_DEFAULT = 240;
const Colour = z.string().regex(/^#[0-9A-Fa-f]{6}$/);
const waveformSide = (max: number) => numeric(z.int().min(SIZE_MIN).max(max).multipleOf(2));

const NewWaveform = z
  .object({
    width: waveformSide(WAVEFORM_WIDTH_MAX).default(WAVEFORM_WIDTH_DEFAULT).openapi(EVEN),
    height: waveformSide(WAVEFORM_HEIGHT_MAX).default(WAVEFORM_HEIGHT_DEFAULT).openapi(EVEN),
    color: Colour.default("#3366cc"),
    background: Colour.default("#ffffff"),
    channels: z.enum(WAVEFORM_CHANNELS).default("mixed"),
  })
  .openapi("Waveform", {
    description:
      "The main sound is drawn, of films and of sources without a picture. For jpg, webp, avif and png.",
  });

/** The fields of a parameter group that change its picture. */
export const PICTURE_FIELDS = {
  crop: CropArea.openapi("Crop", {
    description:
      "The part of the source's upright picture that is kept, in its own pixels; even numbers. Without a place, it is the middle.",
  }).optional(),
  pad: z
    .string()
    .regex(/^(?:off|#[0-9A-Fa-f]{6})$/)
    .optional()
    .openapi({
      description:
        "What fills the rest of width and height: a colour, black by default, or `off` for nothing at all: the picture is then as large as fits.",
      example: "#1a1a1a",
    }),
  deinterlace: z
    .enum(DEINTERLACE)
    .openapi("Deinterlace", {
      description:
        "Of an interlaced source: `bob` makes a frame of each field, at twice the rate; `off` leaves fields as they are.",
    })
    .optional(),
  denoise: z.enum(DENOISE).openapi("Denoise").optional(),
  loop: numeric(z.int().min(0).max(LOOP_MAX))
    .optional()
    .openapi({ description: "How often a gif or an awebp is shown; 0, the default, is for ever." }),
  watermark: Watermark.optional(),
  contact_sheet: NewContactSheet.optional(),
  waveform: NewWaveform.optional(),
};
