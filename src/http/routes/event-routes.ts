import { createRoute, z } from "@hono/zod-openapi";
import { CALLS } from "../calls.ts";
import { LastEventIdHeader, TaskEventSchema } from "../schemas/event-schemas.ts";
import {
  ID_EXAMPLE,
  LanguageHeader,
  noContent,
  OneTask,
  RequestIdHeader,
  signed,
  signedErrors,
  Version,
} from "./route-parts.ts";

const HOW =
  "Server-sent events. `id` is the place in the log: a client that comes back with it as `Last-Event-ID` misses nothing and gets nothing twice, also after a restart. Progress has no id; the newest is told again. A comment comes every 15 s. A stream ends after an hour at the latest; each call needs a signature of its own. Too many open streams are answered 429.";

const EVENT_EXAMPLE = {
  task_id: ID_EXAMPLE,
  sequence: 3,
  time: "2015-05-19T12:28:44Z",
  type: "target",
  task_status: "RUNNING",
  attempt: 1,
  target: { index: 0, target_url: "file:/media/out/clip.mp4", target_status: "SUCCESS" },
};

const eventStream = {
  description: "The stream; the schema is that of the `data` of each event.",
  headers: RequestIdHeader,
  content: { "text/event-stream": { schema: TaskEventSchema, example: EVENT_EXAMPLE } },
};

const headers = z.object({ ...LastEventIdHeader, ...LanguageHeader });

/** Follows one task. */
export const readTaskEventsRoute = createRoute({
  ...CALLS.readTaskEvents,
  operationId: "readTranscodingTaskEvents",
  tags: ["events"],
  summary: "Follow a transcoding task",
  description: `The events of one task, from its creation on, and then as they happen until the task has ended. ${HOW}`,
  ...signed({ params: OneTask, headers }),
  responses: {
    200: eventStream,
    204: noContent("The task has ended, and there is nothing behind `Last-Event-ID`."),
    ...signedErrors(["invalid_parameter", "no_such_task"]),
  },
});

/** Follows all tasks. */
export const readEventsRoute = createRoute({
  ...CALLS.readEvents,
  operationId: "readTranscodingEvents",
  tags: ["events"],
  summary: "Follow all transcoding tasks",
  description: `The events of all of the caller's tasks, as they happen. ${HOW}`,
  ...signed({ params: z.object({ version: Version }), headers }),
  responses: {
    200: eventStream,
    ...signedErrors(["invalid_parameter"]),
  },
});
