import { z } from "@hono/zod-openapi";
import {
  AUDIO_MIXES,
  LOUDNESS_MAX,
  LOUDNESS_MIN,
  SOUNDS_MAX,
} from "../../../profile/fields/sound.ts";

/** A language of ISO 639 or BCP 47. */
const LANGUAGE = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}$/;
const SIGNED = /^-?\d{1,3}(?:\.\d{1,3})?$/;

const Track = z.union([z.string().regex(LANGUAGE), z.int().min(0).max(999)]);

/** The fields of a parameter group that are about sounds. */
export const SOUND_FIELDS = {
  audio_tracks: z
    .union([z.enum(["main", "all"]), z.array(Track).min(1).max(SOUNDS_MAX).readonly()])
    .openapi("AudioTracks")
    .optional()
    .openapi({
      description:
        "Extension. Which sounds of the source: `main` (default), `all`, or a list of languages (ISO 639 or BCP 47; `und` for those that name none) and of places among the sounds, from 0. Languages, titles and dispositions are kept.",
      example: ["eng", "fr"],
    }),
  audio_mix: z.enum(AUDIO_MIXES).openapi("AudioMix").optional().openapi({
    description:
      "Extension. `stereo`: more channels become stereo in which speech stays clear. `mono_pairs`: pairs of single channels become stereo. `surround_and_stereo`: 5.1, and such a stereo beside it.",
  }),
  loudness: z
    .preprocess(
      (value) => (typeof value === "string" && SIGNED.test(value) ? Number(value) : value),
      z.number().min(LOUDNESS_MIN).max(LOUDNESS_MAX),
    )
    .optional()
    .openapi({
      description:
        "Extension. LUFS: the sound is measured (EBU R 128) and brought to this loudness; true peaks stay below -1 dBTP.",
      example: -23,
    }),
};
