import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { failureOf } from "../../contract/storage.ts";
import { aStorage, filesOf } from "../../fixtures/file-storage.ts";
import { aFile } from "../../fixtures/finished.ts";
import { freely } from "../../fixtures/freely.ts";
import { mountTmpfs } from "../../fixtures/mounts.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

describe("FileStorage.prototype.deliver", () => {
  test("takes names up to the system's limit, and keeps long ones that begin alike apart", async () => {
    const { storage, root, scratch } = await aStorage();
    const names = ["a", "b"].map((end) => `${"ä".repeat(125)}${end}.mp4`);
    const finished = await aFile(scratch, "new");
    const unpublished = freely("t-1", {
      // Both are under way at once: neither may meet the other's temporary.
      mayPublish: () =>
        storage.deliver(finished, names[1] ?? "", freely("t-2")).then(() => undefined),
    });
    await storage.deliver(finished, names[0] ?? "", unpublished);
    expect(await filesOf(root)).toEqual(names);
  });

  test("gives files the mode of the process, not that of scratch", async () => {
    const { storage, root, scratch } = await aStorage();
    const finished = await aFile(scratch, "new");
    execFileSync("chmod", ["600", finished.entry]);
    await storage.deliver(finished, "a.mp4", freely("t-1"));
    expect((await stat(join(root, "a.mp4"))).mode & 0o777).toBe(0o644 & ~process.umask());
  });

  test("copies every byte of a file of many chunks", async () => {
    const { storage, root, scratch } = await aStorage();
    const bytes = crypto.getRandomValues(new Uint8Array(65_536));
    const large = Buffer.concat(Array.from({ length: 600 }, (_, i) => bytes.subarray(i % 7)));
    const entry = join(scratch, "large.mp4");
    await writeFile(entry, large);
    await storage.deliver({ entry }, "a.mp4", freely("t-1"));
    expect(large.equals(await readFile(join(root, "a.mp4")))).toBe(true);
  });

  test("stops in the middle of a large copy and leaves nothing", async () => {
    const { storage, root, scratch } = await aStorage();
    const entry = join(scratch, "large.mp4");
    await writeFile(entry, "");
    // A hole: as long to copy as real bytes. Were the copy not stopped, it would take 64 GiB and minutes.
    await truncate(entry, 64 * 2 ** 30);
    const abort = new AbortController();
    const reason = new Error("cancelled");
    const delivery = storage.deliver({ entry }, "a.mp4", freely("t-1", { signal: abort.signal }));
    const part = join(root, ".a.mp4.t-1.pontus-part");
    const sizeOf = () =>
      stat(part)
        .then(({ size }) => size)
        .catch(() => 0);
    while ((await sizeOf()) < 2 ** 20) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(reason);
    expect(await failureOf(delivery)).toBe(reason as never);
    expect(await filesOf(root)).toEqual([]);
  });

  test.each(["mkdir", "mkfifo"])("refuses what %s made in the target's place", async (program) => {
    const { storage, root, scratch } = await aStorage();
    execFileSync(program, [join(root, "a.mp4")]);
    const delivery = storage.deliver(await aFile(scratch, "new"), "a.mp4", freely("t-1"));
    expect((await failureOf(delivery)).code).toBe("target_unwritable");
    expect(await readdir(root)).toEqual(["a.mp4"]);
    expect((await stat(join(root, "a.mp4"))).isFile()).toBe(false);
  });

  test("removes what a crashed attempt left of this target", async () => {
    const { storage, root, scratch } = await aStorage();
    await writeFile(join(root, ".a.mp4.t-0.pontus-part"), "");
    await storage.deliver(await aFile(scratch, "new"), "a.mp4", freely("t-1"));
    expect(await filesOf(root)).toEqual(["a.mp4"]);
  });

  test("refuses a tag that could make two names meet", async () => {
    const { storage, scratch } = await aStorage();
    const delivery = storage.deliver(await aFile(scratch, "new"), "a.mp4", freely("t.1/../x"));
    expect((await failureOf(delivery)).code).toBe("internal");
  });
});

describe("FileStorage on a small disk", () => {
  test("says that a full one is full, and leaves nothing on it", async () => {
    const { storage, root, scratch } = await aStorage();
    const unmount = mountTmpfs(root, "size=256k");
    if (!unmount) return;
    try {
      const finished = await aFile(scratch, "x".repeat(400_000));
      await storage.prepare("a.mp4", freely("t-1"));
      const error = await failureOf(storage.deliver(finished, "a.mp4", freely("t-1")));
      expect(error.code).toBe("target_full");
      expect(error.message).toContain("no space is left");
      expect(await filesOf(root)).toEqual([]);

      await writeFile(join(root, "filler"), "x".repeat(400_000)).catch(() => {});
      expect((await failureOf(storage.prepare("a.mp4", freely("t-1")))).code).toBe("target_full");
      expect(await filesOf(root)).toEqual(["filler"]);
      await rm(join(root, "filler"));
    } finally {
      unmount();
    }
  });

  test("says that a read-only one cannot be written", async () => {
    const { storage, root, scratch } = await aStorage();
    const unmount = mountTmpfs(root, "ro");
    if (!unmount) return;
    try {
      const finished = await aFile(scratch, "new");
      for (const use of [
        () => storage.prepare("a.mp4", freely("t-1")),
        () => storage.prepare("sub/a.mp4", freely("t-1")),
        () => storage.deliver(finished, "a.mp4", freely("t-1")),
      ]) {
        const { code, message } = await failureOf(use());
        expect([code, message]).toEqual([
          "target_unwritable",
          expect.stringContaining("read-only"),
        ]);
      }
    } finally {
      unmount();
    }
  });
});
