import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** A file as it is sent: as it is, and smaller for those who take gzip. */
export type UiFile = {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  /** Made when it is first asked for. */
  readonly zipped: () => Promise<Uint8Array<ArrayBuffer>>;
};

/** All files of the dashboard. They change together, so one digest names them. */
export type UiFiles = {
  readonly digest: string;
  readonly file: (name: string) => UiFile | undefined;
};

const SCRIPT = "text/javascript;charset=UTF-8";
const STYLE = "text/css;charset=UTF-8";
const ICON = "image/svg+xml";

/** The page's own files, and the only ones that it needs of packages. Literal names, so that tools see what is used. */
const FILES: Readonly<Record<string, { readonly type: string; readonly locate: () => string }>> = {
  "api.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/api.js") },
  "app.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/app.js") },
  "format.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/format.js") },
  "html.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/html.js") },
  "kept.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/kept.js") },
  "language.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/language.js") },
  "loading.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/loading.js") },
  "new-task.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/new-task.js") },
  "parts.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/parts.js") },
  "profile-form.js": {
    type: SCRIPT,
    locate: () => import.meta.resolve("../../ui/profile-form.js"),
  },
  "profiles.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/profiles.js") },
  "session.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/session.js") },
  "sign-in.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/sign-in.js") },
  "signature.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/signature.js") },
  "speed-curve.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/speed-curve.js") },
  "task-list.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/task-list.js") },
  "task-view.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/task-view.js") },
  "texts.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/texts.js") },
  "theme.js": { type: SCRIPT, locate: () => import.meta.resolve("../../ui/theme.js") },
  "icon.svg": { type: ICON, locate: () => import.meta.resolve("../../ui/icon.svg") },
  "controls.css": { type: STYLE, locate: () => import.meta.resolve("../../ui/controls.css") },
  "views.css": { type: STYLE, locate: () => import.meta.resolve("../../ui/views.css") },
  "style.css": { type: STYLE, locate: () => import.meta.resolve("../../ui/style.css") },
  "preact.js": { type: SCRIPT, locate: () => import.meta.resolve("preact") },
  "hooks.js": { type: SCRIPT, locate: () => import.meta.resolve("preact/hooks") },
  "htm.js": { type: SCRIPT, locate: () => import.meta.resolve("htm") },
  "uplot.js": { type: SCRIPT, locate: () => import.meta.resolve("uplot/dist/uPlot.esm.js") },
};

const zip = promisify(gzip);

async function load(type: string, url: string): Promise<UiFile> {
  const plain = new Uint8Array(await readFile(fileURLToPath(url)));
  let zipping: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const zipped = () => {
    zipping ??= zip(plain, { level: 9 }).then((bytes) => new Uint8Array(bytes));
    return zipping;
  };
  return { type, plain, zipped };
}

/** Reads the files of the dashboard, which stay in memory. */
export async function readUiFiles(): Promise<UiFiles> {
  const files = new Map<string, UiFile>();
  const digest = createHash("sha256");
  for (const [name, { type, locate }] of Object.entries(FILES)) {
    const file = await load(type, locate());
    digest.update(`${name} ${file.plain.length}\n`).update(file.plain);
    files.set(name, file);
  }
  return { digest: digest.digest("hex").slice(0, 16), file: (name) => files.get(name) };
}
