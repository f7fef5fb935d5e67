import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { pageOf } from "../../src/http/dashboard/page.ts";
import { TEXTS } from "../../src/ui/base/texts.js";

const FILES = readdirSync("src/ui", { recursive: true, encoding: "utf8" });
const SCRIPTS = FILES.filter((name) => name.endsWith(".js"));
const read = (name: string): string => readFileSync(`src/ui/${name}`, "utf8");
const PAGE = pageOf("0123456789abcdef").html;
/** The packages that the page names, and the files that they are. */
const PACKAGES = Object.fromEntries(
  [...PAGE.matchAll(/"([\w/.-]+)":"\.\/ui\/\w+\/([^"]+)"/g)].map(([, name, file]) => [name, file]),
) as Record<string, string>;

/** What a module imports, its own files by their place in src/ui: before it runs (`from`), or later. */
const importsOf = (name: string, pattern: RegExp): string[] =>
  // Types in comments are no imports.
  [
    ...read(name)
      .replace(/\/\*[\s\S]*?\*\//g, "")
      .matchAll(pattern),
  ].map(([, from = ""]) => (from.startsWith(".") ? join(dirname(name), from) : from));
const BEFORE = /^import [^;]*?from "([^"]+)";/gm;
const LATER = /\bimport\("([^"]+)"\)/g;

/** All that a module needs before it runs. */
function closureOf(name: string, found = new Set<string>()): Set<string> {
  for (const from of importsOf(name, BEFORE)) {
    if (found.has(from)) continue;
    found.add(from);
    if (SCRIPTS.includes(from)) closureOf(from, found);
  }
  return found;
}

describe("src/ui", () => {
  test("imports its own files and the packages that the page names, and nothing else", () => {
    const known = [...SCRIPTS, ...Object.keys(PACKAGES)];
    const foreign = SCRIPTS.flatMap((name) =>
      [...importsOf(name, BEFORE), ...importsOf(name, LATER)]
        .filter((from) => !known.includes(from))
        .map((from) => `${name}: ${from}`),
    );
    expect(foreign).toEqual([]);
  });

  test("is preloaded as far as the first view needs it, and no further", () => {
    const needed = [...closureOf("app.js")].map((from) => PACKAGES[from] ?? from);
    const preloaded = [...PAGE.matchAll(/modulepreload" href="\.\/ui\/\w+\/([^"]+)"/g)].map(
      ([, name]) => name ?? "",
    );
    expect(preloaded.toSorted()).toEqual(needed.toSorted());
  });

  test("has at most 16 files in a folder", () => {
    const folders = Map.groupBy(
      FILES.filter((name) => name.includes(".")),
      (name) => dirname(name),
    );
    expect([...folders].filter(([, inside]) => inside.length > 16)).toEqual([]);
  });

  test("has a name for every word of the API that it shows, and takes every code of a failure", () => {
    const { components } = parse(readFileSync("openapi.yaml", "utf8")) as {
      components: { schemas: Record<string, { enum?: string[] }> };
    };
    const wordsOf = (schema: string): string[] => components.schemas[schema]?.enum ?? [];
    const keys = [
      ...wordsOf("TargetStatus").map((word) => `status.${word}`),
      ...wordsOf("Phase").map((word) => `phase.${word}`),
      ...wordsOf("StreamKind").map((word) => `kind.${word}`),
      ...wordsOf("StreamAction").map((word) => `action.${word}`),
      ...wordsOf("StepName").map((word) => `step.${word}`),
      ...wordsOf("TaskEventType").map((word) => `event.${word}`),
    ];
    // It is drawn, not told.
    expect(keys.filter((key) => !(key in TEXTS))).toEqual(["event.progress"]);
    expect(keys.length).toBeGreaterThan(30);
    const codes = /^const CODES = \[([^;]*)\];$/m.exec(read("operate/all-tasks.js"))?.[1] ?? "";
    const taken = [...codes.matchAll(/"(\w+)"/g)].map(([, code]) => code ?? "");
    expect(taken.toSorted()).toEqual(wordsOf("TaskFailureCode").toSorted());
  });

  test("says everything in Chinese, too, and nothing that no view says", () => {
    const source = SCRIPTS.filter((name) => !name.includes("texts"))
      .map(read)
      .join("\n");
    const isSaid = (key: string): boolean =>
      source.includes(`"${key}"`) || source.includes(`\`${key.replace(/[^.]+$/, "")}\${`);
    const keys = Object.keys(TEXTS) as (keyof typeof TEXTS)[];
    expect(keys.filter((key) => !isSaid(key))).toEqual([]);
    const names = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted().join();
    const wrong = keys.filter((key) => {
      const [english, chinese] = TEXTS[key];
      return names(english) !== names(chinese) || !/\p{Script=Han}/u.test(chinese);
    });
    expect(wrong).toEqual([]);
  });
});
