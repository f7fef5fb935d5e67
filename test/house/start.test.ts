import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
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

/** What few services need, or none at once. */
const LATER = [
  /^src\/http\/(admin|dashboard|docs|events|insight|media|notifications|routes|schemas|static)[/.]/,
  /^src\/(cli|overview|worker|wasm|webhooks\/(notifier|send))\//,
  /^src\/engine\/(native|native-live|wasm|relay|ffmpeg)\//,
  /^src\/storage\/s3\//,
  /^src\/storage\/remote\/(download|ranged-reader|remote-(live-set|sender|writer)|remove-files|send-set)/,
  /^src\/service\/(operate-clients|plan-|following\/wait)/,
  // Each takes milliseconds: with them Node's layers of streams and sockets are loaded.
  /^node:(dns|http|https|net|stream|tls|tty|worker_threads|zlib)(\/|$)/,
  // All of Hono's routers.
  /^hono$/,
  /^(@hono|prom-client|standardwebhooks|yaml|zod)(\/|$)/,
];

test("a start loads only what every service needs at once", () => {
  const loaded = [...loadedWith("src/main.bun.ts")];
  expect(loaded).toContain("src/app.ts");
  expect(loaded).toContain("src/http/tasks.ts");
  expect(loaded).toContain("drizzle-orm");
  expect(loaded.filter((file) => LATER.some((each) => each.test(file)))).toEqual([]);
});
