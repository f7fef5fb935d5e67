import { z } from "@hono/zod-openapi";
import { CONTRACT_CODES } from "../../task/errors.ts";
import { TASK_STATUSES } from "../../task/status.ts";
import { WARNING_CODES } from "../../task/warnings.ts";
import { Clip, Metadata, ProfileName, TaskPriority, TimeoutSeconds } from "./create-schemas.ts";
import { Publish, PublishFailure } from "./fields/publish.ts";
import { answeredSourcesOf } from "./fields/sources.ts";
import { ANSWERED_SUBTITLES } from "./fields/subtitles.ts";
import { NotificationSchema } from "./notification-schemas.ts";
import { Output } from "./output-schemas.ts";

/** The states of a task, as the API writes them. */
export const TaskStatusSchema = z.enum(TASK_STATUSES).openapi("TaskStatus");

/** A time as the API document writes it. */
export const Time = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/)
  .openapi({ format: "date-time", example: "2015-05-19T12:28:39Z" });

/** The seven codes of a failed task. */
export const TaskFailureCode = z.enum(CONTRACT_CODES).openapi("TaskFailureCode");

/** Why a task, an attempt or a target failed. */
export const TaskFailure = z
  .object({
    code: TaskFailureCode,
    message: z.string(),
    detail: z.string().openapi({ description: "The cause, one plain English sentence." }),
  })
  .openapi("TaskFailure");

/** The states of a target. */
export const TargetStatusSchema = z
  .enum(["PENDING", "RUNNING", "RECONNECTING", "SUCCESS", "FAILED", "CANCELLED"])
  .openapi("TargetStatus");

const Target = z
  .object({
    target_url: z.string(),
    profile_name: z.string().optional(),
    target_status: TargetStatusSchema,
    error: TaskFailure.optional(),
    output: Output.optional(),
    watchable: z.boolean().optional().openapi({
      description:
        "True while a set that grows (`publish`) can be played at `target_url`; absent before, and when it has ended.",
    }),
    bytes_sent: z.int().min(0).optional().openapi({
      description:
        "Of a live target: what was handed to its connection in this attempt, in its container (RTSP: packets without their heads), told in steps of 32 KiB. Stands still while the target is away.",
    }),
  })
  .openapi("Target");

/** Which engine ran an attempt. */
export const Engine = z.enum(["native", "wasm"]).openapi("Engine");

const Attempt = z
  .object({
    attempt: z.int().min(1),
    start_time: Time,
    end_time: Time.optional(),
    engine: Engine,
    error: TaskFailure.optional(),
  })
  .openapi("Attempt");

/** How far a running task is. */
export const Progress = z
  .object({
    phase: z.enum(["FETCHING", "TRANSCODING", "DELIVERING"]).openapi("Phase"),
    percent: z.number().min(0).max(100).optional().openapi({ description: "None of a live task." }),
    out_time_seconds: z.number(),
    speed: z.number().openapi({ description: "Multiples of real time." }),
    fps: z.number(),
    eta_seconds: z.number().optional(),
    dropped_frames: z.int().optional().openapi({ description: "Of a live task." }),
  })
  .openapi("Progress");

/** What was found or chosen that a caller may not expect. */
export const TaskWarning = z
  .object({
    code: z.string().openapi({
      description: `What kind it is: ${WARNING_CODES.map((code) => `\`${code}\``).join(", ")}; more may come.`,
      example: "target_name",
    }),
    message: z.string().openapi({ description: "One plain English sentence." }),
  })
  .openapi("TaskWarning");

/** A task, as every call answers it. Credentials in its addresses are masked. */
export const TaskSchema = z
  .object({
    task_id: z.string(),
    source: z.object({ source_url: z.string() }).openapi("Source"),
    sources: answeredSourcesOf(Clip),
    subtitles: ANSWERED_SUBTITLES,
    profile_name: z.string(),
    targets: z.array(Target),
    task_status: TaskStatusSchema,
    error: TaskFailure.optional().openapi({ description: "Present exactly when FAILED." }),
    create_time: Time,
    start_time: Time.optional(),
    end_time: Time.optional(),
    progress: Progress.optional(),
    attempt: z.int().min(1).optional(),
    attempts: z.array(Attempt).optional(),
    engine: Engine.optional(),
    warnings: z.array(TaskWarning).optional().openapi({
      description:
        "What was found in the source or chosen for the output that the caller may not expect. Absent where there is nothing to tell.",
    }),
    cancel_requested: z.boolean().optional(),
    priority: TaskPriority,
    timeout_seconds: TimeoutSeconds.optional(),
    metadata: Metadata.optional(),
    clip: Clip.optional(),
    title: z.string().optional(),
    publish: Publish.optional(),
    publish_failure: PublishFailure.optional(),
    notification: NotificationSchema.optional(),
  })
  .openapi("Task");

/** The answer of a task, ready to be written as JSON. */
export type TaskAnswer = z.input<typeof TaskSchema>;

const PAGE_MAX = 100;
const PAGE_DEFAULT = 20;

const instantMs = (text: string): number => Date.parse(text);

/** The query of a list. */
export const ListQuery = z.object({
  status: TaskStatusSchema.optional(),
  profile_name: ProfileName.optional(),
  created_after: z.iso
    .datetime({ offset: true })
    .transform(instantMs)
    .optional()
    .openapi({ type: "string", format: "date-time", description: "Exclusive." }),
  limit: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(PAGE_MAX))
    .default(PAGE_DEFAULT)
    .openapi({ type: "integer", minimum: 1, maximum: PAGE_MAX, default: PAGE_DEFAULT }),
  cursor: z
    .string()
    .min(1)
    .optional()
    .openapi({ description: "`next_cursor` of the page before." }),
});

/** A page of tasks. */
export const TaskPageSchema = z
  .object({
    tasks: z.array(TaskSchema),
    next_cursor: z.string().optional().openapi({ description: "Absent on the last page." }),
  })
  .openapi("TaskPage");

/** The answer of a list, ready to be written as JSON. */
export type TaskPageAnswer = z.input<typeof TaskPageSchema>;
