import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const READMES = ["README.md", "README.zh-CN.md"] as const;
/** The sections of SECURITY.md that promise nothing; each paragraph and row of the others is a promise. */
const OTHER_SECTIONS = ["How to report a fault", "Who may want what", "What is not defended"];
/** What stands in texts that promise something. */
const PROMISING = /\b(?:never|always|no longer|nobody|guarantees?)\b|绝不|从不|永远|始终|不会|不再/;
const LINK = /\[([^\]]+)\]\((test\/[^)#]+)\)/g;
/** A `describe` or `test` by its title, also behind the rows of `each`. */
const TITLE = /(?:\b(?:describe|test)(?:\.concurrent)?|[)\]])\(\s*(["`])((?:(?!\1).)+)\1,/g;
const SWITCHED_OFF = /\b(?:describe|test)(?:\.\w+)*\.(?:skip|todo|only|failing|if|skipIf)\b/;

const read = (file: string): string => readFileSync(file, "utf8");
/** What a file of the tests imports of the others. */
const importsOf = (file: string): string[] =>
  [...read(file).matchAll(/from "(\.{1,2}\/[^"]+)"/g)]
    .map(([, path = ""]) => join(dirname(file), path))
    .filter((path) => path.startsWith("test/"));

/** All files that the suites are made of. */
function filesOfSuites(): ReadonlySet<string> {
  const found = new Set(
    readdirSync("test", { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(?:test|deno)\.ts$/.test(file))
      .map((file) => `test/${file}`),
  );
  // A set that grows is walked to its new end.
  for (const file of found) for (const imported of importsOf(file)) found.add(imported);
  return found;
}

const RUN = filesOfSuites();

/** Paragraphs, items of lists and rows of tables, but for what stands between fences and the heads of tables. */
const partsOf = (text: string): string[] =>
  text
    .replace(/^```\w+\n[\s\S]*?^```$/gm, "")
    .replace(/^\|.*\|\n\|(?: -+ \|)+\n/gm, "\n")
    .split(/\n{2,}|\n(?=[|-] ?)|\n(?=#)/)
    .map((part) => part.trim())
    .filter((part) => part !== "" && !part.startsWith("#"));

/** Those parts that name no test, or one that is not there, with why. */
function unheld(parts: readonly string[]): string[] {
  return parts.flatMap((part) => {
    const links = [...part.matchAll(LINK)];
    if (links.length === 0) return [`no test: ${part}`];
    return links.flatMap(([, title = "", file = ""]) => whatLacks(title, file) ?? []);
  });
}

/** Why a test holds nothing; undefined if it does. */
function whatLacks(title: string, file: string): string | undefined {
  if (!existsSync(file)) return `no such file: ${file}`;
  const text = read(file);
  if (SWITCHED_OFF.test(text)) return `switched off: ${file}`;
  if (!RUN.has(file)) return `not run by any test: ${file}`;
  const titles = [...text.matchAll(TITLE)].map(([, , found]) => found);
  return titles.includes(title) ? undefined : `no such test in ${file}: ${title}`;
}

/** The sections of a text, by their headings. */
const sectionsOf = (text: string): readonly (readonly [string, string])[] =>
  text
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split("\n", 1)[0] ?? "", section.replace(/^.*\n/, "")] as const);

describe("SECURITY.md", () => {
  const sections = sectionsOf(read("SECURITY.md"));
  const promising = sections.filter(([heading]) => !OTHER_SECTIONS.includes(heading));

  test("has the sections that promise nothing, and others", () => {
    const headings = sections.map(([heading]) => heading);
    expect(OTHER_SECTIONS.filter((heading) => !headings.includes(heading))).toEqual([]);
    expect(promising.length).toBeGreaterThan(5);
  });

  test.each(promising)("%s: every promise names a test that is there", (_, text) => {
    expect(partsOf(text).length).toBeGreaterThan(3);
    expect(unheld(partsOf(text))).toEqual([]);
  });
});

describe("README", () => {
  const promisesOf = (file: string): string[] =>
    partsOf(read(file)).filter((part) => part.startsWith("- ") && part.includes("](test/"));
  const testsOf = (file: string): string[] => [...read(file).matchAll(LINK)].map(([link]) => link);

  test.each(READMES)("%s: every promise names a test that is there", (file) => {
    const [, section = ""] =
      sectionsOf(read(file)).find(([heading]) => /^What it promises$|^它保证什么$/.test(heading)) ??
      [];
    const items = partsOf(section).filter((part) => part.startsWith("- "));
    expect(items.length).toBeGreaterThan(8);
    expect(unheld(items)).toEqual([]);
    expect(promisesOf(file)).toEqual(items);
  });

  test.each(READMES)("%s promises nothing elsewhere", (file) => {
    const elsewhere = partsOf(read(file)).filter((part) => !promisesOf(file).includes(part));
    expect(elsewhere.filter((part) => PROMISING.test(part))).toEqual([]);
  });

  test("names the same tests in both languages", () => {
    const [english, chinese] = READMES.map(testsOf);
    expect(chinese).toEqual(english ?? []);
  });
});

describe("a promise is seen", () => {
  test.each([
    ["that names no test", "| It is safe. | |", "no test: "],
    ["whose file is gone", "- Safe: [a](test/none.test.ts)", "no such file: "],
    ["whose test is gone", "- Safe: [gone](test/house/words.test.ts)", "no such test in "],
    [
      "whose file is run by no test",
      "- Safe: [a](test/fixtures/print-openapi.ts)",
      "not run by any test",
    ],
  ])("%s", (_, part, why) => {
    expect(unheld([part])).toEqual([expect.stringContaining(why)]);
  });
});
