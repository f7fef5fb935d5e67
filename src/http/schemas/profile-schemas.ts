import { z } from "@hono/zod-openapi";
import { SETS } from "../../profile/container-rules.ts";
import { CONTAINERS } from "../../profile/containers.ts";
import {
  AUDIO_FORMATS,
  AUDIO_SAMPLERATES,
  B_FRAMES_MAX,
  CHANNEL_COUNTS,
  FRAMERATES,
  GOP_SIZES,
  PRESETS,
  parseFramerate,
  RC_MODES,
} from "../../profile/qlty.ts";
import { SIZE_MAX, SIZE_MIN, VIDEO_FORMATS } from "../../profile/video-values.ts";
import { CAPTION_FIELDS } from "./fields/captions.ts";
import { COLOUR_FIELDS } from "./fields/colour.ts";
import { ENCODER_OPTIONS_FIELDS } from "./fields/encoder-options.ts";
import { METADATA_FIELDS } from "./fields/metadata.ts";
import { PICTURE_FIELDS } from "./fields/picture.ts";
import { EncryptionAnswer, NewEncryption } from "./fields/protection.ts";
import { QUALITY_FIELDS } from "./fields/quality.ts";
import { SOUND_FIELDS } from "./fields/sound.ts";
import { SUBTITLE_FIELDS } from "./fields/subtitles.ts";
import { NOT_UNICODE } from "./fields.ts";
import { numeric, oneOf, Switch } from "./numbers.ts";

const BITRATE_MAX = 1_000_000_000;
const Bitrate = numeric(z.int().positive().max(BITRATE_MAX));

const Framerate = z
  .preprocess(
    (value) =>
      typeof value === "string" || typeof value === "number"
        ? (parseFramerate(value) ?? value)
        : value,
    z.enum(FRAMERATES),
  )
  .openapi({ description: "Also as a number, or with a denominator of 1.", example: "25" });

const Size = numeric(z.int().min(SIZE_MIN).max(SIZE_MAX));

const ContainerName = z.enum(CONTAINERS).openapi("Container");

const QLTY_FIELDS = {
  container: ContainerName,
  format: z.enum(VIDEO_FORMATS).openapi("VideoFormat").optional(),
  bitrate: Bitrate.optional().openapi({
    description: "bits/s; required unless copied, or with `rc_mode: quality`.",
  }),
  framerate: Framerate.optional(),
  width: Size.optional().openapi({ description: "Pixels; alone it keeps the aspect ratio." }),
  height: Size.optional().openapi({ description: "Pixels; alone it keeps the aspect ratio." }),
  use_progressive: Switch.optional(),
  gop_size: numeric(oneOf(GOP_SIZES)).optional().openapi({ description: "Frames." }),
  b_frame_size: numeric(z.int().min(0).max(B_FRAMES_MAX)).optional(),
  low_latency: Switch.optional().openapi({
    description: "For live streams: frames leave the encoder as they come. h264 and h265 alone.",
  }),
  rc_mode: z.enum(RC_MODES).openapi("RateControl").optional(),
  preset: z.enum(PRESETS).openapi("Preset").optional(),
  audio_format: z.enum(AUDIO_FORMATS).openapi("AudioFormat").optional(),
  audio_bitrate: Bitrate.optional().openapi({ description: "bits/s; required unless copied." }),
  audio_samplerate: numeric(oneOf(AUDIO_SAMPLERATES)).optional().openapi({ description: "Hz." }),
  channels: numeric(oneOf(CHANNEL_COUNTS)).optional(),
  ...PICTURE_FIELDS,
  ...QUALITY_FIELDS,
  ...ENCODER_OPTIONS_FIELDS,
  ...SUBTITLE_FIELDS,
  ...CAPTION_FIELDS,
  encryption: NewEncryption.optional(),
  ...METADATA_FIELDS,
  ...COLOUR_FIELDS,
  ...SOUND_FIELDS,
};

/** One parameter group of a profile. */
const QltySchema = z.object(QLTY_FIELDS).openapi("Qlty", {
  description:
    "One output rendition. Numbers are also taken as text, and always answered as numbers.",
});

