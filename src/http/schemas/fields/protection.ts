import { z } from "@hono/zod-openapi";
import { ENCRYPTION_METHODS } from "../../../profile/fields/protection.ts";

/** 128 bits. */
const KEY = /^[0-9A-Fa-f]{32}$/;
/** What can stand within quotes in a playlist: printable ASCII without spaces. */
const KEY_URL = /^[\x21\x23-\x7e]{1,2048}$/;
const KEY_FORMAT = /^[\x21\x23-\x7e]{1,200}$/;
const ROTATE_SEGMENTS_MAX = 100_000;

const Method = z.enum(ENCRYPTION_METHODS).openapi("EncryptionMethod");

const FIELDS = {
  method: Method.default("aes-128"),
  key_url: z.string().regex(KEY_URL).optional().openapi({
    description:
      "Where players of HLS get a key: an address of your own, as playlists name it. `{task_id}` and `{key}`, the number of the key from 0, are filled in, and `{key_id}` with cenc and cbcs. For a dash group there is `license_url`.",
    example: "https://keys.example.com/{task_id}/{key}",
  }),
  key_format: z.string().regex(KEY_FORMAT).optional().openapi({
    description:
      "KEYFORMAT of the playlists, with cenc and cbcs: how players get the key at `key_url`. Where absent it is `identity`: the key lies there, 16 bytes.",
    example: "com.apple.streamingkeydelivery",
  }),
  license_url: z.string().regex(KEY_URL).optional().openapi({
    description:
      "With cenc and cbcs in dash and cmaf: the server that answers players of DASH that ask for keys by ClearKey, as the manifest names it, filled in like `key_url`. Where absent the manifest names none.",
    example: "https://keys.example.com/license/{task_id}",
  }),
  rotate_segments: z.int().min(1).max(ROTATE_SEGMENTS_MAX).optional().openapi({
    description: "How many segments have one key, with aes-128; all of them where absent.",
  }),
  key_id: z.string().regex(KEY).optional().openapi({
    description:
      "32 hex digits: what players know `key` by, with cenc and cbcs. Keys that are made have ids of their own.",
    example: "ffeeddccbbaa99887766554433221100",
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
    description:
      "How the segments are encrypted: whole (`aes-128` of HLS, for m3u8 alone), or their samples by Common Encryption (`cenc` is AES-CTR, `cbcs` AES-CBC in a pattern, which HLS calls SAMPLE-AES) in dash, cmaf, and m3u8 of h265.",
  });

/** The same, as it is answered. */
export const EncryptionAnswer = z
  .object({
    ...FIELDS,
    method: Method,
    is_key_given: z.literal(true).optional().openapi({ description: "Absent if keys are made." }),
  })
  .openapi("Encryption");

/** A key that was made for a task. */
export const TaskKey = z
  .object({
    key: z.int(),
    value: z.string().openapi({ description: "The key, 32 hex digits." }),
    key_id: z.string().openapi({
      description: "What players know it by with cenc and cbcs, 32 hex digits: no secret.",
    }),
  })
  .openapi("TaskKey");
