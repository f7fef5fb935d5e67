import type { z } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { requestIdOf, respond } from "./answer.ts";
import { CALLS } from "./calls.ts";
import type { Health } from "./routes/health-routes.ts";

/** Whether the service can do its work, and the state of each part: `detail` is one sentence for the operator. */
export type Readiness = {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, Check>>;
};

/** The numbers that the details tell of: tasks, slots, seconds and bytes. */
type CheckNumber =
  | "pending"
  | "running"
  | "oldest_pending_seconds"
  | "slots"
  | "free_bytes"
  | "needed_bytes";

/** How a part stands; what `detail` tells of in numbers stands beside it. */
export type Check = { readonly ok: boolean; readonly detail: string } & {
  readonly [N in CheckNumber]?: number;
};

/** What the calls for the operator need. */
export type HealthPorts = {
  readonly readiness: () => Promise<Readiness>;
  /** What Prometheus reads; absent if there is to be none. */
  readonly metricsText?: () => Promise<string>;
  /** The service's own version, also for the description of the API. */
  readonly version: string;
};

/** The text format of Prometheus. */
const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Serves the calls for the operator of the service. */
export function serveHealth(app: Hono, ports: HealthPorts): void {
  app.get(CALLS.readHealth.path, ({ req }) => {
    const body: z.input<typeof Health> = { status: "ok", version: ports.version };
    return respond({ status: 200, body }, requestIdOf(req.raw));
  });
  app.get(CALLS.readReadiness.path, async ({ req }) => {
    const body = await ports.readiness();
    return respond({ status: body.ready ? 200 : 503, body }, requestIdOf(req.raw));
  });
  const { metricsText } = ports;
  if (!metricsText) return;
  app.get(CALLS.readMetrics.path, async ({ req }) => {
    const headers = { "Cache-Control": "no-cache", "X-Request-Id": requestIdOf(req.raw) };
    const text = await metricsText();
    return new Response(text, { headers: { "Content-Type": METRICS_TYPE, ...headers } });
  });
}
