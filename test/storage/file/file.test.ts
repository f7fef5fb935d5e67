import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readlink, rename, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { FileStorage } from "../../../src/storage/file/file.ts";
import { failureOf, storageContract } from "../../contract/storage.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { aStorage, aStorageBench, filesOf } from "../../fixtures/file-storage.ts";
import { aFile } from "../../fixtures/finished.ts";
import { freely } from "../../fixtures/freely.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { signal } = new AbortController();
const opening = { folder: tempFolder(), signal };

const harness = { describe, test, expect };
const byUrl = (root: string, name: string) => pathToFileURL(join(root, name)).href;
storageContract("FileStorage by file URL", () => aStorageBench(byUrl), harness);
storageContract("FileStorage by plain path", () => aStorageBench((_, name) => name), harness);

describe("FileStorage.open", () => {
  test("makes a missing root", async () => {
    const root = join(tempFolder(), "a", "b");
    await FileStorage.open({ roots: [root] });
    expect((await stat(root)).isDirectory()).toBe(true);
  });

  test("refuses a root that is a file, and no root at all", async () => {
    const root = join(tempFolder(), "file");
    await writeFile(root, "");
    expect((await failureOf(FileStorage.open({ roots: [root] }))).message).toContain(root);
    expect((await failureOf(FileStorage.open({ roots: [] }))).message).toContain("there is none");
  });

  test("takes addresses by a root's own name and by what it links to", async () => {
    const { base, root } = await aStorage();
    await symlink(root, join(base, "link"));
    const storage = await FileStorage.open({ roots: [join(base, "link")] });
    const key = `file:${join(root, "a.mp4")}`;
    for (const url of ["a.mp4", join(root, "a.mp4"), join(base, "link", "a.mp4")])
      expect((await storage.source(url)).key).toBe(key);
  });

  test("keeps closed folders closed, and roots inside them open", async () => {
    const { base, root } = await aStorage();
    const closed = [join(root, "data")];
    const storage = await FileStorage.open({ roots: [root, join(root, "data", "media")], closed });
    await symlink(join(root, "data"), join(root, "link"));
    for (const url of ["data/credentials.json", "link/pontus.db"])
      expect((await failureOf(storage.source(url))).code).toBe("access_denied");
    expect((await storage.source("data/media/a.mp4")).key).toBe(
      `file:${join(base, "media/data/media/a.mp4")}`,
    );
  });
});

describe("FileStorage links", () => {
  test("give the file they lead to as the key", async () => {
    const { storage, root } = await aStorage();
    await writeFile(join(root, "real.mp4"), "");
    await symlink("real.mp4", join(root, "link.mp4"));
    expect((await storage.target("link.mp4")).key).toBe(`file:${join(root, "real.mp4")}`);
  });

  test.each(["link.mp4", "folder/secret.mp4", "folder/none.mp4", "folder/x/none.mp4"])(
    "that lead outside are denied at once: %s",
    async (url) => {
      const { storage, root, other } = await aStorage();
      await writeFile(join(other, "secret.mp4"), "secret");
      await symlink(join(other, "secret.mp4"), join(root, "link.mp4"));
      await symlink(other, join(root, "folder"));
      for (const use of [
        () => storage.source(url),
        () => storage.target(url),
        () => storage.open(url, opening),
        () => storage.prepare(url, freely("t-1")),
      ])
        expect((await failureOf(use())).code).toBe("access_denied");
      expect(await filesOf(other)).toEqual(["secret.mp4"]);
    },
  );

  test("that lead nowhere are missing as a source, and replaced as a target", async () => {
    const { storage, root, other, scratch } = await aStorage();
    await symlink(join(other, "none.mp4"), join(root, "link.mp4"));
    expect((await failureOf(storage.open("link.mp4", opening))).code).toBe("source_missing");
    await storage.prepare("link.mp4", freely("t-1"));
    await storage.deliver(await aFile(scratch, "new"), "link.mp4", freely("t-1"));
    expect(await filesOf(other)).toEqual([]);
    expect((await stat(join(root, "link.mp4"))).isFile()).toBe(true);
  });

  test("that lead nowhere are no folder to write in", async () => {
    const { storage, root, other } = await aStorage();
    await symlink(join(other, "none"), join(root, "link"));
    expect((await failureOf(storage.prepare("link/a.mp4", freely("t-1")))).code).toBe(
      "target_unwritable",
    );
    expect(await readdir(other)).toEqual([]);
  });

  test("put in a folder's place before the last step lead to no write outside", async () => {
    const { storage, root, other, scratch } = await aStorage();
    const mayPublish = async () => {
      await rename(join(root, "sub"), join(root, "moved"));
      await symlink(other, join(root, "sub"));
    };
    const finished = await aFile(scratch, "new");
    const delivery = storage.deliver(finished, "sub/a.mp4", freely("t-1", { mayPublish }));
    expect((await failureOf(delivery)).code).toBe("access_denied");
    expect(await readdir(other)).toEqual([]);
    expect(await readlink(join(root, "sub"))).toBe(other);
  });
});

