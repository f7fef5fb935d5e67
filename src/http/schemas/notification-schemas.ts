import { z } from "@hono/zod-openapi";
import { isWebhookSecret, RECEIVER_CHARACTERS_MAX } from "../../service/notifying/receivers.ts";
import { NOTIFIED_TYPES } from "../../task/notification.ts";

const EVENTS_MAX = 32;

/** The types of events. */
export const TaskEventType = z.enum(NOTIFIED_TYPES).openapi("TaskEventType", {
  description:
    "`created`; `started`: a run began; `progress`: how far it is, at most twice a second; `target`: one target has another status; `watchable`: the playlist of a set that grows is there (`publish`); `source_lost`, `source_back`: of a live task; `given_back`: the run is over and the task waits for its next one; `cancel_requested`; `retried` by its client; `ended`. Later versions may have more.",
});

/** Who is told of a task's events. */
export const NotificationSchema = z
  .object({
    url: z.string().min(1).max(RECEIVER_CHARACTERS_MAX).openapi({
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

const WebhookSecret = z.string().refine(isWebhookSecret, {
  error: "Invalid secret: it must be whsec_ and the base64 of 24 to 64 bytes",
  params: { zh: "无效密钥：应为whsec_加上24到64个字节的base64" },
});

/** What can be set of a client about its receiver. */
export const RECEIVER_FIELDS = {
  notification: NotificationSchema.nullable()
    .optional()
    .openapi({ description: "Who is told of its tasks that name nobody; null is nobody." }),
  webhook_secrets: z.array(WebhookSecret).min(1).max(2).nullable().optional().openapi({
    description:
      "What notifications are signed with: one, or two while it changes from one to the other; null is none. A new client gets one where absent.",
  }),
};

/** The secrets of a new client. */
export const MadeSecrets = z.array(z.string()).optional().openapi({
  description: "Of a new client: what notifications are signed with. Told this once.",
});
