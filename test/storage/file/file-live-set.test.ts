import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import type { DeliveryOptions } from "../../../src/storage/storage.ts";
import { aSegment, playlistOf } from "../../contract/live-sets.ts";
import { failureOf } from "../../contract/storage.ts";
import { aStorage, filesOf } from "../../fixtures/file-storage.ts";
import { aSet, playSet } from "../../fixtures/finished.ts";
import { freely } from "../../fixtures/freely.ts";
import { mountTmpfs } from "../../fixtures/mounts.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const NAME = "pontus.t-1.00000-00001.ts";

/** A set that grows at an address, with all that is needed to look at it. */
async function aGrowing(url: string, options: Partial<DeliveryOptions> = {}) {
  const bench = await aStorage();
  const set = await bench.storage.openLiveSet(url, freely("t-1", options));
  const read = (name: string) => readFile(join(bench.root, name), "utf8").catch(() => undefined);
  return { ...bench, set, read, segment: await aSegment(bench.scratch, "new") };
}

/** Puts a link to another folder in a folder's place; gives how to put things right again. */
async function swap(folder: string, other: string): Promise<() => Promise<void>> {
  await rename(folder, `${folder}.moved`);
  await symlink(other, folder);
  return async () => {
    await rm(folder);
    await rename(`${folder}.moved`, folder);
  };
}

describe("FileStorage.prototype.openLiveSet", () => {
  test("refuses what stands in the way of the set, and a folder that leads outside", async () => {
    const { storage, root, other } = await aStorage();
    await mkdir(join(root, "folder.m3u8"));
    await writeFile(join(root, "file"), "");
    await symlink(other, join(root, "out"));
    const states = await Promise.all(
      ["folder.m3u8", "file/a.m3u8", "file.m3u8", "out.m3u8", "out/a.m3u8"].map(async (url) => {
        const { code, message } = await failureOf(storage.openLiveSet(url, freely("t-1")));
        return `${code}: ${message.split(": ")[1]}`;
      }),
    );
    expect(states).toEqual([
      "target_unwritable: a folder is in its place",
      "target_unwritable: a part of its path is a file, not a folder",
      "target_unwritable: a part of its path is a file, not a folder",
      "access_denied: it lies outside the media roots",
      "access_denied: it lies outside the media roots",
    ]);
    expect(await filesOf(other)).toEqual([]);
  });

  test("takes away what crashed attempts left half written, and no segment", async () => {
    const { storage, root } = await aStorage();
    await mkdir(join(root, "a"));
    const parts = [".a.m3u8.x.pontus-part", "a/.pontus.t-0.00001.ts.x.pontus-part"];
    for (const name of [...parts, "a/pontus.t-0.00000.ts"]) await writeFile(join(root, name), "");
    await storage.openLiveSet("a.m3u8", freely("t-1"));
    expect(await filesOf(root)).toEqual(["a/pontus.t-0.00000.ts"]);
  });

  test("plays through links, to the playlist and to the folder", async () => {
    const { storage, root, scratch } = await aStorage();
    await mkdir(join(root, "store", "deep"), { recursive: true });
    await writeFile(join(root, "b.m3u8"), "");
    await symlink("b.m3u8", join(root, "a.m3u8"));
    await symlink(join(root, "store", "deep"), join(root, "b"));
    expect(storage.folderOf("a.m3u8")).toBe("b");
    const set = await storage.openLiveSet("a.m3u8", freely("t-1"));
    await set.add(await aSegment(scratch, "new"), NAME);
    await set.list(playlistOf(storage.folderOf("a.m3u8"), [NAME]), true);
    const read = (name: string) => readFile(join(root, name), "utf8");
    expect(await playSet({ read }, "a.m3u8")).toEqual(["new"]);
    expect(await readdir(join(root, "store", "deep"))).toEqual([NAME]);
  });
});

describe("FileLiveSet links", () => {
  test.each([
    ["set", "live/a"],
    ["playlist", "live"],
  ])("put in the place of the folder of its %s lead to no write outside", async (_, folder) => {
    const { set, root, other, read, segment } = await aGrowing("live/a.m3u8");
    await mkdir(join(other, "a"));
    const putRight = await swap(join(root, folder), other);
    const text = playlistOf("a", [NAME]);
    for (const use of [() => set.add(segment, NAME), () => set.list(text, false)])
      expect((await failureOf(use())).code).toBe("access_denied");
    expect(await filesOf(other)).toEqual([]);
    await putRight();
    await set.add(segment, NAME);
    await set.list(text, false);
    expect(await playSet({ read }, "live/a.m3u8")).toEqual(["new"]);
  });

  test("put there while it asks for leave lead to no playlist", async () => {
    let putRight = async () => {};
    const mayPublish = async () => {
      putRight = await swap(join(bench.root, "live"), bench.other);
    };
    const bench = await aGrowing("live/a.m3u8", { mayPublish });
    await bench.set.add(bench.segment, NAME);
    const listing = bench.set.list(playlistOf("a", [NAME]), true);
    expect((await failureOf(listing)).code).toBe("access_denied");
    expect(await filesOf(bench.other)).toEqual([]);
    await putRight();
    expect(await bench.read("live/a.m3u8")).toBe(undefined);
  });
});

