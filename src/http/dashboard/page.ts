import { hash } from "node:crypto";

/** The dashboard's page, and what browsers may do on it. */
export type Page = { readonly html: string; readonly policy: string };

/** The names by which modules import packages, and the files that they are. */
const PACKAGES = {
  preact: "packages/preact.js",
  "preact/hooks": "packages/hooks.js",
  htm: "packages/htm.js",
  "hls.js": "packages/hls.js",
  uplot: "packages/uplot.js",
};

const inBase = (name: string): string => `base/${name}`;

/** What every view needs: asked for at once, rather than one import after the other. */
const FIRST = [
  ...["preact.js", "hooks.js", "htm.js"].map((name) => `packages/${name}`),
  ...[
    "html.js",
    "language.js",
    "texts.js",
    "texts-tasks.js",
    "texts-operate.js",
    "kept.js",
    "theme.js",
    "session.js",
  ].map(inBase),
  ...["signature.js", "api.js", "events.js", "loading.js", "parts.js", "format.js"].map(inBase),
  ...["sign-in.js", "tasks/task-list.js", "tasks/rows.js"],
];

const STYLES = ["style.css", "controls.css", "views.css"].map((name) => `look/${name}`);

/** The page that loads the files of a digest. */
export function pageOf(digest: string): Page {
  // Relative, so that it works below any path of a proxy.
  const at = (name: string): string => `./ui/${digest}/${name}`;
  const imports = Object.fromEntries(
    Object.entries(PACKAGES).map(([name, file]) => [name, at(file)]),
  );
  const map = JSON.stringify({ imports });
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pontus</title>
<link rel="icon" type="image/svg+xml" href="${at("look/icon.svg")}">
${STYLES.map((name) => `<link rel="stylesheet" href="${at(name)}">`).join("\n")}
<script type="importmap">${map}</script>
${FIRST.map((name) => `<link rel="modulepreload" href="${at(name)}">`).join("\n")}
<script type="module" src="${at("app.js")}"></script>
</head>
<body>
<noscript>This page needs JavaScript. The API is described at <a href="docs">/docs</a>.</noscript>
</body>
</html>
`;
  return { html, policy: policyOf(hash("sha256", map, "base64")) };
}

/** Nothing from other hosts, nothing inline but the import map, and no text that becomes markup. Players read from blob: URLs. */
const policyOf = (mapDigest: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'sha256-${mapDigest}'`,
    "style-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
