import { z } from "@hono/zod-openapi";
import { PLACE } from "../../events/events.ts";
import { TaskEventType } from "./notification-schemas.ts";
import {
  Progress,
  TargetStatusSchema,
  TaskFailureCode,
  TaskStatusSchema,
  Time,
} from "./task-schemas.ts";

const EventTarget = z
  .object({
    index: z.int().min(0).openapi({ description: "Its place in the task's `targets`." }),
    target_url: z.string(),
    target_status: TargetStatusSchema,
  })
  .openapi("EventTarget");

const EventFailure = z
  .object({
    code: TaskFailureCode,
    detail: z.string().openapi({ description: "The cause, one plain English sentence." }),
  })
  .openapi("EventFailure");

/** What is told of an event. */
export const TaskEventSchema = z
  .object({
    task_id: z.string(),
    sequence: z.int().min(1).openapi({
      description:
        "Counts the events of a task without gaps. Progress is not counted, and has the number of the event before it.",
    }),
    time: Time,
    type: TaskEventType,
    task_status: TaskStatusSchema,
    attempt: z.int().min(1).optional().openapi({ description: "Absent before the first run." }),
    target: EventTarget.optional(),
    progress: Progress.optional(),
    error: EventFailure.optional(),
  })
  .openapi("TaskEvent", { description: "What is told of a task: the `data` of one event." });

/** The data of an event, ready to be written as JSON. */
export type EventAnswer = z.input<typeof TaskEventSchema>;

const WAIT_SECONDS_MAX = 60;

/** The query of a call that reads one task. */
export const WaitQuery = z.object({
  wait: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(WAIT_SECONDS_MAX))
    .optional()
    .openapi({
      type: "integer",
      minimum: 1,
      maximum: WAIT_SECONDS_MAX,
      description:
        "Answers as soon as the task changes, at the latest after so many seconds; at once if it has ended. Progress alone is no change.",
    }),
});

/** Whoever comes back tells the id of the last event that it has. */
export const LastEventIdHeader = {
  "Last-Event-ID": z.string().regex(PLACE).transform(Number).optional().openapi({
    type: "string",
    pattern: "^\\d{1,16}$",
    description:
      "The id of the last event that came: the events behind it are told. Without it the events of one task are told from its creation on, those of all tasks from now on.",
    example: "1796000000123004",
  }),
};
