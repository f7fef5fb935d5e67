import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { ASKED } from "../../scripts/profile-table/asked.ts";
import { measuredEngines } from "../../scripts/profile-table/engines.ts";
import { hardwareTable } from "../../scripts/profile-table/hardware.ts";
import { profileTable, withProfileTable } from "../../scripts/profile-table/table.ts";

setDefaultTimeout(60_000);

const ENGINES = measuredEngines();

test("docs/profiles.md holds the tables of the rules as they are: run `bun run profile-table`", () => {
  const text = readFileSync("docs/profiles.md", "utf8");
  expect(withProfileTable(text, profileTable(ENGINES)) === text).toBe(true);
  expect(withProfileTable("no markers", "")).toBeUndefined();
});

test("docs/hardware.md holds the tables of the plans as they are: run `bun run profile-table`", () => {
  const text = readFileSync("docs/hardware.md", "utf8");
  const table = hardwareTable(ENGINES["FFmpeg 7.1"]);
  expect(withProfileTable(text, table, "hardware") === text).toBe(true);
  expect(table).toContain("| `h264` | yes |");
  expect(table).toContain("| `bitrate` | yes |");
  expect(table).toContain("| `rc_mode: 2passvbr` | in software, as a device encodes in one pass |");
});

test("the tables have a row for every field of a group that the API takes", () => {
  const { components } = parse(readFileSync("openapi.yaml", "utf8"));
  const named = ["container", "format", "audio_format"];
  const fields = Object.keys(components.schemas.Qlty.properties);
  expect(fields.filter((field) => !named.includes(field)).toSorted()).toEqual(
    Object.keys(ASKED).toSorted(),
  );
  const table = profileTable(ENGINES);
  for (const field of Object.keys(ASKED)) {
    const [, row] = new RegExp(`^\\| \`${field}\` \\|(.*)\\|$`, "m").exec(table) ?? [];
    expect([field, row?.includes(" yes "), row?.includes("undefined")]).toEqual([
      field,
      true,
      false,
    ]);
  }
});
