import { z } from "@hono/zod-openapi";
import { TaskEventType } from "./notification-schemas.ts";
import { ListQuery, Time } from "./task-schemas.ts";

/** The query of a list of notifications. */
export const NotificationQuery = z.object({
  limit: ListQuery.shape.limit,
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .optional()
    .openapi({ type: "string", description: "`next_cursor` of the page before." }),
});

/** How the delivery of an event stands. */
export const DeliverySchema = z
  .object({
    notification_id: z.string().openapi({ description: "The header `webhook-id`." }),
    sequence: z.int().min(1),
    type: TaskEventType,
    time: Time.openapi({ description: "When it happened." }),
    notification_status: z.enum(["PENDING", "SUCCESS", "FAILED"]).openapi({
      description:
        "PENDING: it is tried (again); SUCCESS: the receiver answered 2xx; FAILED: given up after 24 h, or an answer of 410.",
    }),
    tries: z.int().min(0),
    last_try_time: Time.optional(),
    response_status: z.int().optional().openapi({
      description: "What the receiver answered to the last try; absent if it did not.",
    }),
    error: z
      .object({ detail: z.string() })
      .optional()
      .openapi({ description: "Why the last try failed." }),
  })
  .openapi("TaskNotification");

/** The same, ready to be written as JSON. */
export type DeliveryAnswer = z.input<typeof DeliverySchema>;

/** A page of what a receiver was told. */
export const NotificationPageSchema = z
  .object({
    notifications: z.array(DeliverySchema),
    next_cursor: z.string().optional().openapi({ description: "Absent on the last page." }),
  })
  .openapi("TaskNotificationPage");

/** The same, ready to be written as JSON. */
export type NotificationPageAnswer = z.input<typeof NotificationPageSchema>;
