import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The folders of src, top to bottom. A file imports its own folder and rows below, never another folder of its row, never upward. */
const LAYERS = [
  ["main"],
  ["app"],
  ["config", "http", "worker"],
  ["service"],
  ["store", "queue", "events", "engine", "storage", "runtime"],
  ["db"],
  ["plan"],
  ["profile", "probe", "manifest"],
  ["task"],
  ["lib"],
];
/** Folders that hold a port: from outside, only the file named after the folder may be imported, except by app. */
const PORTS = LAYERS[4] ?? [];
const PURE = ["plan", "profile", "probe", "manifest", "task"];
/** Packages that belong to some places only. */
const OWNERS = [
  { what: /^(zod|hono|@hono|yaml|swagger-ui-dist)(\/|$)/, only: ["http"] },
  { what: /^saxes$/, only: ["manifest"] },
  { what: /^valibot$/, only: ["main", "config", "worker", "probe", "engine"] },
  { what: /^drizzle-orm(\/|$)/, only: ["store", "queue", "events", "db"] },
  { what: /^bun(:|$)/, only: ["runtime/bun.ts", "db/sqlite.bun.ts"] },
  { what: /^node:sqlite$/, only: ["db/sqlite.deno.ts"] },
  {
    what: /^node:/,
    only: [
      "main",
      "app",
      "config",
      "http",
      "worker",
      "service",
      "engine",
      "storage",
      "store",
      "queue",
      "runtime",
      "db",
      "lib/process-identity.ts",
    ],
  },
];

/** The host side of the worker thread. */
const WASM_HOSTS = ["engine/wasm/wasm-thread.ts", "engine/wasm/wasm-streams.ts"];

type Import = { readonly file: string; readonly to: string };

// A regular expression rather than Bun.Transpiler, which forgets type-only imports.
const IMPORT =
  /^\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

function importsOf(root: string): Import[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      [...readFileSync(join(root, file), "utf8").matchAll(IMPORT)].map((match) => {
        const to = match[1] ?? match[2] ?? match[3] ?? "";
        return { file, to: to.startsWith(".") ? join(file, "..", to) : to };
      }),
    );
}

/** engine/wasm.ts → engine, main.bun.ts → main. */
const layerOf = (file: string): string => file.split(/[/.]/)[0] ?? "";
const rowOf = (layer: string): number => LAYERS.findIndex((row) => row.includes(layer));

/** Why an import breaks the rules, or nothing when it keeps them. */
function violation({ file, to }: Import): string | undefined {
  const from = layerOf(file);
  if (!to.endsWith(".ts")) {
    const owner = OWNERS.find(({ what }) => what.test(to));
    const isAllowed = !owner || owner.only.some((place) => place === file || place === from);
    return isAllowed ? undefined : `${file} imports ${to}: only ${owner.only.join(", ")} may`;
  }
  if (to === "../wasm/protocol.ts" && WASM_HOSTS.includes(file)) return undefined;
  const layer = layerOf(to);
  if (layer === from) return undefined;
  if (to.startsWith("..") || rowOf(layer) < 0 || rowOf(from) < 0)
    return `${file} imports ${to}: no folder of the table`;
  if (rowOf(layer) <= rowOf(from))
    return `${file} imports ${to}: ${layer} does not stand below ${from}`;
  const isAdapter = PORTS.includes(layer) && to !== `${layer}/${layer}.ts`;
  const mayNameAdapters = from === "app" || (from === "main" && layer === "runtime");
  return isAdapter && !mayNameAdapters
    ? `${file} imports the adapter ${to}: import ${layer}/${layer}.ts`
    : undefined;
}

describe("layers", () => {
  test("every import in src keeps the order", () => {
    const imports = importsOf("src");
    expect(imports.length).toBeGreaterThan(10);
    expect(imports.map(violation).filter(Boolean)).toEqual([]);
  });

  test("every folder of src stands in the table", () => {
    const folders = readdirSync("src", { withFileTypes: true }).map(({ name }) => layerOf(name));
    expect(folders.filter((folder) => rowOf(folder) < 0)).toEqual([]);
  });

  test("wasm imports nothing of src", () => {
    const reaching = importsOf("wasm").filter(({ to }) => to.startsWith("../"));
    expect(reaching).toEqual([]);
  });

  test("the pure folders read no clock, chance or environment", () => {
    const impure = /\b(Date\.now|new Date\(\)|Math\.random|process\.|performance\.)/;
    const found = PURE.flatMap((folder) =>
      readdirSync(`src/${folder}`, { recursive: true, encoding: "utf8" })
        .map((file) => `src/${folder}/${file}`)
        .filter((file) => file.endsWith(".ts") && impure.test(readFileSync(file, "utf8"))),
    );
    expect(found).toEqual([]);
  });

  test.each([
    ["plan/plan.ts", "engine/engine.ts"],
    ["http/tasks.ts", "worker/worker.ts"],
    ["worker/file/process-task.ts", "engine/native/native.ts"],
    ["main.bun.ts", "store/tasks.ts"],
    ["store/tasks.ts", "queue/queue.ts"],
    ["db/schema.ts", "store/store.ts"],
    ["plan/plan.ts", "node:fs"],
    ["service/create-task.ts", "zod"],
    ["engine/wasm/wasm-thread.ts", "../wasm/worker.ts"],
    ["engine/wasm/wasm.ts", "../wasm/protocol.ts"],
  ])("%s may not import %s", (file, to) => {
    expect(violation({ file, to })).toBeString();
  });
});
