import { z } from "@hono/zod-openapi";
import { Title } from "./metadata.ts";

const TRACKS_MAX = 32;
const FILES_MAX = 32;
const PLACE_MAX = 999;

/** A language as callers may write it: `en`, `eng`, `pt-BR`. */
export const LanguageCode = z
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

/** A place among the tracks of a kind. */
const TrackPlace = z.int().min(0).max(PLACE_MAX);

/** Which tracks of a kind are taken: all, or a list of languages and places. */
const TrackChoice = z
  .union([
    z.literal("all"),
    z
      .array(z.union([LanguageCode, TrackPlace]))
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
  burn_in: z.union([LanguageCode, TrackPlace]).optional().openapi({
    description:
      "Extension. The subtitles that are drawn into the picture: a language, or a place among the source's tracks and the files of `subtitles` behind them, counted from 0.",
    example: "en",
  }),
};

/** How the characters of a file are written, by a name of the Encoding Standard (https://encoding.spec.whatwg.org/#names-and-labels). */
const Charset = z
  .string()
  .max(40)
  .refine(isCharset, {
    error: "Invalid charset: its name is not known",
    params: { zh: "无效的字符集：名称未知" },
  })
  .openapi({
    description:
      "How its characters are written (`windows-1251`, `shift_jis` …). Where absent, what is no Unicode is taken as was usual in its language, with a warning.",
    example: "windows-1252",
  });

function isCharset(name: string): boolean {
  try {
    return new TextDecoder(name).encoding !== "";
  } catch {
    return false;
  }
}

const SIDECAR = {
  language: LanguageCode.openapi({ description: "ISO 639 or BCP 47.", example: "en" }),
  title: Title.optional().openapi({ description: "What players call it in their menus." }),
  default: z
    .boolean()
    .optional()
    .openapi({ description: "Players show it by themselves. It is so of one at most." }),
  forced: z
    .boolean()
    .optional()
    .openapi({ description: "It has only what is shown to everyone, as of another language." }),
  charset: Charset.optional(),
};

/** The files of subtitles that a task reads beside its source. @param Address - of each */
export const subtitlesOf = <Address extends z.ZodType>(Address: Address) =>
  z
    .array(z.object({ source_url: Address, ...SIDECAR }).openapi("NewSubtitles"))
    .min(1)
    .max(FILES_MAX)
    .refine((all) => all.filter((one) => one.default === true).length <= 1, {
      error: "Invalid input: only one of them can be the default",
      params: { zh: "无效输入：只能有一个默认字幕" },
    })
    .optional()
    .openapi({
      description:
        "Extension. Files of subtitles (SRT, WebVTT or ASS), which count as tracks behind those of the source: they go into the outputs whose profiles take them by `subtitle_tracks`.",
    });

/** The same as it is answered. */
export const ANSWERED_SUBTITLES = z
  .array(z.object({ source_url: z.string(), ...SIDECAR }).openapi("Subtitles"))
  .optional()
  .openapi({ description: "Files of subtitles that are read beside the source." });
