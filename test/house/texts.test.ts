import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import packageJson from "../../package.json" with { type: "json" };

const CHANGE_KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
const READMES = ["README.md", "README.zh-CN.md"] as const;
/** A README is read at one go. */
const README_BYTES_MAX = 12_288;
/** What is there in English and in Chinese. */
const PAIRS = [READMES, ["docs/api.md", "docs/api.zh-CN.md"]] as const;
const PAGES = readdirSync("docs")
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);
const TEXTS = [
  ...READMES,
  ...["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "bench/README.md", "wasm/README.md"],
  ...PAGES,
];
/** The folders that paths in texts begin with; those of src are written without it, too. */
const ROOTS = ["src", "test", "scripts", "docs", "wasm"];
const ROOMS = readdirSync("src").filter((name) => statSync(`src/${name}`).isDirectory());

const read = (file: string): string => readFileSync(file, "utf8");
/** What stands between fences, with the language; comments left out, for those are in the reader's language. */
const blocksOf = (file: string): string[] =>
  [...read(file).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, language]) => language !== "text")
    .map(([, language, block]) => `${language}\n${block?.replace(/ *#(?!!).*$/gm, "")}`);
/** A text without what stands between fences. */
const proseOf = (file: string): string => read(file).replace(/^```\w+\n[\s\S]*?^```$/gm, "");
const codeIn = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");
/** Of each row of each table what stands in it as code: names, values, addresses. */
const rowsOf = (file: string): string[][] =>
  proseOf(file)
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((row) => codeIn(row).toSorted());
/** How deep each heading of a text is, in order. */
const levelsOf = (file: string): string[] =>
  [...proseOf(file).matchAll(/^#+(?= )/gm)].map(([level]) => level);
/** Where a link may lead to in a text, as GitHub names it by the headings. */
const anchorsOf = (file: string): string[] =>
  [...proseOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** A link that leads nowhere: no such file, or no such heading in it. */
const leadsNowhere = (file: string, link: string): boolean => {
  const [path = "", anchor] = link.split("#");
  const to = path === "" ? file : join(dirname(file), path);
  return !existsSync(to) || (anchor !== undefined && !anchorsOf(to).includes(anchor));
};

/** A path of this repository that is not there; what is written of another place is none. */
const isMissing = (path: string): boolean => {
  if (!/^[\w./-]+\/[\w./-]*$/.test(path)) return false;
  const [first = ""] = path.split("/");
  if (ROOTS.includes(first)) return !existsSync(path);
  return ROOMS.includes(first) && !existsSync(`src/${path}`);
};

describe("README", () => {
  test.each(READMES)("%s gives the two commands", (file) => {
    expect(read(file)).toContain("npx --yes bun run demo");
    expect(read(file)).toContain("npx --yes bun run verify");
  });

  test.each(READMES)("%s stays short", (file) => {
    expect(Buffer.byteLength(read(file))).toBeLessThan(README_BYTES_MAX);
  });

  test.each(READMES)("%s leads to every page", (file) => {
    const isChinese = (page: string) => page.endsWith(".zh-CN.md");
    const inBoth = PAIRS.flat() as readonly string[];
    const own = [
      ...PAGES.filter((page) => !inBoth.includes(page)),
      ...inBoth.filter((page) => page.startsWith("docs/") && isChinese(page) === isChinese(file)),
    ];
    const pages = [...own, "bench/README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    expect(pages.filter((page) => !read(file).includes(`](${page})`))).toEqual([]);
  });
});

describe("what is there in two languages", () => {
  test.each(PAIRS)("%s and %s give the same commands and examples", (english, chinese) => {
    expect(blocksOf(english).length).toBeGreaterThan(3);
    expect(blocksOf(chinese)).toEqual(blocksOf(english));
  });

  test.each(PAIRS)("%s and %s have the same sections", (english, chinese) => {
    expect(levelsOf(english).length).toBeGreaterThan(3);
    expect(levelsOf(chinese)).toEqual(levelsOf(english));
  });

  test.each(PAIRS)("%s and %s have the same tables", (english, chinese) => {
    expect(rowsOf(english).flat().length).toBeGreaterThan(10);
    expect(rowsOf(chinese)).toEqual(rowsOf(english));
  });
});

describe("texts", () => {
  test.each(TEXTS)("%s links to files and headings that are there", (file) => {
    const links = [...proseOf(file).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(
      ([, to]) => to ?? "",
    );
    expect(links.filter((link) => leadsNowhere(file, link))).toEqual([]);
  });

  test.each(TEXTS)("%s names paths that are there", (file) => {
    expect(codeIn(proseOf(file)).filter(isMissing)).toEqual([]);
  });

  test.each(TEXTS)("%s names commands that are there", (file) => {
    const scriptsOf = (command: RegExp) =>
      [...read(file).matchAll(command)].map(([, script]) => script ?? "");
    const { scripts } = packageJson;
    expect(scriptsOf(/\bbun run ([\w:-]+)/g).filter((name) => !(name in scripts))).toEqual([]);
    const { tasks } = denoJson;
    expect(scriptsOf(/\bdeno task ([\w:-]+)(?!\w*`)/g).filter((name) => !(name in tasks))).toEqual(
      [],
    );
  });

  test.each([
    ["docs/api.md", "nowhere.md"],
    ["docs/api.md", "profiles.md#nowhere"],
  ])("a link is seen that leads nowhere: in %s to %s", (file, link) => {
    expect(leadsNowhere(file, link)).toBeTrue();
  });

  test.each(["src/nowhere.ts", "plan/nowhere/"])("a path is seen that is not there: %s", (path) => {
    expect(isMissing(path)).toBeTrue();
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