describe("FileLiveSet.prototype.add", () => {
  test("stops in the middle of a large copy and leaves nothing", async () => {
    const abort = new AbortController();
    const { set, root, segment } = await aGrowing("a.m3u8", { signal: abort.signal });
    // A hole: as long to copy as real bytes. Were the copy not stopped, it would take 64 GiB and minutes.
    await truncate(segment, 64 * 2 ** 30);
    const reason = new Error("cancelled");
    const adding = set.add(segment, NAME);
    const folder = join(root, "a");
    const begun = async () => {
      const [name] = await readdir(folder);
      const size = name === undefined ? 0 : (await stat(join(folder, name))).size;
      return size >= 2 ** 20;
    };
    while (!(await begun())) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(reason);
    expect(await failureOf(adding)).toBe(reason as never);
    expect(await filesOf(root)).toEqual([]);
  });

  test("says that a disk is full, leaves nothing on it, and takes the segment later", async () => {
    const { storage, root, scratch } = await aStorage();
    const unmount = mountTmpfs(root, "size=256k");
    if (!unmount) return;
    try {
      const set = await storage.openLiveSet("a.m3u8", freely("t-1"));
      await writeFile(join(root, "filler"), "x".repeat(200_000));
      const segment = await aSegment(scratch, "x".repeat(100_000));
      expect((await failureOf(set.add(segment, NAME))).code).toBe("target_full");
      expect(await filesOf(root)).toEqual(["filler"]);
      await rm(join(root, "filler"));
      await set.add(segment, NAME);
      expect(await filesOf(root)).toEqual([`a/${NAME}`]);
    } finally {
      unmount();
    }
  });

  test("says that a folder that is gone cannot be written", async () => {
    const { set, root, segment } = await aGrowing("a.m3u8");
    await rm(join(root, "a"), { recursive: true });
    for (const use of [() => set.add(segment, NAME), () => set.list("#EXTM3U\n", false)])
      expect((await failureOf(use())).code).toBe("target_unwritable");
    expect(await readdir(root)).toEqual([]);
  });
});

describe("FileLiveSet.prototype.list", () => {
  test("says that a folder is in the playlist's place, leaves nothing, and writes it later", async () => {
    const { set, root, read } = await aGrowing("a.m3u8");
    await mkdir(join(root, "a.m3u8"));
    const text = playlistOf("a", []);
    expect((await failureOf(set.list(text, false))).code).toBe("target_unwritable");
    expect((await readdir(root)).sort()).toEqual(["a", "a.m3u8"]);
    await rm(join(root, "a.m3u8"), { recursive: true });
    await set.list(text, false);
    expect(await read("a.m3u8")).toBe(text);
  });

  test("removes with the last playlist what another program's named in the folder", async () => {
    const { set, root, segment } = await aGrowing("a.m3u8");
    const strangers = ["a/kept.ts", "a/named.ts", "a/still named.ts", "top.ts"];
    for (const name of strangers) await writeFile(join(root, name), "");
    const uris = ["a/named.ts", "a/still%20named.ts", "top.ts", "b/kept.ts"];
    const lines = uris.flatMap((uri) => ["#EXTINF:2,", uri]);
    await writeFile(join(root, "a.m3u8"), ["#EXTM3U", ...lines, ""].join("\n"));
    await set.add(segment, NAME);
    const text = playlistOf("a", [NAME, "still%20named.ts"]).replace("%2520", "%20");
    const all = [...strangers, "a.m3u8", `a/${NAME}`].sort();
    for (let times = 0; times < 2; times++) {
      await set.list(text, false);
      expect(await filesOf(root)).toEqual(all);
    }
    await set.list(text, true);
    expect(await filesOf(root)).toEqual(all.filter((name) => name !== "a/named.ts"));
  });

  test("removes with the last playlist what our sets and crashes left, and no stranger's file", async () => {
    const { storage, root, scratch } = await aStorage();
    await storage.deliver(await aSet(scratch, ["1", "2"]), "a.m3u8", freely("t-0"));
    await writeFile(join(root, "a", "thumbnails.vtt"), "pontus.t-0.sprite.jpg#xywh=0,0,1,1\n");
    await writeFile(join(root, "a", "manifest.mpd"), "a stranger's");
    const set = await storage.openLiveSet("a.m3u8", freely("t-1"));
    await set.add(await aSegment(scratch, "new"), NAME);
    await set.add(await aSegment(scratch, "never named"), "pontus.t-2.00000-00001.ts");
    await writeFile(join(root, "a", ".pontus.t-0.00001.ts.t-0.pontus-part"), "");
    await set.list(playlistOf("a", [NAME]), false);
    expect(await readdir(join(root, "a"))).toHaveLength(7);
    await set.list(playlistOf("a", [NAME], true), true);
    expect(await filesOf(root)).toEqual(["a.m3u8", "a/manifest.mpd", `a/${NAME}`]);
  });
});
