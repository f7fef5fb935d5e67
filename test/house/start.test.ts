import { expect, test } from "bun:test";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a file loads at once: neither types nor what is imported when it is needed. */
const IMPORT = /^(?:import|export)\s(?!type\s)([^;]*?)from\s+"([^"]+)"|^import\s+"([^"]+)"/gm;

/** Names in braces that are all types are erased. */
const isErased = (names: string): boolean => {
  const [, inside] = /^\{([^}]*)\}\s*$/.exec(names) ?? [];
  const each = inside?.split(",").map((name) => name.trim());
  return each?.filter((name) => name !== "").every((name) => name.startsWith("type ")) ?? false;
};

/** All that is loaded before the first line of a file runs: files of `src`, and packages by the names that they are imported by. */
function loadedWith(entry: string): ReadonlySet<string> {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    if (!file.endsWith(".ts")) return;
    for (const [, names = "", from, alone] of readFileSync(file, "utf8").matchAll(IMPORT)) {
      const to = from ?? alone ?? "";
      if (!isErased(names)) load(to.startsWith(".") ? join(file, "..", to) : to);
    }
  };
  load(entry);
  return loaded;
}

const within = (folder: string, names: string): readonly string[] =>
  names.split(" ").map((name) => `${folder}/${name}`);

/** Files of `src` that few services need, or none at once, by how their names begin. */
const LATER = [
  ...within("src", "http/answers. service/manage-tasks."),
  ...within("src/http", "admin dashboard docs events insight media notifications"),
  ...within("src/http", "routes/ schemas/ static/"),
  ...within("src", "cli/ overview/ worker/ webhooks/again. webhooks/notifier. webhooks/send."),
  ...within("src/engine", "native/ native-live/ wasm/ relay/ ffmpeg/"),
  ...within("src/storage", "s3/ remote/download. remote/ranged-reader. remote/remote-live-set."),
  ...within("src/storage/remote", "remote-sender. remote-writer. remove-files. send-set."),
  ...within("src/storage/file", "file-live-set. file-media. file-part. file-set. file-sweep."),
  ...within("src/storage/file", "file-uploads. file-work. pinned-folder. pinned-source."),
  ...within("src", "net/egress. net/guarded. net/idle-limit. store/notifications/"),
  ...within("src/service", "assign. create-task. further. sets."),
  ...within("src/plan", "decide/ encode/ feasible/ further. joined."),
  ...within("src/service", "operate-clients. plan-new-task. plan-slots. following/wait-for-task."),
  ...within("src", "watch/ service/watching/create-watched."),
  ...within("src/profile", "plain-qlty. qlty. fields/"),
];

/** The same of packages and of Node's own. */
const LATER_PACKAGES = [
  // Each takes milliseconds: with them Node's layers of streams and sockets are loaded.
  /^node:(dns|http|https|net|stream|tls|tty|worker_threads|zlib)(\/|$)/,
  // All of Hono's routers, and the one of patterns.
  /^hono$/,
  /^hono\/router\/reg-exp-router$/,
  /^(@hono|prom-client|standardwebhooks|yaml|zod)(\/|$)/,
];

test("a start loads only what every service needs at once", () => {
  const loaded = [...loadedWith("src/main.bun.ts")];
  expect(loaded).toContain("src/app.ts");
  expect(loaded).toContain("src/http/tasks.ts");
  expect(loaded).toContain("drizzle-orm");
  expect(loaded.filter((file) => LATER.some((start) => file.startsWith(start)))).toEqual([]);
  expect(loaded.filter((file) => LATER_PACKAGES.some((each) => each.test(file)))).toEqual([]);
  const files = globSync("src/**/*.ts").map((file) => file.replaceAll("\\", "/"));
  expect(LATER.filter((start) => !files.some((file) => file.startsWith(start)))).toEqual([]);
});

/** Which of these files an entry loads at once. */
const among = (entry: string, names: readonly string[]): readonly string[] => {
  const loaded = [...loadedWith(entry)];
  const all = globSync("src/**/*.ts").map((file) => file.replaceAll("\\", "/"));
  expect(names.filter((start) => !all.some((file) => file.startsWith(start)))).toEqual([]);
  return loaded.filter((file) => names.some((start) => file.startsWith(start)));
};

test("the engine is opened without what only its runs, live streams and devices need", () => {
  expect([...loadedWith("src/app/engine.ts")]).toContain("src/engine/native/native.ts");
  const later = [
    ...within("src/engine", "native-live/ relay/ wasm/ hardware/trials. native/native-"),
    ...within("src/engine/ffmpeg", "probe-with. run-step. run-log. capability-lists."),
    ...within("src/plan", "args/ decide/ encode/"),
  ];
  expect(among("src/app/engine.ts", later)).toEqual([]);
});

test("work begins without what only some tasks need, or their ends", () => {
  expect([...loadedWith("src/worker/worker.ts")]).toContain("src/worker/file/process-task.ts");
  const later = [
    ...within("src/worker", "live-set/ diskless/ protect/ quality/ live/process-live."),
    ...within(
      "src/worker",
      "output/verify-products. subtitles/caption-texts. source/parse-manifest.",
    ),
    ...within("src/manifest/read", "dash."),
  ];
  expect(among("src/worker/worker.ts", later)).toEqual([]);
  expect([...loadedWith("src/worker/worker.ts")]).not.toContain("saxes");
});

test("a create is read without what describes the answers of other calls", () => {
  expect([...loadedWith("src/http/routes/create-route.ts")]).toContain("@hono/zod-openapi");
  const later = within(
    "src/http/schemas",
    "task-schemas. output-schemas. event-schemas. profile-schemas.",
  );
  expect(among("src/http/routes/create-route.ts", later)).toEqual([]);
});

test("the command line loads its commands when they are named", () => {
  expect([...loadedWith("src/main.cli.bun.ts")]).toContain("src/cli/program.ts");
  expect(among("src/main.cli.bun.ts", ["src/cli/commands/", "src/config/keys."])).toEqual([]);
  const others = "client. doctor. insight. migrate-store. profiles. serve. submit.";
  expect(among("src/cli/commands/transcode.ts", within("src/cli/commands", others))).toEqual([]);
});

test("a stream of events begins without what describes them", () => {
  const later = within("src/http", "routes/ schemas/");
  expect(among("src/http/events/serve-events.ts", later)).toEqual([]);
});

test("plain profiles are answered without the fields that most have not", () => {
  expect(among("src/profile/plain-qlty.ts", within("src/profile", "qlty. fields/"))).toEqual([]);
});
