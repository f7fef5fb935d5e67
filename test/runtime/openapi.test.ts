import { expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import packageJson from "../../package.json" with { type: "json" };
import { openApiYaml } from "../../src/http/openapi.ts";
import { DENO_PROGRAM } from "../fixtures/runtimes.ts";

// Deno reads all modules first, which takes its time on a busy machine.
setDefaultTimeout(60_000);

test("openapi.yaml comes out the same on Deno, byte for byte", async () => {
  const script = fileURLToPath(import.meta.resolve("../fixtures/print-openapi.ts"));
  const args = ["run", "--no-prompt", "--allow-env", script];
  const { stdout } = await promisify(execFile)(DENO_PROGRAM, args);
  expect(stdout === openApiYaml(packageJson.version)).toBe(true);
});
