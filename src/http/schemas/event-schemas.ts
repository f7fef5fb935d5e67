import { z } from "@hono/zod-openapi";
import {
  Progress,
  TargetStatusSchema,
  TaskFailureCode,
  TaskStatusSchema,
  Time,
} from "./task-schemas.ts";

const EVENT_TYPES = [
  "created",
  "started",
  "progress",
  "target",
  "source_lost",
  "source_back",
  "given_back",
  "cancel_requested",
  "retried",
  "ended",
] as const;

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
    type: z.enum(EVENT_TYPES).openapi("TaskEventType", {
      description:
        "`created`; `started`: a run began; `progress`: how far it is, at most twice a second; `target`: one target has another status; `source_lost`, `source_back`: of a live task; `given_back`: the run is over and the task waits for its next one; `cancel_requested`; `retried` by its client; `ended`. Later versions may have more.",
    }),
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
  "Last-Event-ID": z
    .string()
    .regex(/^\d{1,15}\d?$/)
    .transform(Number)
    .optional()
    .openapi({
      type: "string",
      pattern: "^\\d{1,16}$",
      description:
        "The id of the last event that came: the events behind it are told. Without it the events of one task are told from its creation on, those of all tasks from now on.",
      example: "1796000000123004",
    }),
};
