import { z } from "@hono/zod-openapi";
import { QUALITY_MAX, QUALITY_MIN } from "../../../profile/fields/quality.ts";
import { numeric } from "../numbers.ts";

/** The fields of a parameter group that ask for a quality. */
export const QUALITY_FIELDS = {
  quality: numeric(z.int().min(QUALITY_MIN).max(QUALITY_MAX)).optional().openapi({
    description:
      "With `rc_mode: quality`: how good, of every codec alike. 70 is fine for most; `bitrate` is then the ceiling, and may be left out.",
  }),
};
