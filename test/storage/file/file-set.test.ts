import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileStorage } from "../../../src/storage/file/file.ts";
import { failureOf } from "../../contract/storage.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { aSet, playSet } from "../../fixtures/finished.ts";
import { freely } from "../../fixtures/freely.ts";
import { mountTmpfs } from "../../fixtures/mounts.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

async function aStorage() {
  const [root, scratch] = [tempFolder(), tempFolder()];
  const read = (name: string) => readFile(join(root, name), "utf8").catch(() => undefined);
  return { storage: await FileStorage.open({ roots: [root] }), root, scratch, read };
}

describe("publishSet", () => {
  test("gives the segments of every attempt names of their own", async () => {
    const { storage, root, scratch, read } = await aStorage();
    await storage.deliver(await aSet(scratch, ["1"]), "a.m3u8", freely("t-1"));
    expect(await readdir(join(root, "a"))).toEqual(["pontus.t-1.00000.ts"]);
    await storage.deliver(await aSet(scratch, ["2"]), "a.m3u8", freely("t-2"));
    expect(await readdir(join(root, "a"))).toEqual(["pontus.t-2.00000.ts"]);
    expect(await read("a.m3u8")).toContain("\na/pontus.t-2.00000.ts\n");
  });

  test("can be repeated by the same attempt", async () => {
    const { storage, scratch, read } = await aStorage();
    await storage.deliver(await aSet(scratch, ["1", "2"]), "a.m3u8", freely("t-1"));
    await storage.deliver(await aSet(scratch, ["3", "4"]), "a.m3u8", freely("t-1"));
    expect(await playSet({ read }, "a.m3u8")).toEqual(["3", "4"]);
  });

  test("keeps a stranger's files in the folder of the set", async () => {
    const { storage, root, scratch } = await aStorage();
    await mkdir(join(root, "a"));
    await writeFile(join(root, "a", "holiday.mp4"), "");
    await storage.deliver(await aSet(scratch, ["1"]), "a.m3u8", freely("t-1"));
    await storage.deliver(await aSet(scratch, ["2"]), "a.m3u8", freely("t-2"));
    expect((await readdir(join(root, "a"))).sort()).toEqual(["holiday.mp4", "pontus.t-2.00000.ts"]);
  });

  test("removes what another program's playlist named in the folder, and nothing elsewhere", async () => {
    const { storage, root, scratch, read } = await aStorage();
    await mkdir(join(root, "a b"));
    const files = ["a b/s 0.ts", "a b/not named.ts", "top.ts"];
    for (const name of files) await writeFile(join(root, name), "");
    const uris = [
      "a%20b/s%200.ts",
      "top.ts",
      "other/not%20named.ts",
      "a b/../top.ts",
      "a b/%2e%2e",
      "a b/..%2ftop.ts",
    ];
    const lines = uris.flatMap((uri) => ["#EXTINF:2,", uri]);
    await writeFile(join(root, "a b.m3u8"), ["#EXTM3U", ...lines, ""].join("\n"));
    await storage.deliver(await aSet(scratch, ["new"]), "a b.m3u8", freely("t-1"));
    expect(await playSet({ read }, "a b.m3u8")).toEqual(["new"]);
    expect((await readdir(join(root, "a b"))).sort()).toEqual([
      "not named.ts",
      "pontus.t-1.00000.ts",
    ]);
    expect(await read("top.ts")).toBe("");
  });

  test("keeps a published segment until the new playlist stands, however the old one writes it", async () => {
    const { storage, root, scratch } = await aStorage();
    await storage.deliver(await aSet(scratch, ["1"]), "a.m3u8", freely("t-1"));
    const absolute = "#EXTM3U\n#EXTINF:2,\nhttps://cdn.example/x/a/pontus.t-1.00000.ts\n";
    await writeFile(join(root, "a.m3u8"), absolute);
    const mayPublish = () => Promise.reject(new Error("cancelled"));
    const refused = storage.deliver(
      await aSet(scratch, ["2"]),
      "a.m3u8",
      freely("t-2", { mayPublish }),
    );
    await failureOf(refused);
    expect(await readdir(join(root, "a"))).toEqual(["pontus.t-1.00000.ts"]);
    await storage.deliver(await aSet(scratch, ["3"]), "a.m3u8", freely("t-3"));
    expect(await readdir(join(root, "a"))).toEqual(["pontus.t-3.00000.ts"]);
  });

  test("removes what crashed attempts left, though it was never published", async () => {
    const { storage, root, scratch } = await aStorage();
    await mkdir(join(root, "a"));
    const left = ["pontus.t-0.00000.ts", ".pontus.t-0.00001.ts.t-0.pontus-part"];
    for (const name of left) await writeFile(join(root, "a", name), "");
    let seen: string[] = [];
    const mayPublish = async () => {
      seen = (await readdir(join(root, "a"))).filter((name) => left.includes(name));
    };
    await storage.deliver(await aSet(scratch, ["1"]), "a.m3u8", freely("t-1", { mayPublish }));
    expect(seen).toEqual([]);
  });

  test("removes a former set's track of pictures where the new set has none, and no stranger's", async () => {
    const { storage, root, scratch } = await aStorage();
    await mkdir(join(root, "a"));
    await writeFile(join(root, "a", "thumbnails.vtt"), "pontus.t-0.sprite.jpg#xywh=0,0,1,1\n");
    await writeFile(join(root, "a", "manifest.mpd"), "a stranger's");
    await storage.deliver(await aSet(scratch, ["1"]), "a.m3u8", freely("t-1"));
    expect((await readdir(join(root, "a"))).sort()).toEqual([
      "manifest.mpd",
      "pontus.t-1.00000.ts",
    ]);
  });

  test("writes nothing through a folder that links outside", async () => {
    const { storage, root, scratch } = await aStorage();
    const other = tempFolder();
    await symlink(other, join(root, "a"));
    const delivery = storage.deliver(await aSet(scratch, ["1"]), "a.m3u8", freely("t-1"));
    expect((await failureOf(delivery)).code).toBe("access_denied");
    expect(await readdir(other)).toEqual([]);
  });

  test("names the segments by the folder beside the playlist, also where that is a link", async () => {
    const { storage, root, scratch, read } = await aStorage();
    await mkdir(join(root, "store", "deep"), { recursive: true });
    await symlink(join(root, "store", "deep"), join(root, "a"));
    await storage.deliver(await aSet(scratch, ["1"]), "a.m3u8", freely("t-1"));
    expect(await playSet({ read }, "a.m3u8")).toEqual(["1"]);
    expect(await readdir(join(root, "store", "deep"))).toEqual(["pontus.t-1.00000.ts"]);
  });

  test("publishes nothing through a folder that was swapped for a link before the last step", async () => {
    const { storage, root, scratch } = await aStorage();
    const other = tempFolder();
    const mayPublish = async () => {
      await rename(join(root, "a"), join(root, "moved"));
      await symlink(other, join(root, "a"));
    };
    const finished = await aSet(scratch, ["1"]);
    const delivery = storage.deliver(finished, "a.m3u8", freely("t-1", { mayPublish }));
    expect((await failureOf(delivery)).code).toBe("access_denied");
    expect(await readdir(other)).toEqual([]);
  });

  test("takes the temporaries of a task that has ended, beside the target and in the folder of its set", async () => {
    const { storage, root } = await aStorage();
    await mkdir(join(root, "a"));
    const names = ["pontus.one-1.0.ts", "thumbnails.vtt"].map(
      (name) => `a/.${name}.one-1.pontus-part`,
    );
    const gone = [...names, ".a.m3u8.one-2-abcdef01.pontus-part", ".a.m3u8.one-1.pontus-part"];
    const kept = [
      ".a.m3u8.one-3.pontus-part",
      ".a.m3u8.two-1.pontus-part",
      ".b.m3u8.one-1.pontus-part",
    ];
    for (const name of [...gone, ...kept]) await writeFile(join(root, name), "");
    await storage.sweep("a.m3u8", { stem: "one", attempt: 2 }, freely("t-1"));
    expect(await readdir(join(root, "a"))).toEqual([]);
    expect((await readdir(root)).sort()).toEqual([...kept, "a"]);
  });

  test("says what is wrong with a target that it cannot clear up", async () => {
    const { storage, root } = await aStorage();
    await symlink("circle", join(root, "circle"));
    const sweeping = storage.sweep("circle/a.m3u8", { stem: "one", attempt: 2 }, freely("t-1"));
    expect(await taskErrorOf(sweeping)).toMatchObject({
      code: "target_unwritable",
      message: 'Cannot write the target "circle/a.m3u8": its path runs in a circle of links',
    });
  });

  test.each([
    ["thumbnails.vtt", "WEBVTT\n"],
    ["00001.ts", "more"],
  ])(
    "is fenced by the disk itself: one that is stopped at its last step shows nothing of %s later",
    async (name, text) => {
      const { storage, root, scratch, read } = await aStorage();
      const newer = await aSet(scratch, ["new"]);
      let calls = 0;
      const mayPublish = async () => {
        calls += 1;
        // Its own last step is allowed, then it is stopped, and the newer attempt does all of its work.
        if (calls === 2) await storage.deliver(newer, "a.m3u8", freely("t-2"));
      };
      const old = await aSet(scratch, ["old"]);
      await writeFile(join(old.segments, name), text);
      const delivery = storage.deliver(old, "a.m3u8", freely("t-1", { mayPublish }));
      expect((await failureOf(delivery)).code).toBe("target_unwritable");
      expect(await playSet({ read }, "a.m3u8")).toEqual(["new"]);
      expect(await readdir(join(root, "a"))).toEqual(["pontus.t-2.00000.ts"]);
      expect((await readdir(root)).sort()).toEqual(["a", "a.m3u8"]);
    },
  );

  test("leaves nothing on a disk that is too small for it", async () => {
    const { storage, root, scratch } = await aStorage();
    const unmount = mountTmpfs(root, "size=256k");
    if (!unmount) return;
    try {
      const finished = await aSet(scratch, Array(20).fill("x".repeat(40_000)));
      const delivery = storage.deliver(finished, "a.m3u8", freely("t-1"));
      expect((await failureOf(delivery)).code).toBe("target_full");
      expect(await readdir(join(root, "a"))).toEqual([]);
      expect(await readdir(root)).toEqual(["a"]);
    } finally {
      unmount();
    }
  });
});
