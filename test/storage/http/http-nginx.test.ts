import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failureOf, storageContract } from "../../contract/storage.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { filesOf } from "../../fixtures/file-storage.ts";
import { aFile } from "../../fixtures/finished.ts";
import { freely } from "../../fixtures/freely.ts";
import { hastyHttpStorage } from "../../fixtures/http-storage.ts";
import { type Nginx, startNginx } from "../../fixtures/nginx.ts";
import type { StorageBench } from "../../fixtures/storage-bench.ts";

// Real connections on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let nginx: Nginx;

beforeAll(async () => {
  nginx = await startNginx(tempFolder());
});

afterAll(() => nginx.stop());

let benches = 0;

async function aBench(): Promise<StorageBench> {
  benches += 1;
  const base = `bench-${benches}`;
  const folder = join(nginx.files, base);
  mkdirSync(folder);
  const at = (name: string) => join(folder, name);
  return {
    storage: hastyHttpStorage(10_000),
    scratch: tempFolder(),
    address: (name) => `${nginx.url}/${base}/${name.split("/").map(encodeURIComponent).join("/")}`,
    outside: "http://",
    refusal: "invalid_parameter",
    canRemove: false,
    put: async (name, text) => {
      await mkdir(dirname(at(name)), { recursive: true });
      await writeFile(at(name), text);
    },
    read: (name) => readFile(at(name), "utf8").catch(() => undefined),
    list: async () => [...(await filesOf(folder))].sort(),
  };
}

storageContract("HttpStorage with nginx", aBench, { describe, test, expect });

describe("HttpStorage with nginx", () => {
  test("says what it answers where a folder is in the target's place", async () => {
    mkdirSync(join(nginx.files, "folder.mp4"));
    const finished = await aFile(tempFolder(), "film");
    const storage = hastyHttpStorage(10_000);
    const delivery = storage.deliver(finished, `${nginx.url}/folder.mp4`, freely("t-1"));
    const error = await failureOf(delivery);
    expect(error.code).toBe("target_unwritable");
    expect(error.message).toContain("the server answered 409");
  });
});
