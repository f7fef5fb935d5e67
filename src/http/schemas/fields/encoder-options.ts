import { z } from "@hono/zod-openapi";

const CHARACTERS_MAX = 512;
const KEY_CHARACTERS_MAX = 32;
const KEYS_MAX = 64;

/** The field of a parameter group with options of its encoder. */
export const ENCODER_OPTIONS_FIELDS = {
  encoder_options: z
    .record(
      z.string().min(1).max(KEY_CHARACTERS_MAX),
      z.union([z.string().max(CHARACTERS_MAX), z.number(), z.boolean()]),
    )
    .refine((options) => Object.keys(options).length <= KEYS_MAX, `at most ${KEYS_MAX} options`)
    .optional()
    .openapi("EncoderOptions", {
      description:
        "Options of the encoder by its own names, of those that docs/profiles.md lists; `x264-params`, `x265-params` and `svtav1-params` hold several.",
      example: { preset: "slow", tune: "film", "aq-mode": 3 },
    }),
};
