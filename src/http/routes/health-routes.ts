import { createRoute, z } from "@hono/zod-openapi";
import { CALLS } from "../calls.ts";
import { errorAnswers, jsonAnswer } from "./route-parts.ts";

/** The answer of `/healthz`. */
export const Health = z.object({ status: z.literal("ok"), version: z.string() }).openapi("Health");

const ReadinessSchema = z
  .object({
    ready: z.boolean(),
    checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
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
  checks: { engine: { ok: true, detail: "native: ffmpeg and ffprobe can be run" } },
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
