import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { FileStorage } from "../../../src/storage/file/file.ts";
import { failureOf } from "../../contract/storage.ts";
import { ffmpeg } from "../../fixtures/clips.ts";
import { aStorage, filesOf } from "../../fixtures/file-storage.ts";
import { aFile } from "../../fixtures/finished.ts";
import { freely } from "../../fixtures/freely.ts";
import { openBelow } from "../../fixtures/process-facts.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { signal } = new AbortController();

/** A storage in which something happens between judging a path and opening it. */
async function aTrap(happens: (bench: Awaited<ReturnType<typeof aStorage>>) => Promise<void>) {
  const bench = await aStorage();
  await mkdir(join(bench.root, "a"));
  await writeFile(join(bench.root, "a", "in.txt"), "inside");
  await writeFile(join(bench.other, "in.txt"), "outside");
  let isLeft = true;
  const onJudged = async () => {
    if (isLeft) await happens(bench);
    isLeft = false;
  };
  return { ...bench, storage: await FileStorage.open({ roots: [bench.root], onJudged }) };
}

/** Puts a link in the place of a folder. */
async function swap(folder: string, to: string): Promise<void> {
  await rename(folder, `${folder}-moved`);
  await symlink(to, folder);
}

describe("FileStorage.prototype.open", () => {
  test("opens nothing through a folder that was swapped for a link since it was judged", async () => {
    const { storage, base, scratch } = await aTrap(({ root, other }) =>
      swap(join(root, "a"), other),
    );
    const opening = storage.open("a/in.txt", { folder: scratch, signal });
    expect((await failureOf(opening)).code).toBe("access_denied");
    expect(openBelow(base)).toEqual([]);
  });

  test("opens the file that has replaced another since it was judged", async () => {
    const { storage, scratch } = await aTrap(async ({ root }) => {
      await writeFile(join(root, "new"), "newer");
      await rename(join(root, "new"), join(root, "a", "in.txt"));
    });
    const { path, sizeBytes, close } = await storage.open("a/in.txt", { folder: scratch, signal });
    expect([await readFile(path, "utf8"), sizeBytes]).toEqual(["newer", 5]);
    await close?.();
  });

  test("gives programs what was judged, whatever takes its place afterwards", async () => {
    const { storage, root, other, scratch } = await aStorage();
    await mkdir(join(root, "a"));
    await ffmpeg(["-f", "lavfi", "-i", "sine=d=2", join(root, "a", "in.wav")]);
    await ffmpeg(["-f", "lavfi", "-i", "sine=d=7", join(other, "in.wav")]);
    const { path, close } = await storage.open("a/in.wav", { folder: scratch, signal });
    await swap(join(root, "a"), other);
    await rm(join(root, "a-moved", "in.wav"));
    expect(path).toBe(join(scratch, "source.wav"));
    await ffmpeg(["-i", path, "-c", "copy", join(scratch, "out.wav")]);
    const { size } = await stat(join(scratch, "out.wav"));
    expect(size).toBeLessThan((await stat(join(other, "in.wav"))).size / 2);
    await close?.();
    expect(openBelow(root)).toEqual([]);
    await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("FileStorage.prototype.deliver", () => {
  test.each(["a/x.mp4", "a/new/x.mp4", "a/x.m3u8"])(
    "writes and makes nothing through a folder that was swapped for a link since it was judged: %s",
    async (url) => {
      const bench = await aTrap(({ root, other }) => swap(join(root, "a"), other));
      const { storage, other, scratch } = bench;
      const delivery = storage.deliver(await aFile(scratch, "new"), url, freely("t-1"));
      expect((await failureOf(delivery)).code).toBe("access_denied");
      expect(await filesOf(other)).toEqual(["in.txt"]);
      expect(await readdir(other)).toEqual(["in.txt"]);
    },
  );

  test("prepares nothing through such a folder", async () => {
    const { storage, other } = await aTrap(({ root, other: to }) => swap(join(root, "a"), to));
    await chmod(other, 0o777);
    const before = (await stat(other)).mtimeMs;
    const preparing = storage.prepare("a/x.mp4", freely("t-1"));
    expect((await failureOf(preparing)).code).toBe("access_denied");
    expect((await stat(other)).mtimeMs).toBe(before);
  });

  test("takes its temporary away where it was made, also when a link is in the folder's place", async () => {
    const { storage, root, other, scratch } = await aStorage();
    await mkdir(join(root, "a"));
    const mayPublish = () => swap(join(root, "a"), other);
    const finished = await aFile(scratch, "new");
    const delivery = storage.deliver(finished, "a/x.mp4", freely("t-1", { mayPublish }));
    expect((await failureOf(delivery)).code).toBe("access_denied");
    expect(await readdir(other)).toEqual([]);
    expect(await readdir(join(root, "a-moved"))).toEqual([]);
  });

  test("gives files and folders the mode that the operator's umask leaves, whatever the process's own is", async () => {
    const { root, scratch } = await aStorage();
    const own = process.umask(0o077);
    try {
      const storage = await FileStorage.open({ roots: [root], umask: 0o027 });
      await storage.deliver(await aFile(scratch, "new"), "b/c/x.mp4", freely("t-1"));
    } finally {
      process.umask(own);
    }
    const modeOf = async (name: string) =>
      ((await stat(join(root, name))).mode & 0o777).toString(8);
    expect(await Promise.all(["b", "b/c", "b/c/x.mp4"].map(modeOf))).toEqual(["750", "750", "640"]);
  });
});
