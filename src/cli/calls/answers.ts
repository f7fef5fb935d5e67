import * as v from "valibot";

/** Why a task or a target failed. */
export const failure = v.object({
  code: v.string(),
  message: v.string(),
  detail: v.optional(v.string()),
});

/** What was found or chosen that the caller may not expect. */
export const taskWarning = v.object({ code: v.string(), message: v.string() });

/** Of a target, and of each rendition of a set. */
const made = {
  size_bytes: v.number(),
  duration_seconds: v.number(),
  container: v.string(),
  bitrate_bps: v.number(),
  video: v.optional(
    v.object({ codec: v.string(), width: v.number(), height: v.number(), framerate: v.number() }),
  ),
  audio: v.optional(
    v.object({ codec: v.string(), channels: v.number(), samplerate_hz: v.number() }),
  ),
};

const output = v.object({
  ...made,
  renditions: v.optional(v.array(v.object(made)), []),
});

const target = v.object({
  target_url: v.string(),
  profile_name: v.optional(v.string()),
  target_status: v.string(),
  error: v.optional(failure),
  output: v.optional(output),
});

/** How far a running task is. */
export const progressAnswer = v.object({
  phase: v.string(),
  percent: v.optional(v.number()),
  out_time_seconds: v.number(),
  speed: v.number(),
  fps: v.number(),
  eta_seconds: v.optional(v.number()),
});

/** The part of a task that is shown. Fields and words that a newer service adds are let through. */
export const taskAnswer = v.object({
  task_id: v.string(),
  source: v.object({ source_url: v.string() }),
  profile_name: v.string(),
  targets: v.array(target),
  task_status: v.string(),
  error: v.optional(failure),
  create_time: v.string(),
  start_time: v.optional(v.string()),
  end_time: v.optional(v.string()),
  progress: v.optional(progressAnswer),
  attempt: v.optional(v.number()),
  warnings: v.optional(v.array(taskWarning)),
  metadata: v.optional(v.record(v.string(), v.string())),
  /** Told to operators. */
  client_code: v.optional(v.string()),
});

/** A page of tasks. */
export const taskPage = v.object({
  tasks: v.array(v.unknown()),
  next_cursor: v.optional(v.string()),
});

/** The answer to a create. */
export const created = v.object({ task_id: v.string() });

/** A list of profiles. */
export const profileList = v.object({
  profiles: v.array(
    v.object({
      profile_name: v.string(),
      description: v.optional(v.string(), ""),
      create_time: v.optional(v.string()),
    }),
  ),
});

/** The answer to a call that is refused. */
export const refusal = v.object({
  error: v.object({
    code: v.string(),
    message: v.string(),
    request_id: v.optional(v.string()),
    details: v.optional(v.array(v.object({ path: v.string(), message: v.string() }))),
  }),
});

/** A task, as far as it is shown. */
export type Task = v.InferOutput<typeof taskAnswer>;

/** What a target holds. */
export type Output = v.InferOutput<typeof output>;

/** Whether nothing more becomes of a task by itself. */
export const hasEnded = ({ task_status: status }: Pick<Task, "task_status">): boolean =>
  ["SUCCESS", "FAILED", "CANCELLED"].includes(status);
