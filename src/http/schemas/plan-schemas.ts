import { z } from "@hono/zod-openapi";
import { TaskFailure, TaskWarning } from "./task-schemas.ts";

const Decision = {
  action: z.enum(["copy", "encode", "none"]).openapi("StreamAction"),
  why: z.string().openapi({
    description: "A part of an English sentence.",
    example: "codec hevc is not h264",
  }),
};

const Targets = z
  .array(z.int().min(0))
  .openapi({ description: "The places of these targets in the request." });

const StreamUse = z.object({ targets: Targets, ...Decision }).openapi("StreamUse");

const PlannedStream = z
  .object({
    index: z.int().min(0),
    kind: z.enum(["video", "audio", "subtitle", "data", "attachment"]).openapi("StreamKind"),
    codec: z.string(),
    language: z.string().optional(),
    bitrate_bps: z.number().optional(),
    width: z.int().optional(),
    height: z.int().optional(),
    framerate: z.number().optional(),
    channels: z.int().optional(),
    samplerate_hz: z.number().optional(),
    uses: z.array(StreamUse).openapi({ description: "What becomes of it in each output." }),
  })
  .openapi("PlannedStream");

const PlannedSource = z
  .object({
    source_url: z.string(),
    container: z.string().optional().openapi({ description: "As ffprobe names it." }),
    duration_seconds: z.number().optional(),
    size_bytes: z.int().optional(),
    bitrate_bps: z.number().optional(),
    streams: z.array(PlannedStream).optional(),
  })
  .openapi("PlannedSource", {
    description: "What was found in the source; the address alone where nothing was.",
  });

const PlannedVideo = z
  .object({
    ...Decision,
    codec: z.string().optional(),
    width: z.int().optional(),
    height: z.int().optional(),
  })
  .openapi("PlannedVideo");

const PlannedAudio = z
  .object({ ...Decision, codec: z.string().optional() })
  .openapi("PlannedAudio");

const PlannedOutput = z
  .object({
    targets: Targets,
    container: z.string(),
    video: PlannedVideo,
    audio: PlannedAudio,
    renditions: z
      .array(
        z
          .object({ width: z.int().optional(), height: z.int().optional() })
          .openapi("PlannedRendition"),
      )
      .optional()
      .openapi({ description: "Of an adaptive set: the size of each that has pictures." }),
    reused: z.literal(true).optional().openapi({
      description:
        "Present if it was made before and is kept, so that no step would be run. Absent too where that is not known, as more than 64 MiB of the source would have to be read.",
    }),
  })
  .openapi("PlannedOutput");

const PlannedStep = z
  .object({
    name: z.enum(["subtitles", "first pass", "encode", "copy", "join", "live"]).openapi("StepName"),
    arguments: z.array(z.string()).openapi({
      description:
        "Those of ffmpeg, secrets masked, one each. A run has general options in front of them; `000000000000-1` and the like in names of segments stand for the task, and addresses of live streams for those of relays on this machine.",
    }),
    slice: z.int().min(0).optional().openapi({
      description:
        "Of a run that makes a slice of a long encode for all outputs: its number, from 0 on.",
    }),
    whole: z.string().optional().openapi({
      description: "Why an encode is not cut into slices, where long ones are.",
      example: "it is shorter than 600 s",
    }),
  })
  .openapi("PlannedStep");

const PlannedInput = z
  .object({
    kind: z.enum(["picture", "subtitles", "source"]).openapi("InputKind"),
    name: z.string().openapi({
      description: "What the task or its profile calls it.",
      example: "sources[1]",
    }),
    source_url: z.string().optional(),
    file: z.string().openapi({ description: "Its name in the runs of ffmpeg.", example: "side-0" }),
    container: z.string().openapi({ description: "As ffprobe names it." }),
  })
  .openapi("PlannedInput");

const Estimate = z
  .object({
    size_bytes: z.int().optional().openapi({ description: "Of all outputs together." }),
    seconds: z.number().optional().openapi({
      description:
        "Of the steps, on this machine if nothing else runs; without fetches and deliveries.",
    }),
  })
  .openapi("PlanEstimate", {
    description: "Roughly, within a few times. Empty where the length of the source is unknown.",
  });

/** What would become of a task. */
export const TaskPlanSchema = z
  .object({
    source: PlannedSource,
    profile_name: z.string(),
    inputs: z
      .array(PlannedInput)
      .optional()
      .openapi({ description: "What is read beside the source; absent where nothing is." }),
    outputs: z.array(PlannedOutput).optional(),
    steps: z.array(PlannedStep).optional(),
    estimate: Estimate.optional(),
    warnings: z
      .array(TaskWarning)
      .optional()
      .openapi({ description: "Those that the task would have from its start." }),
    error: TaskFailure.optional().openapi({
      description:
        "Present exactly when the task would fail with it before its first step; there is no plan then.",
    }),
  })
  .openapi("TaskPlan");

/** A plan, ready to be written as JSON. */
export type TaskPlanAnswer = z.input<typeof TaskPlanSchema>;

const AttemptLog = z
  .object({
    attempt: z.int().min(1),
    lines: z.array(z.string()).openapi({
      description: "The last lines of the encoder, at most 200, secrets masked.",
    }),
    decisions: z.array(z.string()).openapi({
      description: "What was found and decided in this run, one English sentence each, in order.",
    }),
  })
  .openapi("AttemptLog");

/** The logs of a task. */
export const TaskLogSchema = z
  .object({
    attempts: z.array(AttemptLog).openapi({
      description: "The newest 20 attempts, the oldest of them first.",
    }),
  })
  .openapi("TaskLog");

/** The logs of a task, ready to be written as JSON. */
export type TaskLogAnswer = z.input<typeof TaskLogSchema>;
