import { z } from "@hono/zod-openapi";
import { Title } from "./fields/metadata.ts";
import { Publish, PublishFailure, withPublish } from "./fields/publish.ts";
import { sourcesOf, withSources } from "./fields/sources.ts";
import { subtitlesOf } from "./fields/subtitles.ts";
import { Address, NOT_UNICODE } from "./fields.ts";
import { NotificationSchema } from "./notification-schemas.ts";

const PROFILE_NAME_CHARACTERS_MAX = 256;
/** A longer task, or a later place in a source, is surely a mistake in the unit. */
const WEEK_SECONDS = 7 * 24 * 3600;
/** The encoder is given times in ms: less would be nothing. */
const CLIP_SECONDS_MIN = 0.001;
const METADATA_KEYS_MAX = 16;
const METADATA_BYTES_MAX = 1024;

/** The name of a profile, the system's or one's own. */
export const ProfileName = z.string().min(1).max(PROFILE_NAME_CHARACTERS_MAX);

const metadataBytes = (metadata: Readonly<Record<string, string>>): number =>
  Object.entries(metadata).reduce((sum, pair) => sum + Buffer.byteLength(pair.join("")), 0);

/** Metadata as they are answered. */
export const Metadata = z
  .record(z.string(), z.string())
  .refine((metadata) => Object.keys(metadata).length <= METADATA_KEYS_MAX, {
    error: `Too big: at most ${METADATA_KEYS_MAX} keys`,
    params: { zh: `数值过大：最多${METADATA_KEYS_MAX}个键` },
  })
  .refine((metadata) => metadataBytes(metadata) <= METADATA_BYTES_MAX, {
    error: `Too big: at most ${METADATA_BYTES_MAX} bytes in all`,
    params: { zh: `数值过大：总长度最多${METADATA_BYTES_MAX}字节` },
  })
  .refine(
    (metadata) =>
      Object.entries(metadata)
        .flat()
        .every((text) => text.isWellFormed()),
    NOT_UNICODE,
  )
  .openapi({
    description: `Text of the caller's own, returned as given: at most ${METADATA_KEYS_MAX} keys, ${METADATA_BYTES_MAX} bytes in all.`,
    example: { order: "A-17" },
  });

/** A key of this name would set a prototype instead. The parser leaves it out, so it is looked for beforehand. */
const isNameless = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.hasOwn(value, "__proto__");

/** Metadata as a caller gives them. */
export const NewMetadata = z.preprocess((value, { addIssue }) => {
  if (isNameless(value))
    addIssue({
      code: "custom",
      message: "Invalid key: __proto__",
      params: { zh: "无效的键：__proto__" },
    });
  return value;
}, Metadata);

const ClipStart = z.number().min(0).max(WEEK_SECONDS);
const CLIP_FIELDS = {
  duration_seconds: z
    .number()
    .min(CLIP_SECONDS_MIN)
    .max(WEEK_SECONDS)
    .optional()
    .openapi({ description: "To the end of the source where absent." }),
};

const NewClip = z
  .object({ start_seconds: ClipStart.default(0), ...CLIP_FIELDS })
  .openapi("NewClip", { description: "The part of the source to transcode." });

/** The part of a source, as it is answered. */
export const Clip = z.object({ start_seconds: ClipStart, ...CLIP_FIELDS }).openapi("Clip");

const NewTarget = z
  .object({
    target_url: Address.openapi({ example: "file:/media/out/clip.mp4" }),
    profile_name: ProfileName.optional().openapi({
      description: "The profile of this target alone, in place of the task's.",
    }),
  })
  .openapi("NewTarget");

/** Which of several pending tasks begins first. */
export const TaskPriority = z.int().min(-10).max(10).openapi({ description: "Higher goes first." });
/** How long a task may run. */
export const TimeoutSeconds = z
  .int()
  .min(1)
  .max(WEEK_SECONDS)
  .openapi({ description: "The task fails with TimeOut when it runs longer." });

const isLoneTarget = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The body of a create. Unknown fields are ignored. */
export const CreateTask = withPublish(
  withSources(
    z.object({
      source: z
        .object({ source_url: Address.openapi({ example: "file:/media/in/clip.mov" }) })
        .openapi("NewSource")
        .optional()
        .openapi({ description: "Required, unless there are `sources`." }),
      sources: sourcesOf({ source_url: Address, clip: NewClip }),
      subtitles: subtitlesOf(Address),
      profile_name: ProfileName.optional().openapi({
        description: "A system or custom profile; the service's default where absent.",
        example: "video_mp4_1280x720_1728kbps",
      }),
      targets: z
        .preprocess((value) => (isLoneTarget(value) ? [value] : value), z.array(NewTarget).min(1))
        .openapi({ description: "Where to write. A single object is taken as an array of one." }),
      priority: TaskPriority.default(0),
      timeout_seconds: TimeoutSeconds.optional(),
      metadata: NewMetadata.optional(),
      clip: NewClip.optional(),
      title: Title.optional(),
      publish: Publish.optional(),
      publish_failure: PublishFailure.optional(),
      notification: NotificationSchema.optional(),
    }),
  ),
).openapi("CreateTask");

/** The answer to a create. */
export const TaskCreated = z
  .object({ task_id: z.string().openapi({ example: "0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d" }) })
  .openapi("TaskCreated");
