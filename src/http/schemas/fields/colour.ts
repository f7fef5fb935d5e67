import { z } from "@hono/zod-openapi";
import { DYNAMIC_RANGE_FALLBACKS, DYNAMIC_RANGES } from "../../../profile/fields/colour.ts";

/** The fields of a parameter group that are about colours. */
export const COLOUR_FIELDS = {
  dynamic_range: z.enum(DYNAMIC_RANGES).openapi("DynamicRange").optional().openapi({
    description:
      "`sdr`, the default, makes 8 bits of a standard range of everything. `source` keeps the depth (up to 10 bits), the colours and HDR10 or HLG of the source: h265 and av1.",
  }),
  dynamic_range_fallback: z
    .enum(DYNAMIC_RANGE_FALLBACKS)
    .openapi("DynamicRangeFallback")
    .optional()
    .openapi({
      description:
        "With dynamic_range `source`: whether what cannot be kept is refused, as by default, or mapped to a standard range.",
    }),
};
