import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { readinessOf } from "../../src/app/readiness.ts";
import { parseConfig } from "../../src/config/parse-config.ts";

const PAGE = readFileSync("docs/alarms.md", "utf8");
const SOURCES = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(`src/${file}`, "utf8"));
/** Where a line that an operator may be woken by is written: its level is fixed, or chosen where it is written. */
const WRITES = /\blog(?:ger)?(?:\.(?:warn|error|fatal)|\[level\])\(\s*"([^"]+)"/g;

/** A message as the page writes it. */
const shownOf = (message: string): string => message.replaceAll(/\{\w+\}/g, "…");

test("docs/alarms.md has every line of the log that is a warning or worse", () => {
  const lines = SOURCES.flatMap((text) => [...text.matchAll(WRITES)])
    .map(([, message = ""]) => shownOf(message))
    // The texts of the config, which say all by themselves.
    .filter((line) => line !== "…");
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.filter((line) => !PAGE.includes(`\`${line}\``))).toEqual([]);
});

test("docs/alarms.md has no line of the log that there is not", () => {
  const [, table = ""] = PAGE.split("## Lines of the log");
  const rows = [...table.matchAll(/^\| (`.+?`) \| /gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+…[^`]*)`/g)].map(([, line = ""]) => line),
  );
  expect(rows.length).toBeGreaterThan(20);
  const written = SOURCES.flatMap((text) => [...text.matchAll(/"([^"\n]+)"/g)]).map(
    ([, text = ""]) => shownOf(text),
  );
  expect(rows.filter((row) => !written.includes(row))).toEqual([]);
});

test("docs/alarms.md has every check of /readyz", async () => {
  const standing = { ok: true, detail: "" };
  const { checks } = await readinessOf(
    Promise.reject(new Error("none")),
    {
      queue: {
        depth: () => Promise.reject(new Error("none")),
        oldestDueMs: () => Promise.reject(new Error("none")),
      },
      checkWritable: async () => {},
      intake: { look: async () => ({ disk: standing, database: standing }) },
      now: () => 0,
    },
    undefined,
    parseConfig({}, { cores: 1 }).config,
  );
  const names = [...PAGE.matchAll(/^\| `(\w+)` \| /gm)].map(([, name = ""]) => name);
  expect(names).toEqual(Object.keys(checks));
});
