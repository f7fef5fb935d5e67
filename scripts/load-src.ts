import { test } from "bun:test";
import { join } from "node:path";
import { srcFiles } from "./coverage.ts";
import { ROOT } from "./run-program.ts";

// Run by `coverage.ts` with `bun test --coverage`: Bun then says how many lines each file of src has.

test("every file of src is loaded", async () => {
  // The entries print the version and end instead of starting a service.
  process.argv.splice(2, Number.POSITIVE_INFINITY, "--version");
  for (const file of srcFiles()) await import(join(ROOT, file));
});
