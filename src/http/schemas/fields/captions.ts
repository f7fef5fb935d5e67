import { z } from "@hono/zod-openapi";
import { CHANNEL_NAME, CLOSED_CAPTIONS } from "../../../profile/fields/captions.ts";
import { LanguageCode } from "./subtitles.ts";

/** The fields on captions of a parameter group. */
export const CAPTION_FIELDS = {
  closed_captions: z.enum(CLOSED_CAPTIONS).openapi("ClosedCaptions").optional().openapi({
    description:
      "Extension. Captions (CEA-608/708) in the source's pictures: whether those of the output carry them, whether they become texts beside these, or both. Absent: they are kept where that needs nothing, and players are told where they are known.",
  }),
  caption_languages: z
    .record(z.string().regex(CHANNEL_NAME), LanguageCode)
    .optional()
    .openapi({
      description:
        "Extension. The languages of captions by their channel (`CC1` to `CC4`, `SERVICE1` to `SERVICE63`), which captions themselves do not say.",
      example: { CC1: "en", CC3: "es" },
    }),
};
