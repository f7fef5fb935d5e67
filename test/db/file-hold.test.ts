import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { holdFile } from "../../src/db/file-hold.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

describe("holdFile", () => {
  test("gives a file to one at a time", () => {
    const path = join(tempFolder(), "held");
    const letGo = holdFile(path);
    expect(letGo).toBeFunction();
    expect(holdFile(path)).toBeUndefined();
    letGo?.();
    holdFile(path)?.();
  });

  test("holds against another process until that one is killed", async () => {
    const path = join(tempFolder(), "held");
    const script = fileURLToPath(import.meta.resolve("../fixtures/holding-process.ts"));
    const holder = spawn(process.execPath, [script, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(holder.stdout, "data");
      expect(holdFile(path)).toBeUndefined();
    } finally {
      holder.kill("SIGKILL");
    }
    await once(holder, "exit");
    const letGo = holdFile(path);
    expect(letGo).toBeFunction();
    letGo?.();
  });

  test("refuses a folder that is not there", () => {
    expect(() => holdFile(join(tempFolder(), "missing", "held"))).toThrow();
  });
});
