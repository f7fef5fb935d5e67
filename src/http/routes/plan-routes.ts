import { createRoute, z } from "@hono/zod-openapi";
import { TASK_KEY_MAX } from "../../profile/fields/protection.ts";
import { CALLS } from "../calls.ts";
import { CreateTask } from "../schemas/create-schemas.ts";
import { TaskKey } from "../schemas/fields/protection.ts";
import { TaskLogSchema, TaskPlanSchema } from "../schemas/plan-schemas.ts";
import {
  CREATE_EXAMPLE,
  jsonAnswer,
  jsonBody,
  OneTask,
  signed,
  signedErrors,
  Version,
  WITH_BODY,
} from "./route-parts.ts";

const PLAN_EXAMPLE = {
  source: {
    source_url: "file:/media/in/clip.mov",
    container: "mov,mp4,m4a,3gp,3g2,mj2",
    duration_seconds: 10,
    size_bytes: 12_500_000,
    streams: [
      {
        index: 0,
        kind: "video",
        codec: "hevc",
        width: 1920,
        height: 1080,
        framerate: 25,
        uses: [{ targets: [0], action: "encode", why: "codec hevc is not h264" }],
      },
      {
        index: 1,
        kind: "audio",
        codec: "aac",
        channels: 2,
        samplerate_hz: 48_000,
        uses: [{ targets: [0], action: "copy", why: "it suits as it is" }],
      },
    ],
  },
  profile_name: "video_mp4_1280x720_1728kbps",
  outputs: [
    {
      targets: [0],
      container: "mp4",
      video: {
        action: "encode",
        why: "codec hevc is not h264",
        codec: "h264",
        width: 1280,
        height: 720,
      },
      audio: { action: "copy", why: "it suits as it is", codec: "aac" },
    },
  ],
  steps: [{ name: "encode", arguments: ["-f", "mov", "-i", "input", "-map", "0:0", "0/out.mp4"] }],
  estimate: { size_bytes: 2_160_000, seconds: 2.4 },
};

/** Plans a task. */
export const planTaskRoute = createRoute({
  ...CALLS.planTask,
  operationId: "planTranscodingTask",
  tags: ["tasks"],
  summary: "Plan a transcoding task",
  description:
    "Takes what a create takes, and creates nothing: probes the source, and answers what becomes of each of its streams and why, the runs of ffmpeg, and estimates. A client makes one plan at a time. A source that would fail the task is no refusal of this call: `error` says it.",
  ...signed({
    params: z.object({ version: Version }),
    body: jsonBody(CreateTask, CREATE_EXAMPLE),
  }),
  responses: {
    200: jsonAnswer("What would become of the task.", TaskPlanSchema, PLAN_EXAMPLE),
    ...signedErrors([
      ...WITH_BODY,
      "input_not_supported",
      "output_not_supported",
      "access_denied",
      "no_such_profile",
    ]),
  },
});

/** Reads the logs of a task. */
export const readTaskLogRoute = createRoute({
  ...CALLS.readTaskLog,
  operationId: "readTranscodingTaskLog",
  tags: ["tasks"],
  summary: "Read the log of a transcoding task",
  description:
    "What each run of the task said: the last lines of its encoder, and what was decided. Of a run that is under way, what it has said so far.",
  ...signed({ params: OneTask }),
  responses: {
    200: jsonAnswer("The logs of its runs.", TaskLogSchema, {
      attempts: [
        {
          attempt: 1,
          lines: ["[h264 @ 0x55d0c8a1b2c0] [error] error while decoding MB 33 12"],
          decisions: ['Probes the source "file:/media/in/clip.mov"'],
        },
      ],
    }),
    ...signedErrors(["no_such_task"]),
  },
});

/** Reads a key of a task. */
export const readTaskKeyRoute = createRoute({
  ...CALLS.readTaskKey,
  operationId: "readTranscodingTaskKey",
  tags: ["tasks"],
  summary: "Read a key that the segments of a task are encrypted with",
  description:
    "For the server that gives players the keys (`encryption` in a profile), for as long as the task is kept: keys are derived, so any number has one. Of a profile with a key of its own this is not that key.",
  ...signed({
    params: OneTask.extend({
      key: z
        .int()
        .min(0)
        .max(TASK_KEY_MAX)
        .openapi({ param: { name: "key", in: "path" }, example: 0 }),
    }),
  }),
  responses: {
    200: jsonAnswer("The key.", TaskKey, {
      ...{ key: 0, value: "00112233445566778899aabbccddeeff" },
      key_id: "ffeeddccbbaa99887766554433221100",
    }),
    ...signedErrors(["invalid_parameter", "no_such_task"]),
  },
});
