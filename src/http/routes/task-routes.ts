import { createRoute, z } from "@hono/zod-openapi";
import { CALLS } from "../calls.ts";
import { WaitQuery } from "../schemas/event-schemas.ts";
import { ListQuery, TaskPageSchema, TaskSchema } from "../schemas/task-schemas.ts";
import {
  ID_EXAMPLE,
  jsonAnswer,
  noContent,
  OneTask,
  signed,
  signedErrors,
  Version,
} from "./route-parts.ts";

const PENDING_EXAMPLE = {
  task_id: ID_EXAMPLE,
  source: { source_url: "file:/media/in/clip.mov" },
  profile_name: "video_mp4_1280x720_1728kbps",
  targets: [{ target_url: "file:/media/out/clip.mp4", target_status: "PENDING" }],
  task_status: "PENDING",
  create_time: "2015-05-19T12:28:39Z",
  priority: 0,
};

const RUNNING_EXAMPLE = {
  ...PENDING_EXAMPLE,
  task_status: "RUNNING",
  start_time: "2015-05-19T12:28:41Z",
  attempt: 1,
  attempts: [{ attempt: 1, start_time: "2015-05-19T12:28:41Z", engine: "native" }],
  engine: "native",
};

const SUCCESS_EXAMPLE = {
  ...PENDING_EXAMPLE,
  targets: [
    {
      target_url: "file:/media/out/clip.mp4",
      target_status: "SUCCESS",
      output: {
        size_bytes: 2_160_000,
        duration_seconds: 10,
        container: "mp4",
        bitrate_bps: 1_728_000,
        video: { codec: "h264", width: 1280, height: 720, framerate: 25, bitrate_bps: 1_600_000 },
        audio: { codec: "aac", channels: 2, samplerate_hz: 48_000, bitrate_bps: 128_000 },
      },
    },
  ],
  task_status: "SUCCESS",
  start_time: "2015-05-19T12:28:41Z",
  end_time: "2015-05-19T12:28:44Z",
  attempt: 1,
  attempts: [
    {
      attempt: 1,
      start_time: "2015-05-19T12:28:41Z",
      end_time: "2015-05-19T12:28:44Z",
      engine: "native",
    },
  ],
  engine: "native",
};

/** Lists tasks. */
export const listTasksRoute = createRoute({
  ...CALLS.listTasks,
  operationId: "listTranscodingTasks",
  tags: ["tasks"],
  summary: "List transcoding tasks",
  description: "The caller's own tasks, newest first, in pages.",
  ...signed({
    params: z.object({ version: Version }),
    query: ListQuery,
  }),
  responses: {
    200: jsonAnswer("A page of tasks.", TaskPageSchema, { tasks: [SUCCESS_EXAMPLE] }),
    ...signedErrors(["invalid_parameter"]),
  },
});

/** Reads a task. */
export const readTaskRoute = createRoute({
  ...CALLS.readTask,
  operationId: "readTranscodingTask",
  tags: ["tasks"],
  summary: "Read a transcoding task",
  description: "The task with its status, progress, attempts, and what each target holds.",
  ...signed({ params: OneTask, query: WaitQuery }),
  responses: {
    200: jsonAnswer("The task.", TaskSchema, SUCCESS_EXAMPLE),
    ...signedErrors(["invalid_parameter", "no_such_task"]),
  },
});

/** Cancels a task. */
export const cancelTaskRoute = createRoute({
  ...CALLS.cancelTask,
  operationId: "cancelTranscodingTask",
  tags: ["tasks"],
  summary: "Cancel a transcoding task",
  description:
    "A pending task is cancelled at once; a running one is asked to stop and publishes nothing more.",
  ...signed({ params: OneTask }),
  responses: {
    200: jsonAnswer("The task was pending and is cancelled.", TaskSchema, {
      ...PENDING_EXAMPLE,
      task_status: "CANCELLED",
    }),
    202: jsonAnswer("The task runs and will be cancelled within seconds.", TaskSchema, {
      ...RUNNING_EXAMPLE,
      cancel_requested: true,
    }),
    ...signedErrors(["no_such_task", "task_conflict"]),
  },
});

/** Runs a task again. */
export const retryTaskRoute = createRoute({
  ...CALLS.retryTask,
  operationId: "retryTranscodingTask",
  tags: ["tasks"],
  summary: "Retry a transcoding task",
  description: "Makes a failed or cancelled task pending again. Targets already delivered stay so.",
  ...signed({ params: OneTask }),
  responses: {
    200: jsonAnswer("The task is pending again.", TaskSchema, PENDING_EXAMPLE),
    ...signedErrors(["access_denied", "no_such_task", "task_conflict"]),
  },
});

/** Deletes a task. */
export const deleteTaskRoute = createRoute({
  ...CALLS.deleteTask,
  operationId: "deleteTranscodingTask",
  tags: ["tasks"],
  summary: "Delete a transcoding task",
  description:
    "Deletes a task that has ended, with its events. What it delivered stays where it is. A task that is pending or running has to be cancelled first.",
  ...signed({ params: OneTask }),
  responses: {
    204: noContent("The task is gone."),
    ...signedErrors(["no_such_task", "task_conflict"]),
  },
});