/** The form of answers: one for each field. Values of system profiles (key frames by time, shown in frames) need not be in the table. */
const QltyAnswer = z
  .object({
    ...QLTY_FIELDS,
    container: z.string().openapi({ description: "As in a request.", example: "mp4" }),
    bitrate: z.int().optional().openapi({ description: "bits/s" }),
    framerate: z.string().optional().openapi({ example: "30000/1001" }),
    width: z.int().optional(),
    height: z.int().optional(),
    use_progressive: z.boolean().optional(),
    gop_size: z.int().optional().openapi({ description: "Frames." }),
    b_frame_size: z.int().optional(),
    audio_bitrate: z.int().optional().openapi({ description: "bits/s" }),
    audio_samplerate: z.int().optional().openapi({ description: "Hz." }),
    channels: z.int().optional(),
    encryption: EncryptionAnswer.optional(),
  })
  .openapi("QltyAnswer");

/** A parameter group as it was read. */
export type NewQlty = z.output<typeof QltySchema>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const DESCRIPTION_CHARACTERS_MAX = 1024;
/** As many as a task may have targets by default: more could never be used together. */
const QLTIES_MAX = 32;

/** Sheets stay below 6400 pixels a side. */
const THUMBNAIL_WIDTH_MIN = 32;
const THUMBNAIL_WIDTH_MAX = 640;
const THUMBNAIL_SECONDS_MAX = 600;
const THUMBNAIL_WIDTH_DEFAULT = 160;
const THUMBNAIL_SECONDS_DEFAULT = 10;

const NewThumbnails = z
  .object({
    interval_seconds: numeric(z.int().min(1).max(THUMBNAIL_SECONDS_MAX))
      .default(THUMBNAIL_SECONDS_DEFAULT)
      .openapi({ description: "One picture for each." }),
    width: numeric(z.int().min(THUMBNAIL_WIDTH_MIN).max(THUMBNAIL_WIDTH_MAX))
      .default(THUMBNAIL_WIDTH_DEFAULT)
      .openapi({ description: "Of one picture, in pixels; its height keeps the shape." }),
  })
  .openapi("NewThumbnails", {
    description: `Small pictures for a player's seek bar, on sheets, with a WebVTT track (\`thumbnails.vtt\` in the folder of the set's segments) that says where each lies. For ${SETS.slice(0, -1).join(", ")} and ${SETS.at(-1)}.`,
  });

/** The body of a profile's registration. Unknown fields are ignored. */
export const CreateProfile = z
  .object({
    profile_name: z.string().regex(NAME).openapi({ example: "my_720p" }),
    description: z
      .string()
      .max(DESCRIPTION_CHARACTERS_MAX)
      .refine((text) => text.isWellFormed(), NOT_UNICODE)
      .default(""),
    qlties: z.array(QltySchema).min(1).max(QLTIES_MAX),
    thumbnails: NewThumbnails.optional(),
  })
  .openapi("CreateProfile");

const Thumbnails = z
  .object({ interval_seconds: z.int(), width: z.int() })
  .openapi("Thumbnails", { description: "The small pictures that sets come with." });

/** A profile, as it is answered. */
export const ProfileSchema = z
  .object({
    profile_name: z.string(),
    description: z.string(),
    qlties: z.array(QltyAnswer),
    qlties_length: z.int(),
    thumbnails: Thumbnails.optional(),
    create_time: z
      .string()
      .optional()
      .openapi({ format: "date-time", description: "Absent on the system's profiles." }),
  })
  .openapi("Profile");

/** The answer of a profile, ready to be written as JSON. */
export type ProfileAnswer = z.output<typeof ProfileSchema>;

/** The answer to a list of profiles. */
export const ProfileListSchema = z
  .object({ profiles: z.array(ProfileSchema) })
  .openapi("ProfileList", { description: "The client's own, then the system's catalogue." });

/** The answer to a deletion. */
export const ProfileDeleted = z.object({ profile_name: z.string() }).openapi("ProfileDeleted");
