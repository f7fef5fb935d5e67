import { createHash } from "node:crypto";
import { loadStaticFile, type StaticFile } from "../static/static-file.ts";

/** All files of the dashboard. They change together, so one digest names them. */
export type UiFiles = {
  readonly digest: string;
  readonly file: (name: string) => StaticFile | undefined;
};

/** The page's own files, and the only ones that it needs of packages. Literal names, so that tools see what is used. */
const FILES: Readonly<Record<string, () => string>> = {
  "app.js": () => import.meta.resolve("../../ui/app.js"),
  "base/api.js": () => import.meta.resolve("../../ui/base/api.js"),
  "base/format.js": () => import.meta.resolve("../../ui/base/format.js"),
  "base/html.js": () => import.meta.resolve("../../ui/base/html.js"),
  "base/kept.js": () => import.meta.resolve("../../ui/base/kept.js"),
  "base/language.js": () => import.meta.resolve("../../ui/base/language.js"),
  "base/loading.js": () => import.meta.resolve("../../ui/base/loading.js"),
  "base/parts.js": () => import.meta.resolve("../../ui/base/parts.js"),
  "base/session.js": () => import.meta.resolve("../../ui/base/session.js"),
  "base/signature.js": () => import.meta.resolve("../../ui/base/signature.js"),
  "base/texts.js": () => import.meta.resolve("../../ui/base/texts.js"),
  "base/theme.js": () => import.meta.resolve("../../ui/base/theme.js"),
  "look/controls.css": () => import.meta.resolve("../../ui/look/controls.css"),
  "look/icon.svg": () => import.meta.resolve("../../ui/look/icon.svg"),
  "look/style.css": () => import.meta.resolve("../../ui/look/style.css"),
  "look/views.css": () => import.meta.resolve("../../ui/look/views.css"),
  "profiles/profile-form.js": () => import.meta.resolve("../../ui/profiles/profile-form.js"),
  "profiles/profiles.js": () => import.meta.resolve("../../ui/profiles/profiles.js"),
  "sign-in.js": () => import.meta.resolve("../../ui/sign-in.js"),
  "tasks/new-task.js": () => import.meta.resolve("../../ui/tasks/new-task.js"),
  "tasks/speed-curve.js": () => import.meta.resolve("../../ui/tasks/speed-curve.js"),
  "tasks/task-list.js": () => import.meta.resolve("../../ui/tasks/task-list.js"),
  "tasks/task-view.js": () => import.meta.resolve("../../ui/tasks/task-view.js"),
  "base/events.js": () => import.meta.resolve("../../ui/base/events.js"),
  "tasks/history.js": () => import.meta.resolve("../../ui/tasks/history.js"),
  "tasks/plan-view.js": () => import.meta.resolve("../../ui/tasks/plan-view.js"),
  "tasks/draft.js": () => import.meta.resolve("../../ui/tasks/draft.js"),
  "tasks/rows.js": () => import.meta.resolve("../../ui/tasks/rows.js"),
  "operate/operate.js": () => import.meta.resolve("../../ui/operate/operate.js"),
  "operate/standing.js": () => import.meta.resolve("../../ui/operate/standing.js"),
  "operate/limits.js": () => import.meta.resolve("../../ui/operate/limits.js"),
  "operate/all-tasks.js": () => import.meta.resolve("../../ui/operate/all-tasks.js"),
  "operate/clients.js": () => import.meta.resolve("../../ui/operate/clients.js"),
  "base/texts-tasks.js": () => import.meta.resolve("../../ui/base/texts-tasks.js"),
  "base/texts-operate.js": () => import.meta.resolve("../../ui/base/texts-operate.js"),
  "tasks/player.js": () => import.meta.resolve("../../ui/tasks/player.js"),
  "tasks/upload.js": () => import.meta.resolve("../../ui/tasks/upload.js"),
  "tasks/targets.js": () => import.meta.resolve("../../ui/tasks/targets.js"),
  "tasks/failure.js": () => import.meta.resolve("../../ui/tasks/failure.js"),
  "packages/preact.js": () => import.meta.resolve("preact"),
  "packages/hooks.js": () => import.meta.resolve("preact/hooks"),
  "packages/htm.js": () => import.meta.resolve("htm"),
  "packages/hls.js": () => import.meta.resolve("hls.js/dist/hls.min.mjs"),
  "packages/uplot.js": () => import.meta.resolve("uplot/dist/uPlot.esm.js"),
};

/** Reads the files of the dashboard, which stay in memory. */
export async function readUiFiles(): Promise<UiFiles> {
  const files = new Map<string, StaticFile>();
  const digest = createHash("sha256");
  for (const [name, locate] of Object.entries(FILES)) {
    const file = await loadStaticFile(name, locate());
    digest.update(`${name} ${file.plain.length}\n`).update(file.plain);
    files.set(name, file);
  }
  return { digest: digest.digest("hex").slice(0, 16), file: (name) => files.get(name) };
}
