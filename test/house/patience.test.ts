import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LONG_TESTS } from "../../scripts/long-tests.ts";

/** What starts real programs. Plain `bun test` gives a test five seconds, and no file of settings can say otherwise. */
const SLOW =
  /fixtures\/(clips|service|native-engine|bad-sources|mounts|file-storage|worker-bench|live-bench)\.ts"/;

test("every test of real programs says how long it may take", () => {
  const hasty = readdirSync("test", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .filter((file) => {
      const text = readFileSync(join("test", file), "utf8");
      return SLOW.test(text) && !text.includes("setDefaultTimeout(");
    });
  expect(hasty).toEqual([]);
});

test("every test that is said to take long is there", () => {
  expect(Object.keys(LONG_TESTS).filter((file) => !existsSync(file))).toEqual([]);
});
