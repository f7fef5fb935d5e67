import * as v from "valibot";
import { failure, taskWarning } from "./answers.ts";

const use = v.object({ targets: v.array(v.number()), action: v.string(), why: v.string() });

const stream = v.object({
  index: v.number(),
  kind: v.string(),
  codec: v.string(),
  language: v.optional(v.string()),
  width: v.optional(v.number()),
  height: v.optional(v.number()),
  framerate: v.optional(v.number()),
  channels: v.optional(v.number()),
  uses: v.array(use),
});

/** What would become of a task. */
export const planAnswer = v.object({
  source: v.object({
    source_url: v.string(),
    container: v.optional(v.string()),
    duration_seconds: v.optional(v.number()),
    size_bytes: v.optional(v.number()),
    streams: v.optional(v.array(stream), []),
  }),
  profile_name: v.string(),
  steps: v.optional(v.array(v.object({ name: v.string(), arguments: v.array(v.string()) })), []),
  estimate: v.optional(
    v.object({ size_bytes: v.optional(v.number()), seconds: v.optional(v.number()) }),
  ),
  warnings: v.optional(v.array(taskWarning), []),
  error: v.optional(failure),
});

/** The logs of a task. */
export const logAnswer = v.object({
  attempts: v.array(
    v.object({
      attempt: v.number(),
      lines: v.array(v.string()),
      decisions: v.array(v.string()),
    }),
  ),
});
