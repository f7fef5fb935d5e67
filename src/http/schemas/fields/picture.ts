import { z } from "@hono/zod-openapi";
import { DEINTERLACE, DENOISE } from "../../../profile/fields/picture.ts";
import {
  WATERMARK_MARGIN,
  WATERMARK_PLACES,
  WATERMARK_WIDTH,
} from "../../../profile/fields/watermark.ts";
import { SIZE_MAX, SIZE_MIN } from "../../../profile/qlty.ts";
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
};
