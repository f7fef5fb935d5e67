import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sliceStoreFindings } from "../../src/cli/doctor/slice-store.ts";
import { parseConfig } from "../../src/config/parse-config.ts";

const findingsOf = (store: string) => {
  const env = { PONTUS_DATABASE_URL: "postgres://db.example/pontus", PONTUS_SLICE_STORE: store };
  return sliceStoreFindings(parseConfig(env, { cores: 1 }).config);
};

test("doctor tries the slice store out and leaves nothing there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "slices-"));
  expect(await findingsOf(folder)).toMatchObject([{ check: "slice store", state: "ok" }]);
  expect(readdirSync(folder)).toEqual([]);
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(await findingsOf(join(file, "below"))).toMatchObject([
    {
      check: "slice store",
      state: "problem",
      advice: expect.stringContaining("PONTUS_SLICE_STORE"),
    },
  ]);
  rmSync(folder, { recursive: true });
  expect(await findingsOf("")).toEqual([]);
});

test("doctor says of a slice store that is away that it is, and not its password", async () => {
  const [finding] = await findingsOf("http://ada:hunter2@127.0.0.1:1/slices");
  expect(finding).toMatchObject({ check: "slice store", state: "problem" });
  expect(JSON.stringify(finding)).not.toContain("hunter2");
}, 30_000);
