import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the packages that a running service needs may take on disk, beside Bun itself. */
const PRODUCTION_BYTES_MAX = 150e6;

type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const read = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** A package as Node resolves it from a folder: below it, or below one of its parents. */
function folderOf(name: string, from: string): string | undefined {
  const here = join(from, "node_modules", name);
  if (existsSync(here)) return here;
  const parent = join(from, "..");
  return from === "." ? undefined : folderOf(name, parent === "" ? "." : parent);
}

/** The folders of all packages that those of a folder need, its own left out. */
function needed(folder: string, found = new Set<string>()): Set<string> {
  const { dependencies, optionalDependencies } = read(folder);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const path = folderOf(name, folder);
    if (!path || found.has(path)) continue;
    found.add(path);
    needed(path, found);
  }
  return found;
}

/** Bytes below a folder, without the packages nested in it, which count for themselves. */
function sizeOf(folder: string): number {
  return readdirSync(folder)
    .filter((name) => name !== "node_modules")
    .map((name) => join(folder, name))
    .map((path) => {
      const stat = lstatSync(path);
      return stat.isDirectory() ? sizeOf(path) : stat.size;
    })
    .reduce((sum, bytes) => sum + bytes, 0);
}

describe("packages", () => {
  test("every version is pinned exactly", () => {
    const { dependencies, devDependencies } = read(".");
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  test("what a running service needs stays small", () => {
    const folders = [...needed(".")];
    expect(folders).toContain(join("node_modules", "hono"));
    const bytes = folders.map(sizeOf).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThan(PRODUCTION_BYTES_MAX);
  });
});
