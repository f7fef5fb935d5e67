import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { configTable, withConfigTable } from "../../src/config/table.ts";

test("docs/configuration.md holds the table of config keys as it is: run `bun run config-table`", () => {
  const text = readFileSync("docs/configuration.md", "utf8");
  expect(withConfigTable(text) === text).toBe(true);
});

test("withConfigTable() replaces what stands between the markers and nothing else", () => {
  const begin = "<!-- config:begin -->";
  const end = "<!-- config:end -->";
  const written = withConfigTable(`before\n${begin}\nold\n${end}\nafter`);
  expect(written).toBe(`before\n${begin}\n${configTable()}\n${end}\nafter`);
  expect(withConfigTable(written ?? "")).toBe(written ?? "");
  expect(withConfigTable("no markers")).toBeUndefined();
});
