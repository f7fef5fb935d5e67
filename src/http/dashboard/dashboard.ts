import type { Hono } from "hono";
import { accepts } from "hono/accepts";
import { onceLoaded } from "../../lib/once.ts";
import { TaskError } from "../../task/errors.ts";
import { requestIdOf, respond } from "../answer.ts";
import { sendStaticFile } from "../static/static-file.ts";
import { type Page, pageOf } from "./page.ts";
import type { UiFiles } from "./ui-files.ts";

/** Where everything is, for whoever comes without a browser. */
const about = (version: string) => ({
  name: "pontus",
  description: "A video transcoding task service",
  version,
  links: {
    api: "/api/v1",
    dashboard: "/",
    docs: "/docs",
    openapi: "/openapi.json",
    health: "/healthz",
    readiness: "/readyz",
  },
});

/** A name of a file under a digest of all of them means the same bytes for ever. */
const FOR_EVER = "public, max-age=31536000, immutable";

function sendPage(request: Request, { html, policy }: Page): Response {
  return new Response(html, {
    headers: {
      "Content-Type": "text/html;charset=UTF-8",
      "Cache-Control": "no-cache",
      "Content-Security-Policy": policy,
      "Referrer-Policy": "no-referrer",
      Vary: "Accept",
      "X-Content-Type-Options": "nosniff",
      "X-Request-Id": requestIdOf(request),
    },
  });
}

/** Serves the dashboard at `/`, its files below `/ui`, and says in JSON what this is to whoever asks `/` for no page. */
export function serveDashboard(app: Hono, { version }: { readonly version: string }): void {
  // Loaded when first asked for: most services are started for their API.
  const files = onceLoaded(
    async (): Promise<UiFiles> => (await import("./ui-files.ts")).readUiFiles(),
  );
  const page = onceLoaded(async () => pageOf((await files()).digest));

  app.get("/", async (context) => {
    const request = context.req.raw;
    const type = accepts(context, {
      header: "Accept",
      supports: ["text/html", "application/json"],
      default: "application/json",
    });
    if (type === "application/json")
      return respond({ status: 200, body: about(version) }, requestIdOf(request), {
        Vary: "Accept",
      });
    return sendPage(request, await page());
  });

  app.get("/ui/:digest/:name{.+}", async (context) => {
    const { digest, file } = await files();
    const found = context.req.param("digest") === digest && file(context.req.param("name"));
    if (found) return sendStaticFile(context.req.raw, found, { "Cache-Control": FOR_EVER });
    throw new TaskError("no_such_resource", "Cannot answer: nothing is at this path");
  });
}
