import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { configTable, withConfigTable } from "../../src/config/table.ts";

test.each(["README.md", "README.zh-CN.md"])(
  "%s holds the table of config keys as it is: run `bun scripts/write-config-table.ts`",
  (name) => {
    const text = readFileSync(name, "utf8");
    expect(withConfigTable(text) === text).toBe(true);
  },
);

test("withConfigTable() replaces what stands between the markers and nothing else", () => {
  const begin = "<!-- config:begin -->";
  const end = "<!-- config:end -->";
  const written = withConfigTable(`before\n${begin}\nold\n${end}\nafter`);
  expect(written).toBe(`before\n${begin}\n${configTable()}\n${end}\nafter`);
  expect(withConfigTable(written ?? "")).toBe(written ?? "");
  expect(withConfigTable("no markers")).toBeUndefined();
});
