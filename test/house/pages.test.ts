import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { CALLER_KEYS } from "../../src/config/key.ts";
import { KEYS } from "../../src/config/keys.ts";
import { CALLS } from "../../src/http/calls.ts";
import { problemOf } from "../../src/http/problem.ts";
import { TaskSchema } from "../../src/http/schemas/task-schemas.ts";
import { CONTRACT_CODES, ERROR_CODES } from "../../src/task/errors.ts";
import { WARNING_CODES } from "../../src/task/warnings.ts";

const API_PAGES = ["docs/api.md", "docs/api.zh-CN.md"];
const TEXTS = [
  ...[
    "README.md",
    "README.zh-CN.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "bench/README.md",
    "wasm/README.md",
  ],
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
/** Of the tests and of callers, not of the service. */
const OTHER_KEYS = ["PONTUS_SIMULATION_SEED", "PONTUS_CORPUS", ...Object.values(CALLER_KEYS)];

const read = (file: string): string => readFileSync(file, "utf8");
const missingIn = (file: string, names: readonly string[]): readonly string[] =>
  names.filter((name) => !read(file).includes(`\`${name}\``));

describe("the pages of the API", () => {
  test.each(API_PAGES)("%s has every code of a refused call", (file) => {
    const codes = new Set(ERROR_CODES.map((code) => problemOf(code).code));
    expect(missingIn(file, [...codes])).toEqual([]);
  });

  test.each(API_PAGES)("%s has every code and state of a task, and every warning", (file) => {
    const { task_status, targets } = TaskSchema.shape;
    const states = [...task_status.options, ...targets.element.shape.target_status.options];
    expect(missingIn(file, [...CONTRACT_CODES, ...states, ...WARNING_CODES])).toEqual([]);
  });

  test.each(API_PAGES)("%s has every call", (file) => {
    const calls = Object.values(CALLS).map(({ method, path }) =>
      // Those without a version stand together in one row.
      path.startsWith("/api") ? `${method.toUpperCase()} ${path}` : path.slice(1),
    );
    const missing = calls.filter((call) => !read(file).includes(call.replace("{version}", "{v}")));
    expect(missing).toEqual([]);
  });
});

test.each(TEXTS)("%s names keys of the configuration that there are", (file) => {
  const known = [...Object.values(KEYS).map(({ env }) => env), ...OTHER_KEYS];
  const named = [...read(file).matchAll(/\bPONTUS_[A-Z0-9_]*[A-Z0-9]\b(?!_)/g)].map(([key]) => key);
  expect(named.filter((key) => !known.includes(key))).toEqual([]);
});

test("bench/README.md has figures of every benchmark, and of no other", () => {
  const source = read("bench/bench.ts");
  const names = [...source.matchAll(/^ {2}"?([\w-]+)"?: measure\w+,$/gm)].map(([, name]) => name);
  const [, table = ""] = read("bench/README.md").split(/<!-- bench:(?:begin|end) -->/);
  const measured = [...table.matchAll(/\| `([\w-]+)` *\|$/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(10);
  expect([...new Set(measured)].toSorted()).toEqual(names.toSorted());
});

test("docs/operations.md has figures of every soak, and of no other", () => {
  const source = read("bench/soak.ts");
  const names = [...source.matchAll(/^ {2}"?([\w-]+)"?: async \(\) => \(?await import/gm)];
  const [, table = ""] = read("docs/operations.md").split(/<!-- soak:(?:begin|end) -->/);
  const measured = [...table.matchAll(/\| `([\w-]+)` *\|$/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(1);
  expect([...new Set(measured)].toSorted()).toEqual(names.map(([, name]) => name).toSorted());
});
