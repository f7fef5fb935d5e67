import { z } from "@hono/zod-openapi";
import { METRICS, QUALITY_MAX, QUALITY_MIN } from "../../../profile/fields/quality.ts";
import { numeric, Switch } from "../numbers.ts";

const Metric = z.enum(METRICS).openapi("Metric", {
  description: "How close a picture comes to what it was made of is measured.",
});

/** The fields of a parameter group that ask for a quality, or for its measure. */
export const QUALITY_FIELDS = {
  quality: numeric(z.int().min(QUALITY_MIN).max(QUALITY_MAX)).optional().openapi({
    description:
      "With `rc_mode: quality`: how good, of every codec alike. 70 is fine for most; `bitrate` is then the ceiling, and may be left out.",
  }),
  quality_target: z
    .object({ metric: Metric, min: numeric(z.number().positive()) })
    .optional()
    .openapi("QualityTarget", {
      description:
        "With `rc_mode: quality`: the least that the output is to come to, on average. If it comes to less, it is encoded once more.",
    }),
  measure_quality: Switch.optional().openapi({
    description: "Whether the output is measured against the source: see `output.quality`.",
  }),
  skip_if_larger: Switch.optional().openapi({
    description:
      "Of files: if the output is larger than the source, the source's picture is copied in its place.",
  }),
};

/** What was measured of an output. */
export const QualitySchema = z
  .object({
    metric: Metric,
    value: z.number().openapi({ description: "On average." }),
    lowest: z.number().openapi({ description: "Of the worst picture." }),
    frames: z.int().openapi({
      description: "How many pictures were measured: those of parts that are spread over the film.",
    }),
    quality: z.int().optional().openapi({ description: "The quality that it is encoded with." }),
    first: z
      .object({ quality: z.int(), value: z.number() })
      .optional()
      .openapi({ description: "Where it was encoded once more: what the first encode came to." }),
  })
  .openapi("Quality", { description: "How close the output comes to the source." });
