import type { CallAddress } from "../calls.ts";

/** The only files that `/docs` needs, as they stand below it. */
export const DOCS_FILES = [
  "swagger-ui.css",
  "swagger-ui-bundle.js",
  "http/docs/page.css",
  "http/docs/page.js",
  "ui/base/signature.js",
  "ui/look/icon.svg",
] as const;

const PATHS = [
  ...["/openapi.json", "/openapi.yaml", "/docs"],
  ...DOCS_FILES.map((name) => `/docs/${name}`),
  ...["/", "/ui/:digest/:name{.+}"],
];

/** What browsers ask for: the description of the API, the dashboard, and their files. */
export const PAGES: readonly CallAddress[] = PATHS.map((path) => ({ method: "get", path }));
