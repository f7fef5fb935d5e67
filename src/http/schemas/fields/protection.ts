import { z } from "@hono/zod-openapi";
import { ENCRYPTION_METHODS } from "../../../profile/fields/protection.ts";

/** 128 bits. */
const KEY = /^[0-9A-Fa-f]{32}$/;
/** What can stand within quotes in a playlist: printable ASCII without spaces. */
const KEY_URL = /^[\x21\x23-\x7e]{1,2048}$/;
const ROTATE_SEGMENTS_MAX = 100_000;

const FIELDS = {
  method: z.enum(ENCRYPTION_METHODS).default("aes-128"),
  key_url: z.string().regex(KEY_URL).openapi({
    description:
      "Where players get a key: an address of your own, as playlists name it. `{task_id}` and `{key}`, the number of the key from 0, are filled in.",
    example: "https://keys.example.com/{task_id}/{key}",
  }),
  rotate_segments: z.int().min(1).max(ROTATE_SEGMENTS_MAX).optional().openapi({
    description: "How many segments have one key; all of them where absent.",
  }),
};

/** `encryption` of a parameter group. */
export const NewEncryption = z
  .object({
    ...FIELDS,
    key: z.string().regex(KEY).optional().openapi({
      description:
        "32 hex digits: the key of all tasks. It is stored encrypted and never answered. Without it each task has keys of its own (`readTranscodingTaskKey`).",
      writeOnly: true,
      example: "00112233445566778899aabbccddeeff",
    }),
  })
  .openapi("NewEncryption", {
    description: "The segments are encrypted whole (AES-128 of HLS). For m3u8 alone.",
  });

/** The same, as it is answered. */
export const EncryptionAnswer = z
  .object({
    ...FIELDS,
    method: z.enum(ENCRYPTION_METHODS),
    is_key_given: z.literal(true).optional().openapi({ description: "Absent if keys are made." }),
  })
  .openapi("Encryption");

/** A key that was made for a task. */
export const TaskKey = z
  .object({
    key: z.int(),
    value: z.string().openapi({ description: "The key, 32 hex digits." }),
  })
  .openapi("TaskKey");
