import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { pageOf } from "../../src/http/dashboard/page.ts";
import { TEXTS } from "../../src/ui/texts.js";

const SCRIPTS = readdirSync("src/ui").filter((name) => name.endsWith(".js"));
const read = (name: string): string => readFileSync(`src/ui/${name}`, "utf8");
const PAGE = pageOf("0123456789abcdef").html;
/** The packages that the page names. */
const PACKAGES = Object.keys(
  (JSON.parse(/importmap">(.*?)</.exec(PAGE)?.[1] ?? "{}") as { imports: object }).imports,
);

/** What a module imports before it runs. */
const importsOf = (name: string): string[] =>
  [...read(name).matchAll(/^import [^;]*?from "([^"]+)";/gm)].map(([, from]) => from ?? "");

/** All that a module needs before it runs. */
function closureOf(name: string, found = new Set<string>()): Set<string> {
  for (const from of importsOf(name)) {
    if (found.has(from)) continue;
    found.add(from);
    if (from.startsWith("./")) closureOf(from.slice(2), found);
  }
  return found;
}

describe("src/ui", () => {
  test("imports its own files and the packages that the page names, and nothing else", () => {
    const foreign = SCRIPTS.flatMap((name) => {
      const all = [...read(name).matchAll(/\bimport\("([^"]+)"\)(?!\.)/g)].map(([, from]) => from);
      return [...importsOf(name), ...all]
        .filter((from = "") => !SCRIPTS.includes(from.slice(2)) && !PACKAGES.includes(from))
        .map((from) => `${name}: ${from}`);
    });
    expect(foreign).toEqual([]);
  });

  test("is preloaded as far as the first view needs it, and no further", () => {
    const needed = [...closureOf("app.js")].map((from) =>
      from.startsWith("./")
        ? from.slice(2)
        : from.replace(/^preact\/hooks$/, "hooks").concat(".js"),
    );
    const preloaded = [...PAGE.matchAll(/modulepreload" href="\.\/ui\/\w+\/([^"]+)"/g)].map(
      ([, name]) => name ?? "",
    );
    expect(preloaded.toSorted()).toEqual(needed.toSorted());
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
