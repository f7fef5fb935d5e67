import type { Hono } from "hono";
import { onceLoaded } from "../lib/once.ts";
import type { DOCS_FILES } from "./routing/pages.ts";
import {
  loadStaticFile,
  type StaticFile,
  sendStaticFile,
  staticFile,
} from "./static/static-file.ts";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pontus API</title>
<link rel="icon" type="image/svg+xml" href="docs/ui/look/icon.svg">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/http/docs/page.css">
<link rel="modulepreload" href="docs/ui/base/signature.js">
<script defer src="docs/swagger-ui-bundle.js"></script>
<script type="module" src="docs/http/docs/page.js"></script>
</head>
<body>
<header id="sign-in"></header>
<main id="reference"><noscript>This page needs JavaScript. The same is in <a href="openapi.yaml">openapi.yaml</a>.</noscript></main>
</body>
</html>
`;

/** Nothing from other hosts, and nothing inline. Swagger UI draws its icons from data: URLs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Where the files lie. Literal names, so that tools see what is used. */
const FILES: Readonly<Record<(typeof DOCS_FILES)[number], () => string>> = {
  "swagger-ui.css": () => import.meta.resolve("swagger-ui-dist/swagger-ui.css"),
  "swagger-ui-bundle.js": () => import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js"),
  "http/docs/page.css": () => import.meta.resolve("./docs/page.css"),
  "http/docs/page.js": () => import.meta.resolve("./docs/page.js"),
  "ui/base/signature.js": () => import.meta.resolve("../ui/base/signature.js"),
  "ui/look/icon.svg": () => import.meta.resolve("../ui/look/icon.svg"),
};

const HEADERS = {
  "Cache-Control": "no-cache",
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
};

/** Serves the description of the API as JSON, as YAML, and as a page to read and to try calls on, which it signs. */
export function serveDocs(app: Hono, { version }: { readonly version: string }): void {
  const serve = (path: string, load: () => Promise<StaticFile>): void => {
    const loaded = onceLoaded(load);
    app.get(path, async ({ req }) => sendStaticFile(req.raw, await loaded(), HEADERS));
  };
  const text = (path: string, type: string, make: () => string | Promise<string>): void =>
    serve(path, async () => staticFile(type, new TextEncoder().encode(await make())));
  // Loaded when first asked for: the generator would take a fifth of the start.
  const openapi = () => import("./openapi.ts");
  text("/openapi.json", "application/json;charset=UTF-8", async () =>
    JSON.stringify((await openapi()).openApiDocument(version)),
  );
  text("/openapi.yaml", "application/yaml;charset=UTF-8", async () =>
    (await openapi()).openApiYaml(version),
  );
  text("/docs", "text/html;charset=UTF-8", () => PAGE);
  for (const [name, locate] of Object.entries(FILES))
    serve(`/docs/${name}`, () => loadStaticFile(name, locate()));
}
