import { z } from "@hono/zod-openapi";
import { NOT_UNICODE } from "../fields.ts";
import { Switch } from "../numbers.ts";

const TITLE_CHARACTERS_MAX = 1024;
const CONTROL = /\p{Cc}/u;

/** `title` of a task. */
export const Title = z
  .string()
  .min(1)
  .max(TITLE_CHARACTERS_MAX)
  .refine((title) => !CONTROL.test(title), {
    error: "Invalid title: it holds control characters",
    params: { zh: "无效标题：包含控制字符" },
  })
  .refine((title) => title.isWellFormed(), NOT_UNICODE)
  .openapi({
    description: "What the outputs are called, in place of the source's own title.",
    example: "Big Buck Bunny",
  });

/** The fields of a parameter group on what its file says of itself. */
export const METADATA_FIELDS = {
  keep_tags: Switch.optional().openapi({
    description:
      "Takes over the source's title, artist, album, album artist, composer, genre, date, track, comment, description and copyright.",
  }),
  keep_location: Switch.optional().openapi({
    description: "Takes over where the source was made. It is left out otherwise.",
  }),
  keep_chapters: Switch.optional().openapi({ description: "Takes over the source's chapters." }),
  faststart: Switch.optional().openapi({
    description:
      "False leaves the index of an mp4, mov or m4a at its end. Otherwise it is at the beginning, so that players can begin at once.",
  }),
};
