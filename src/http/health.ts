import { createRoute, z } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { requestIdOf, respond, respondProblem } from "./answer.ts";
import { errorAnswers, jsonAnswer } from "./route-parts.ts";

/** Whether the service can do its work, and how each part of it stands: `detail` is one sentence for its operator. */
export type Readiness = {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;
};

const Health = z.object({ status: z.literal("ok"), version: z.string() }).openapi("Health");

const ReadinessSchema = z
  .object({
    ready: z.boolean(),
    checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
  })
  .openapi("Readiness");

/** Says that the process answers. */
export const healthRoute = createRoute({
  method: "get",
  path: "/healthz",
  operationId: "readHealth",
  tags: ["health"],
  summary: "Whether the process answers",
  description: "Answers while the process does. Not signed.",
  security: [],
  responses: {
    200: jsonAnswer("It answers.", Health, { status: "ok", version: "0.1.0" }),
  },
});

const READY_EXAMPLE = {
  ready: true,
  checks: { engine: { ok: true, detail: "native: ffmpeg and ffprobe can be run" } },
};

/** Says whether the service can do its work. */
export const readinessRoute = createRoute({
  method: "get",
  path: "/readyz",
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
    ...errorAnswers(["internal"]),
  },
});

/** Serves the calls for whoever runs the service. */
export function serveHealth(
  app: Hono,
  ports: { readonly version: string; readonly readiness: () => Promise<Readiness> },
): void {
  app.get(healthRoute.path, ({ req }) => {
    const body: z.input<typeof Health> = { status: "ok", version: ports.version };
    return respond({ status: 200, body }, requestIdOf(req.raw));
  });
  app.get(readinessRoute.path, async ({ req }) => {
    const requestId = requestIdOf(req.raw);
    try {
      const body = await ports.readiness();
      return respond({ status: body.ready ? 200 : 503, body }, requestId);
    } catch (error) {
      return respondProblem(req.raw, requestId, error);
    }
  });
}
