import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../src/config/config.ts";
import { firstClient } from "../../src/config/credentials.ts";
import { using } from "../../src/config/using.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

describe("firstClient", () => {
  test("makes a client once, for its owner alone, and leaves no other file", () => {
    const folder = tempFolder();
    const first = firstClient(folder);
    expect(first.isNew).toBe(true);
    expect(firstClient(folder)).toEqual({ ...first, isNew: false });
    expect(readdirSync(folder)).toEqual(["credentials.json"]);
    expect(statSync(first.path).mode & 0o777).toBe(0o600);
  });

  test.each(["", "{", "[]", "/etc/hostname"])(
    "tells in a sentence that %j is no client",
    (text) => {
      const folder = tempFolder();
      writeFileSync(join(folder, "credentials.json"), text);
      expect(() => firstClient(folder)).toThrow(ConfigError);
      expect(() => firstClient(folder)).toThrow(/holds no client/);
    },
  );
});

describe("using", () => {
  const missing = () => statSync(join(tempFolder(), "none"));

  test("names the key, its value and what is allowed where the system refuses", async () => {
    const refused = using("dataFolder", "/x", missing);
    await expect(refused).rejects.toThrow(
      /^Cannot use PONTUS_DATA_DIR "\/x": ENOENT.*; allowed is/,
    );
    await expect(refused).rejects.toBeInstanceOf(ConfigError);
  });

  test("passes a bug on as it is", async () => {
    const bug = new TypeError("x");
    await expect(using("host", "a", () => Promise.reject(bug))).rejects.toBe(bug);
  });
});
