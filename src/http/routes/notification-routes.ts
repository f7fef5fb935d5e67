import { createRoute, z } from "@hono/zod-openapi";
import { CALLS } from "../calls.ts";
import {
  DeliverySchema,
  NotificationPageSchema,
  NotificationQuery,
} from "../schemas/delivery-schemas.ts";
import { ID_EXAMPLE, jsonAnswer, OneTask, signed, signedErrors } from "./route-parts.ts";

const NAME_EXAMPLE = `${ID_EXAMPLE}-5`;

const FAILED_EXAMPLE = {
  notification_id: NAME_EXAMPLE,
  sequence: 5,
  type: "ended",
  time: "2015-05-19T12:28:44Z",
  notification_status: "FAILED",
  tries: 151,
  last_try_time: "2015-05-20T12:28:44Z",
  response_status: 503,
  error: { detail: "Cannot notify the receiver: it answered with status 503" },
};

const PENDING_EXAMPLE = {
  notification_id: NAME_EXAMPLE,
  sequence: 5,
  type: "ended",
  time: "2015-05-19T12:28:44Z",
  notification_status: "PENDING",
  tries: 0,
};

/** Lists the notifications of a task. */
export const listNotificationsRoute = createRoute({
  ...CALLS.listNotifications,
  operationId: "listTranscodingTaskNotifications",
  tags: ["tasks"],
  summary: "List the notifications of a transcoding task",
  description:
    "What became of each event that the task's receiver is told of, oldest first, in pages; progress is not listed. Nothing where the task has no receiver.",
  ...signed({ params: OneTask, query: NotificationQuery }),
  responses: {
    200: jsonAnswer("A page of notifications.", NotificationPageSchema, {
      notifications: [FAILED_EXAMPLE],
    }),
    ...signedErrors(["invalid_parameter", "no_such_task"]),
  },
});

/** Sends a notification again. */
export const replayNotificationRoute = createRoute({
  ...CALLS.replayNotification,
  operationId: "replayTranscodingTaskNotification",
  tags: ["tasks"],
  summary: "Replay a notification of a transcoding task",
  description:
    "Has the receiver told of an event again, at once and with its old id, and again for 24 h until it takes it. Of one that is still pending, it ends the pause.",
  ...signed({
    params: OneTask.extend({
      notification_id: z
        .string()
        .min(1)
        .openapi({ param: { name: "notification_id", in: "path" }, example: NAME_EXAMPLE }),
    }),
  }),
  responses: {
    200: jsonAnswer("It will be sent at once.", DeliverySchema, PENDING_EXAMPLE),
    ...signedErrors(["no_such_task", "no_such_resource"]),
  },
});
