import type { z } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { requestIdOf, respond, respondProblem } from "./answer.ts";
import { CALLS } from "./calls.ts";
import type { Health } from "./routes/health-routes.ts";

/** Whether the service can do its work, and the state of each part: `detail` is one sentence for the operator. */
export type Readiness = {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;
};

/** Serves the calls for the operator of the service. */
export function serveHealth(
  app: Hono,
  ports: { readonly version: string; readonly readiness: () => Promise<Readiness> },
): void {
  app.get(CALLS.readHealth.path, ({ req }) => {
    const body: z.input<typeof Health> = { status: "ok", version: ports.version };
    return respond({ status: 200, body }, requestIdOf(req.raw));
  });
  app.get(CALLS.readReadiness.path, async ({ req }) => {
    const requestId = requestIdOf(req.raw);
    try {
      const body = await ports.readiness();
      return respond({ status: body.ready ? 200 : 503, body }, requestId);
    } catch (error) {
      return respondProblem(req.raw, requestId, error);
    }
  });
}