describe("FileStorage.prototype.open", () => {
  test("refuses what is no regular file, without waiting", async () => {
    const { storage, root } = await aStorage();
    await mkdir(join(root, "folder.mp4"));
    execFileSync("mkfifo", [join(root, "fifo.mp4")]);
    const server = createServer().listen(join(root, "socket.mp4"));
    await once(server, "listening");
    await writeFile(join(root, "file.mp4"), "");
    await symlink("circle.mp4", join(root, "circle.mp4"));
    const states = await Promise.all(
      ["folder.mp4", "fifo.mp4", "socket.mp4", "file.mp4/below.mp4", "circle.mp4"].map(
        async (url) => {
          const { code, message } = await failureOf(storage.open(url, opening));
          return `${code}: ${message.split(": ")[1]}`;
        },
      ),
    );
    server.close();
    expect(states).toEqual([
      "source_missing: it is a folder",
      "source_missing: it is not a regular file",
      "source_missing: it is not a regular file",
      'source_missing: a part of its path is a file, not a folder; it was looked for at "file.mp4/below.mp4" below the root "media"',
      "source_missing: it is a link that leads nowhere",
    ]);
  });

  test("says where it looked for a file that is not there, and nothing of the folders above the root", async () => {
    const { storage, root } = await aStorage();
    const [name, above] = [basename(root), dirname(root)];
    for (const url of [
      `${name}/x.mov`,
      join(root, name, "x.mov"),
      `file://${root}/${name}/x.mov`,
    ]) {
      const { code, message } = await failureOf(storage.open(url, opening));
      expect([code, message]).toEqual([
        "source_missing",
        `Cannot read the source "${url}": there is no such file; it was looked for at "${name}/x.mov" below the root "${name}"`,
      ]);
      expect(message.replace(url, "")).not.toContain(above);
    }
  });

  test("opens an empty file: what is in it is not its question", async () => {
    const { storage, root } = await aStorage();
    await writeFile(join(root, "-i"), "");
    const folder = tempFolder();
    const { close, ...opened } = await storage.open("-i", { folder, signal });
    const foundAt = pathToFileURL(join(root, "-i")).href;
    const version = expect.stringMatching(/^[\d.]+ \d+$/);
    expect(opened).toEqual({ path: join(folder, "source"), sizeBytes: 0, foundAt, version });
    await close?.();
  });
});

describe("FileStorage.prototype.prepare", () => {
  test("finds what stands in the target's way", async () => {
    const { storage, root } = await aStorage();
    await writeFile(join(root, "file"), "");
    await mkdir(join(root, "folder.mp4"));
    execFileSync("mkfifo", [join(root, "fifo.mp4")]);
    const states = await Promise.all(
      ["file/a.mp4", "folder.mp4", "fifo.mp4", "file.m3u8"].map(async (url) => {
        const { code, message } = await failureOf(storage.prepare(url, freely("t-1")));
        return `${code}: ${message.split(": ")[1]}`;
      }),
    );
    expect(states).toEqual([
      "target_unwritable: a part of its path is a file, not a folder",
      "target_unwritable: a folder is in its place",
      "target_unwritable: it is not a regular file",
      "target_unwritable: a file is in the place of its segments' folder",
    ]);
  });

  test("removes what a crash left of this target, and nothing else", async () => {
    const { storage, root } = await aStorage();
    const others = [".a.mp4.pontus-part", ".a.mp4.x.mp4.t-1.pontus-part", ".b.mp4.t-1.pontus-part"];
    for (const name of [...others, ".a.mp4.t-1.pontus-part"]) await writeFile(join(root, name), "");
    await storage.prepare("a.mp4", freely("t-2"));
    expect(await filesOf(root)).toEqual(others.sort());
  });
});
