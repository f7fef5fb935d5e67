import { z } from "@hono/zod-openapi";
import { Engine, Time } from "./task-schemas.ts";

const told = (description: string) => z.string().optional().openapi({ description });

/** The instances that work. */
export const WorkersSchema = z
  .object({
    workers: z.array(
      z
        .object({
          worker_id: z.string(),
          is_this: z.boolean().openapi({ description: "The instance that answers." }),
          running: z.int(),
          live: z.int().openapi({ description: "Of these: live tasks." }),
          slots: z.int().optional().openapi({ description: "How many tasks run there at once." }),
          engine: Engine.optional(),
          engine_version: told("Of its FFmpeg."),
          version: told("Of Pontus."),
          host: told("The name of its machine."),
          zone: told("Where it stands, as `PONTUS_ZONE` says there."),
          hardware: told("The family of hardware encoders that it uses."),
          slices: z
            .array(z.object({ task_id: z.string(), slice: z.int() }))
            .optional()
            .openapi({
              description:
                "The slices of long files that it makes, from 0 on: also of tasks that run elsewhere.",
            }),
          draining: z
            .boolean()
            .optional()
            .openapi({ description: "Whether it takes no tasks up." }),
          start_time: Time.optional(),
          seen_time: Time.optional().openapi({
            description: "When it last told of itself: every 5 s while it lives. Only of a fleet.",
          }),
          lease_end_time: Time.optional().openapi({
            description: "When others take its tasks over, unless it lives.",
          }),
        })
        .openapi("Worker", {
          description:
            "What is not known of an instance is absent: of others on the same file of SQLite all but their tasks.",
        }),
    ),
  })
  .openapi("Workers");

const WorkerId = z.string().min(1).max(100).optional().openapi({
  description:
    "The instance that is meant, of those of `…/admin/workers`; the one that answers where absent.",
});

/** Whose drain is asked for. */
export const DrainQuery = z.object({ worker_id: WorkerId });

/** The body that begins a drain. */
export const BeginDrain = z
  .strictObject({
    worker_id: WorkerId,
    hand_back_after_seconds: z.number().min(0).max(604_800).optional().openapi({
      description:
        "How long tasks that run may go on before they are handed back; to their end where absent.",
    }),
  })
  .openapi("BeginDrain");

/** How far a drain is. */
export const DrainSchema = z
  .object({
    draining: z.boolean(),
    running: z.int(),
    drained: z.boolean().openapi({
      description: "Nothing runs there any more, and nothing will: the service can be stopped.",
    }),
    since_time: Time.optional().openapi({ description: "Of the instance that answers." }),
    hand_back_time: Time.optional(),
    handed_back: z.int().optional().openapi({
      description: "How many tasks were handed back. Of the instance that answers.",
    }),
  })
  .openapi("Drain");
