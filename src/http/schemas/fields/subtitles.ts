import { z } from "@hono/zod-openapi";

const TRACKS_MAX = 32;
const PLACE_MAX = 999;

/** A language as callers may write it: `en`, `eng`, `pt-BR`. */
const LanguageCode = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)
  .refine((tag) => isTag(tag), "is no language");

const isTag = (tag: string): boolean => {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
};

/** Which tracks of a kind are taken: all, or a list of languages and places. */
const TrackChoice = z
  .union([
    z.literal("all"),
    z
      .array(z.union([LanguageCode, z.int().min(0).max(PLACE_MAX)]))
      .min(1)
      .max(TRACKS_MAX)
      .readonly(),
  ])
  .openapi("TrackChoice", {
    description:
      "`all`, or a list of languages (ISO 639 or BCP 47) and of places among the source's tracks of that kind, counted from 0.",
    example: ["en", "de"],
  });

/** The fields on subtitles of a parameter group. */
export const SUBTITLE_FIELDS = {
  subtitle_tracks: TrackChoice.optional().openapi({
    description: "Extension. Subtitles that are text and are taken over; none if it is absent.",
  }),
};
