import { mkdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { BunPlugin } from "bun";
import { ROOT } from "./run-program.ts";

// `bun run build [FILE] [--fleet]` makes the service with its command line one program of one file, which needs neither Bun nor packages.
// Without --fleet it is one for a single machine: nothing of PostgreSQL is in it, so it is neither larger nor slower to start.

const ENTRY = join(ROOT, "src", "main.cli.bun.ts");

/** Files are found by such calls everywhere in src, with literal names. */
const RESOLVE = /import\.meta\.resolve\(\s*"([^"]+)"\s*\)/g;

/** What only a fleet loads: the adapters for PostgreSQL, and the file that puts them together. All of it is imported when it is asked for. */
const OF_FLEETS = /\/src\/(?:app\/fleet|(?:\w+\/)+postgres(?:\/[\w/.-]+)?)\.ts$/;

/** Stands where a program for a single machine has left that out. */
const LEFT_OUT = `import { ConfigError } from ${JSON.stringify(join(ROOT, "src", "config", "config.ts"))};
throw new ConfigError(["Cannot use a PostgreSQL server: this program was built for a single machine; build it with --fleet"]);
`;

/** The file that a call of a module means. */
const located = (wanted: string, module: string): string =>
  fileURLToPath(import.meta.resolve(Bun.resolveSync(wanted, dirname(module))));

/** Threads are programs of their own: the modules of each become one file, like those of the service. By its first module. */
async function bundledThreads(folder: string): Promise<ReadonlyMap<string, string>> {
  const threads = new Map<string, string>();
  for (const name of new Bun.Glob("src/**/*.ts").scanSync(ROOT)) {
    const module = join(ROOT, name);
    for (const [, wanted = ""] of (await Bun.file(module).text()).matchAll(RESOLVE)) {
      const entry = located(wanted, module);
      if (entry.endsWith(".ts")) threads.set(entry, await bundled(entry, folder));
    }
  }
  return threads;
}

async function bundled(entry: string, outdir: string): Promise<string> {
  const { outputs, success, logs } = await Bun.build({
    entrypoints: [entry],
    target: "bun",
    outdir,
  });
  const [output] = outputs;
  if (!success || !output) throw new AggregateError(logs, `Cannot bundle ${entry}`);
  return output.path;
}

/** Puts the files that the service reads from its packages and its own folders into the program. */
const embedding = (threads: ReadonlyMap<string, string>, isFleet: boolean): BunPlugin => ({
  name: "embed files",
  setup(build) {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      if (!isFleet && OF_FLEETS.test(path)) return { contents: LEFT_OUT, loader: "ts" };
      const text = await Bun.file(path).text();
      const names = new Map<string, string>();
      for (const [, wanted = ""] of text.matchAll(RESOLVE))
        if (!names.has(wanted)) names.set(wanted, `embedded${names.size}`);
      const imports = [...names].map(([wanted, name]) => {
        const file = located(wanted, path);
        return `import ${name} from ${JSON.stringify(threads.get(file) ?? file)} with { type: "file" };\n`;
      });
      const embedded = (_: string, wanted: string) =>
        `Bun.pathToFileURL(${names.get(wanted)}).href`;
      return { contents: imports.join("") + text.replaceAll(RESOLVE, embedded), loader: "ts" };
    });
  },
});

const { values, positionals } = parseArgs({
  options: { fleet: { type: "boolean", default: false } },
  allowPositionals: true,
});
const outfile = resolve(positionals[0] ?? join(ROOT, "dist", "pontus"));
const parts = `${outfile}.parts`;
mkdirSync(dirname(outfile), { recursive: true });
const { success, logs } = await Bun.build({
  entrypoints: [ENTRY],
  target: "bun",
  // Compiled ahead: at each start Bun would parse all modules first, as they are one file, which takes 0.1 s of CPU.
  format: "esm",
  bytecode: true,
  minify: { whitespace: true, syntax: true },
  sourcemap: "none",
  compile: { outfile },
  plugins: [embedding(await bundledThreads(parts), values.fleet)],
});
if (!success) throw new AggregateError(logs, "Cannot build");
rmSync(parts, { recursive: true, force: true });
console.log(`built ${outfile} (${(Bun.file(outfile).size / 2 ** 20).toFixed(0)} MiB)`);
