import { describe, expect, test } from "bun:test";
import { ConfigError } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";

const parse = (env: Record<string, string>) => parseConfig(env, { cores: 4 }).config;

describe("parseConfig of what is kept to be used again", () => {
  test("takes a size, and whether clients share it", () => {
    const env = { PONTUS_RESULT_CACHE_BYTES: "1073741824", PONTUS_RESULT_CACHE_SHARED: "yes" };
    expect(parse(env)).toMatchObject({ resultCacheBytes: 1 << 30, resultCacheShared: "yes" });
  });

  test.each([
    ["PONTUS_RESULT_CACHE_BYTES", "1 GiB"],
    ["PONTUS_RESULT_CACHE_BYTES", "-1"],
    ["PONTUS_RESULT_CACHE_SHARED", "true"],
  ])("refuses %s=%s", (name, value) => {
    expect(() => parse({ [name]: value })).toThrow(ConfigError);
  });
});
