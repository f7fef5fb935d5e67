import { z } from "@hono/zod-openapi";
import { QualitySchema } from "./fields/quality.ts";

const OutputVideo = z
  .object({
    codec: z.string(),
    width: z.int(),
    height: z.int(),
    framerate: z.number(),
    bitrate_bps: z.number().optional(),
  })
  .openapi("OutputVideo");

const OutputAudio = z
  .object({
    codec: z.string(),
    channels: z.int(),
    samplerate_hz: z.number(),
    bitrate_bps: z.number().optional(),
  })
  .openapi("OutputAudio");

const Loudness = z
  .object({ integrated_lufs: z.number(), true_peak_dbtp: z.number(), range_lu: z.number() })
  .openapi("Loudness", { description: "As EBU R 128 measures it; -70 LUFS is silence." });

const OutputSound = z
  .object({
    codec: z.string(),
    channels: z.int(),
    samplerate_hz: z.number(),
    bitrate_bps: z.number().optional(),
    language: z.string().optional().openapi({ description: "ISO 639-2/T." }),
    title: z.string().optional(),
    dispositions: z.array(z.string()).openapi({ description: "Such as `comment`, `dub`." }),
    is_default: z.boolean().openapi({ description: "Players begin with it." }),
    loudness: z.object({ before: Loudness, after: Loudness }).optional().openapi({
      description:
        "Present if `loudness` was asked for: of the source's sound as it was to be encoded, and of what came out.",
    }),
  })
  .openapi("OutputSound");

const OUTPUT_FIELDS = {
  size_bytes: z.int(),
  duration_seconds: z.number(),
  container: z.string(),
  bitrate_bps: z.number(),
  video: OutputVideo.optional(),
  audio: OutputAudio.optional(),
  quality: QualitySchema.optional(),
};

const OutputRendition = z
  .object({
    ...OUTPUT_FIELDS,
    reused: z.literal(true).optional().openapi({
      description:
        "Extension. Present if its picture was not encoded for it: it was made before for another set of the same source, and kept.",
    }),
  })
  .openapi("OutputRendition");

/** What a target holds. */
export const Output = z
  .object({
    ...OUTPUT_FIELDS,
    audio_tracks: z.array(OutputSound).optional().openapi({
      description:
        "Extension. Present if the profile has `audio_tracks`, `audio_mix` or `loudness`: every sound that the target holds.",
    }),
    reused: z.literal(true).optional().openapi({
      description:
        "Extension. Present if nothing was encoded for it: it was made before of the same source by the same plan, and kept. Absent = not reused.",
    }),
    renditions: z.array(OutputRendition).optional().openapi({
      description:
        "Of an adaptive set, in the order of the profile, of the adaptive system profiles the best first; `video` and `audio` beside are those of the first. A shared sound counts with each.",
    }),
    encryption: z
      .object({
        method: z.string().openapi({ example: "aes-128" }),
        keys: z.int().openapi({ description: "How many keys there are; they are counted from 0." }),
        key_id: z.string().optional().openapi({
          description: "Of cenc and cbcs: what players know the key by, 32 hex digits.",
        }),
      })
      .optional()
      .openapi("OutputEncryption", { description: "Of a set whose segments are encrypted." }),
  })
  .openapi("Output", { description: "What the target holds, as probed from the finished file." });

/** What a target holds, ready to be written as JSON. */
export type OutputAnswer = z.input<typeof Output>;
