import { z } from "@hono/zod-openapi";
import { NOTIFIED_TYPES } from "../../task/notification.ts";

const URL_CHARACTERS_MAX = 2048;
const EVENTS_MAX = 32;

/** The types of events. */
export const TaskEventType = z.enum(NOTIFIED_TYPES).openapi("TaskEventType", {
  description:
    "`created`; `started`: a run began; `progress`: how far it is, at most twice a second; `target`: one target has another status; `source_lost`, `source_back`: of a live task; `given_back`: the run is over and the task waits for its next one; `cancel_requested`; `retried` by its client; `ended`. Later versions may have more.",
});

/** Who is told of a task's events. */
export const NotificationSchema = z
  .object({
    url: z.string().min(1).max(URL_CHARACTERS_MAX).openapi({
      description:
        "An address of http or https, to which each event is sent by POST, signed as Standard Webhooks has it.",
      example: "https://hooks.example.com/pontus",
    }),
    events: z
      .array(TaskEventType)
      .max(EVENTS_MAX)
      .optional()
      .openapi({
        description:
          "Which events: all but `progress` where absent, none where empty. `progress` is told at most every 10 s, and not repeated.",
        example: ["started", "ended"],
      }),
  })
  .openapi("Notification");
