import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";

const CHANGE_KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
const READMES = ["README.md", "README.zh-CN.md"];
const TEXTS = [...READMES, "CONTRIBUTING.md", "CHANGELOG.md", "docs/media.md", "wasm/README.md"];

const read = (file: string): string => readFileSync(file, "utf8");
/** What stands between fences, with the language; comments left out, for those are in the reader's language. */
const blocksOf = (file: string): string[] =>
  [...read(file).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, language]) => language !== "text")
    .map(([, language, block]) => `${language}\n${block?.replace(/ *#(?!!).*$/gm, "")}`);
/** The first cells of a marked table. */
const keysOf = (file: string, name: string): string[] => {
  const table = read(file).split(`<!-- ${name}:begin -->`)[1]?.split(`<!-- ${name}:end -->`)[0];
  return [...(table ?? "").matchAll(/^\| *`([^`]+)`/gm)].map(([, key]) => key ?? "");
};

describe("README", () => {
  test.each(READMES)("%s gives the two commands", (file) => {
    expect(read(file)).toContain("npx --yes bun run demo");
    expect(read(file)).toContain("npx --yes bun run verify");
  });

  test("both languages give the same commands and examples", () => {
    const [english, chinese] = READMES.map(blocksOf);
    expect(english?.length).toBeGreaterThan(3);
    expect(chinese).toEqual(english ?? []);
  });

  test("both languages have the same sections", () => {
    const [english, chinese] = READMES.map((file) =>
      [...read(file).matchAll(/^#+(?= )/gm)].map(([level]) => level),
    );
    expect(chinese).toEqual(english ?? []);
  });

  test.each(["config", "bench"])("both languages have the same %s table", (name) => {
    const [english, chinese] = READMES.map((file) => keysOf(file, name));
    expect(chinese).toEqual(english ?? []);
    for (const file of READMES) expect(read(file)).toContain(`<!-- ${name}:end -->`);
  });

  test.each(TEXTS)("%s links to files that are there", (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, to]) => to ?? "");
    const folder = file.includes("/") ? file.slice(0, file.lastIndexOf("/") + 1) : "";
    expect(links.filter((to) => !existsSync(folder + to))).toEqual([]);
  });
});

describe("CHANGELOG.md", () => {
  const lines = read("CHANGELOG.md").split("\n");

  test("names its versions from the newest to the oldest, with their days", () => {
    const [first, ...versions] = lines.filter((line) => line.startsWith("## "));
    expect(first).toBe("## [Unreleased]");
    for (const version of versions)
      expect(version).toMatch(/^## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/);
    const days = versions.map((version) => version.slice(-10));
    expect(days).toEqual(days.toSorted().reverse());
  });

  test("sorts changes by the kinds of Keep a Changelog", () => {
    const kinds = lines.filter((line) => line.startsWith("### ")).map((line) => line.slice(4));
    expect(kinds.filter((kind) => !CHANGE_KINDS.includes(kind))).toEqual([]);
    expect(kinds.length).toBeGreaterThan(0);
  });
});
