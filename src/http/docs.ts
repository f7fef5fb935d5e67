import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Hono } from "hono";
import { requestIdOf, respondProblem } from "./answer.ts";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pontus API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

// Without "try it out": a page in a browser could not sign calls unless it knew the private key.
const START = `SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  supportedSubmitMethods: [],
  validatorUrl: null,
});
`;

/** Nothing from other hosts, no inline scripts. Swagger UI sets style attributes and draws icons from data: URLs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The only files of the package that the page needs. Literal names, so that tools see what is used. */
const FILES = {
  "swagger-ui.css": {
    type: "text/css;charset=UTF-8",
    locate: () => import.meta.resolve("swagger-ui-dist/swagger-ui.css"),
  },
  "swagger-ui-bundle.js": {
    type: "text/javascript;charset=UTF-8",
    locate: () => import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js"),
  },
  "favicon-32x32.png": {
    type: "image/png",
    locate: () => import.meta.resolve("swagger-ui-dist/favicon-32x32.png"),
  },
} as const;

const send = (request: Request, type: string, body: string | Uint8Array<ArrayBuffer>): Response =>
  new Response(body, {
    headers: {
      "Content-Type": type,
      "Cache-Control": "no-cache",
      "Content-Security-Policy": POLICY,
      "X-Content-Type-Options": "nosniff",
      "X-Request-Id": requestIdOf(request),
    },
  });

/** Serves the description of the API as JSON, as YAML, and as a page to read. */
export function serveDocs(app: Hono, { version }: { readonly version: string }): void {
  const page = (path: string, type: string, make: () => string | Promise<string>): void => {
    let made: Promise<string> | undefined;
    app.get(path, async ({ req }) => {
      made ??= Promise.resolve(make());
      return send(req.raw, type, await made);
    });
  };
  // Loaded when first asked for: the generator would take a fifth of the start.
  const openapi = () => import("./openapi.ts");
  page("/openapi.json", "application/json;charset=UTF-8", async () =>
    JSON.stringify((await openapi()).openApiDocument(version)),
  );
  page("/openapi.yaml", "application/yaml;charset=UTF-8", async () =>
    (await openapi()).openApiYaml(version),
  );
  page("/docs", "text/html;charset=UTF-8", () => PAGE);
  page("/docs/start.js", "text/javascript;charset=UTF-8", () => START);
  for (const [name, { type, locate }] of Object.entries(FILES))
    app.get(`/docs/${name}`, async ({ req }) => {
      try {
        return send(req.raw, type, await readFile(fileURLToPath(locate())));
      } catch (error) {
        return respondProblem(req.raw, requestIdOf(req.raw), error);
      }
    });
}
