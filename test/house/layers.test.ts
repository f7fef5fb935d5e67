import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOMS } from "./rooms.ts";

/** The folders of src, top to bottom. A file imports its own folder and rows below, never another folder of its row, never upward. */
const LAYERS = [
  ["main"],
  ["cli"],
  ["app"],
  ["config", "http", "worker", "webhooks", "watch"],
  ["service"],
  ["store", "queue", "events", "overview", "fleet", "slices", "engine", "storage", "runtime"],
  ["db", "net", "disk"],
  ["telemetry"],
  ["plan"],
  ["profile", "probe", "manifest"],
  ["task"],
  ["lib"],
  // What browsers run; test/house/ui.test.ts says what it may import.
  ["ui"],
];
/** The column of the picture in docs/architecture.md at which the words about a row begin. */
const TOLD_AT = 65;
/** Folders that hold a port: from outside, only the file named after the folder may be imported, except by app. */
const PORTS = LAYERS.find((row) => row.includes("store")) ?? [];
const PURE = ["plan", "profile", "probe", "manifest", "task"];
const IMPURE =
  /\b(Date\.now|new Date\(\)|Math\.random|process\.|performance\.|crypto\.|fetch\(|set(Timeout|Interval|Immediate)\b|Bun\.|Deno\.)/;
/** Packages that belong to some places only. */
const OWNERS = [
  { what: /^(zod|hono|@hono|yaml|swagger-ui-dist)(\/|$)/, only: ["http"] },
  { what: /^prom-client$/, only: ["telemetry"] },
  { what: /^saxes$/, only: ["manifest"] },
  { what: /^(@commander-js|commander|eventsource-parser)(\/|$)/, only: ["cli"] },
  { what: /^valibot$/, only: ["config", "worker", "probe", "engine", "cli"] },
  {
    what: /^drizzle-orm(\/|$)/,
    only: ["store", "queue", "events", "overview", "fleet", "slices", "db"],
  },
  { what: /^pg$/, only: ["db"] },
  { what: /^pg-boss$/, only: ["queue", "slices"] },
  { what: /^bun(:|$)/, only: ["runtime/bun.ts", "db/sqlite.bun.ts"] },
  { what: /^node:sqlite$/, only: ["db/sqlite.deno.ts"] },
  {
    what: /^node:/,
    only: [
      "main",
      "cli",
      "app",
      "config",
      "http",
      "worker",
      "watch",
      "service",
      "engine",
      "storage",
      "net",
      "telemetry",
      "store",
      "events",
      "slices",
      "runtime",
      "db",
      "disk",
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
/** engine/wasm/wasm.ts → wasm, engine/choose.ts → choose. */
const roomOf = (file: string): string => file.split(/[/.]/)[1] ?? "";

/** Why an import within a folder breaks the order of its rooms, or nothing. */
function roomViolation({ file, to }: Import): string | undefined {
  const folder = layerOf(file);
  const rows = ROOMS[folder];
  const [from, room] = [roomOf(file), roomOf(to)];
  if (!rows || from === room) return undefined;
  const at = (name: string) => rows.findIndex((row) => row.includes(name));
  return at(room) > at(from)
    ? undefined
    : `${file} imports ${to}: ${room} does not stand below ${from}`;
}

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
  if (layer === from) return roomViolation({ file, to });
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

  test("every place that may import a package does", () => {
    const imports = importsOf("src");
    const unused = OWNERS.flatMap(({ what, only }) =>
      only
        .filter((place) => {
          const isThere = (file: string) => file === place || layerOf(file) === place;
          return !imports.some(({ file, to }) => what.test(to) && isThere(file));
        })
        .map((place) => `${place}: ${what}`),
    );
    expect(unused).toEqual([]);
  });

  test("every folder of src stands in the table", () => {
    const folders = readdirSync("src", { withFileTypes: true }).map(({ name }) => layerOf(name));
    expect(folders.filter((folder) => rowOf(folder) < 0)).toEqual([]);
  });

  test("docs/architecture.md shows the rows of the table", () => {
    const [, picture = ""] =
      /^## The rooms$.*?^```text\n(.*?)^```$/ms.exec(
        readFileSync("docs/architecture.md", "utf8"),
      ) ?? [];
    // What the folders are for is told behind them.
    const rows = picture.trimEnd().split("\n");
    const folders = rows.map((row) => row.slice(0, TOLD_AT).trim().split(/ +/));
    expect(folders).toEqual(LAYERS);
  });

  test("every room stands in the table of its folder", () => {
    const astray = readdirSync("src", { recursive: true, encoding: "utf8" })
      // `app.ts` stands beside its folder.
      .filter((file) => file.endsWith(".ts") && file.includes("/") && ROOMS[layerOf(file)])
      .filter((file) => !ROOMS[layerOf(file)]?.some((row) => row.includes(roomOf(file))));
    expect(astray).toEqual([]);
  });

  test("a folder that has rooms stands in that table", () => {
    const roomed = readdirSync("src", { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && file.split("/").length > 2)
      .map(layerOf);
    expect([...new Set(roomed)].toSorted()).toEqual(Object.keys(ROOMS).toSorted());
  });

  test("no files import each other in a circle, types neither", () => {
    const imports = importsOf("src").filter(({ to }) => to.endsWith(".ts"));
    const left = new Set(imports.flatMap(({ file, to }) => [file, to]));
    const isInCircle = (one: string) =>
      imports.some(({ file, to }) => file === one && left.has(to)) &&
      imports.some(({ file, to }) => to === one && left.has(file));
    for (let size = 0; size !== left.size; ) {
      size = left.size;
      for (const file of left) if (!isInCircle(file)) left.delete(file);
    }
    expect([...left]).toEqual([]);
  });

  test("no folder has more than 16 files, and no file more than 300 lines", () => {
    const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    const folders = Map.groupBy(files, (file) => join(file, ".."));
    expect([...folders].filter(([, inside]) => inside.length > 16).map(([name]) => name)).toEqual(
      [],
    );
    const linesOf = (file: string) =>
      readFileSync(join("src", file), "utf8").split("\n").length - 1;
    expect(files.filter((file) => linesOf(file) > 300)).toEqual([]);
  });

  test("wasm imports nothing of src", () => {
    const reaching = importsOf("wasm").filter(({ to }) => to.startsWith("../"));
    expect(reaching).toEqual([]);
  });

  test("the pure folders read no clock, chance or environment, and reach no network", () => {
    const found = PURE.flatMap((folder) =>
      readdirSync(`src/${folder}`, { recursive: true, encoding: "utf8" })
        .map((file) => `src/${folder}/${file}`)
        .filter((file) => file.endsWith(".ts") && IMPURE.test(readFileSync(file, "utf8"))),
    );
    expect(found).toEqual([]);
  });

  test.each(["Date.now()", "crypto.randomUUID()", "await fetch(url)", "setTimeout(done, 1)"])(
    "what is impure is seen: %s",
    (line) => {
      expect(line).toMatch(IMPURE);
    },
  );

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
    ["engine/ffmpeg/run-step.ts", "engine/native/native.ts"],
    ["worker/run.ts", "worker/worker.ts"],
    ["storage/s3/s3.ts", "storage/http/http.ts"],
  ])("%s may not import %s", (file, to) => {
    expect(violation({ file, to })).toBeString();
  });
});
