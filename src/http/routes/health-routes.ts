import { createRoute, z } from "@hono/zod-openapi";
import { CALLS } from "../calls.ts";
import { errorAnswers, jsonAnswer } from "./route-parts.ts";

/** The answer of `/healthz`. */
export const Health = z.object({ status: z.literal("ok"), version: z.string() }).openapi("Health");

const tally = (description: string) => z.int().optional().openapi({ description });

const Check = z
  .object({
    ok: z.boolean(),
    detail: z.string(),
    pending: tally("Tasks that wait for a slot, or for their next try."),
    running: tally("Tasks that run: by all workers in `store`, here in `worker`."),
    oldest_pending_seconds: z.number().optional().openapi({
      description: "How long the oldest task that is due has waited; absent if there is none.",
    }),
    slots: tally("How many tasks may run here at once."),
    free_bytes: tally("What is free on the disk that has the least."),
    needed_bytes: tally("With less, no task is taken."),
  })
  .openapi("Check", { description: "How a part stands, in words and in numbers." });

const ReadinessSchema = z
  .object({
    ready: z.boolean(),
    checks: z.record(z.string(), Check),
  })
  .openapi("Readiness");

/** Says that the process answers. */
export const healthRoute = createRoute({
  ...CALLS.readHealth,
  operationId: "readHealth",
  tags: ["health"],
  summary: "Whether the process answers",
  description: "Answers while the process does. Not signed.",
  security: [],
  responses: {
    200: jsonAnswer("It answers.", Health, { status: "ok", version: "0.1.0" }),
    ...errorAnswers(["invalid_parameter"]),
  },
});

const READY_EXAMPLE = {
  ready: true,
  checks: {
    engine: { ok: true, detail: "native: ffmpeg and ffprobe can be run" },
    worker: { ok: true, detail: "1 of 4 slots in use", running: 1, slots: 4 },
  },
};

/** Says whether the service can do its work. */
export const readinessRoute = createRoute({
  ...CALLS.readReadiness,
  operationId: "readReadiness",
  tags: ["health"],
  summary: "Whether the service can do its work",
  description: "How each part of the service stands. Not signed.",
  security: [],
  responses: {
    200: jsonAnswer("It can.", ReadinessSchema, READY_EXAMPLE),
    503: jsonAnswer("It cannot, now.", ReadinessSchema, {
      ready: false,
      checks: { engine: { ok: false, detail: "no ffmpeg was found" } },
    }),
    ...errorAnswers(["invalid_parameter", "internal"]),
  },
});

const METRICS_EXAMPLE = `# HELP pontus_slots How many tasks may run here at once
# TYPE pontus_slots gauge
pontus_slots 4
`;

/** The numbers of the service for Prometheus. */
export const metricsRoute = createRoute({
  ...CALLS.readMetrics,
  operationId: "readMetrics",
  tags: ["health"],
  summary: "The numbers of the service for Prometheus",
  description:
    "Not signed: it has numbers, and no names of clients, files or hosts. `PONTUS_METRICS=no` turns it off.",
  security: [],
  responses: {
    200: {
      description: "The text format of Prometheus, version 0.0.4.",
      content: { "text/plain": { schema: z.string(), example: METRICS_EXAMPLE } },
    },
    ...errorAnswers(["invalid_parameter", "internal"]),
  },
});
