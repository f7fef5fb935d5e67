import type { Hono } from "hono";
import { onceLoaded } from "../../lib/once.ts";
import type { CallAddress } from "../calls.ts";
import { newApp } from "./call-router.ts";
import { routingPaths } from "./routing-paths.ts";

/**
 * Serves calls by functions that are loaded when one of the calls is first made: most services are never asked for most calls, and what
 * answers those would take a tenth of the start. The paths stand in the app's own table from the beginning.
 *
 * @param load - loads what serves them, in an app of its own; called once, and again after it failed
 */
export function serveLater(
  app: Hono,
  calls: readonly CallAddress[],
  load: () => Promise<(inner: Hono) => void>,
): void {
  const loaded = onceLoaded(async () => {
    const inner = newApp();
    // The outer app answers it.
    inner.onError((error) => {
      throw error;
    });
    (await load())(inner);
    return inner;
  });
  for (const { method, path } of calls)
    app.on(method, routingPaths(path), async ({ req, env }) =>
      (await loaded()).fetch(req.raw, env),
    );
}
