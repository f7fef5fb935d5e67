import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import packageJson from "../../package.json" with { type: "json" };
import { openApiYaml } from "../../src/http/openapi.ts";

describe("openapi.yaml", () => {
  test("is what the schemas say (if not: bun run openapi)", () => {
    const committed = readFileSync(new URL("../../openapi.yaml", import.meta.url), "utf8");
    expect(committed === openApiYaml(packageJson.version)).toBeTrue();
  });
});
