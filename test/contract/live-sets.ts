import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LiveSetWriter } from "../../src/storage/storage.ts";
import { playSet } from "../fixtures/finished.ts";
import { freely } from "../fixtures/freely.ts";
import type { StorageBench } from "../fixtures/storage-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

type Make = () => Promise<StorageBench>;

/** What a segment of an attempt is called. */
const nameOf = (tag: string, number: number): string => `pontus.${tag}.0000${number}-00001.ts`;

/** Writes a finished segment into scratch. */
export async function aSegment(scratch: string, text: string | Uint8Array): Promise<string> {
  const path = join(scratch, `segment-${crypto.randomUUID()}.ts`);
  await writeFile(path, text);
  return path;
}

/** A playlist of segments in a folder. */
export function playlistOf(folder: string, names: readonly string[], isLast = false): string {
  const lines = names.flatMap((name) => ["#EXTINF:2.0,", `${encodeURIComponent(folder)}/${name}`]);
  const end = isLast ? ["#EXT-X-ENDLIST"] : [];
  return ["#EXTM3U", "#EXT-X-TARGETDURATION:2", ...lines, ...end, ""].join("\n");
}

/** Adds segments of an attempt, the first numbered 0; what they hold is given. Gives their names. */
async function addAll(
  { scratch }: StorageBench,
  set: LiveSetWriter,
  tag: string,
  texts: readonly string[],
): Promise<readonly string[]> {
  for (const [number, text] of texts.entries())
    await set.add(await aSegment(scratch, text), nameOf(tag, number));
  return texts.map((_, number) => nameOf(tag, number));
}

/** A set at `a.m3u8` that has grown to its end. */
export async function grown(
  bench: StorageBench,
  tag: string,
  texts: readonly string[],
): Promise<void> {
  const set = await bench.storage.openLiveSet(bench.address("a.m3u8"), freely(tag));
  await set.list(playlistOf("a", await addAll(bench, set, tag, texts), true), true);
}

/** What holds for sets that are seen while they grow. */
export function liveSets(make: Make, harness: Harness): void {
  showing(make, harness);
  replacing(make, harness);
  failing(make, harness);
}

function showing(make: Make, { describe, test, expect }: Harness): void {
  describe("folderOf()", () => {
    test.each([
      ["a.m3u8", "a"],
      ["d/x.m3u8", "x"],
      ["live/ä b#1.m3u8", "ä b#1"],
      ["live/now", "now.segments"],
    ])("of %s is %s", async (name, folder) => {
      const { storage, address, list } = await make();
      expect(storage.folderOf(address(name))).toBe(folder);
      expect(await list()).toEqual([]);
    });
  });

  describe("target() of a set", () => {
    test.each([
      ["d/x.m3u8", "d/x", "m3u8"],
      ["a.b.mpd", "a.b.dash", "mpd"],
      ["live/ä b#1.m3u8", "live/ä b#1", "m3u8"],
    ] as const)("gives %s the key of %s, its folder", async (name, folder, extension) => {
      const { storage, address } = await make();
      const { key: folderKey } = await storage.target(address(folder));
      const { set } = await storage.target(address(name));
      expect(set).toEqual({ extension, folderKey });
    });

    test.each(["a.mp4", "a.M3U8", "d/.m3u8", "d/..m3u8", "d/...mpd"])(
      "gives %s none",
      async (name) => {
        const { storage, address } = await make();
        expect((await storage.target(address(name))).set).toBeUndefined();
      },
    );

    test("gives the key of the folder that its segments are written into", async () => {
      const bench = await make();
      const { storage, address, list } = bench;
      await grown(bench, "t-1", ["0"]);
      const { set } = await storage.target(address("a.m3u8"));
      const [segment = ""] = (await list()).filter((name) => name !== "a.m3u8");
      const { key } = await storage.target(address(segment));
      expect(key.slice(0, (set?.folderKey.length ?? 0) + 1)).toBe(`${set?.folderKey}/`);
    });
  });

  describe("openLiveSet()", () => {
    test("shows a segment when a playlist names it, and not before", async () => {
      const bench = await make();
      const url = bench.address("live/a b#1.m3u8");
      const set = await bench.storage.openLiveSet(url, freely("t-1"));
      const folder = bench.storage.folderOf(url);
      const seen = () => playSet(bench, "live/a b#1.m3u8");
      const names = await addAll(bench, set, "t-1", ["0", "1"]);
      expect(await bench.read("live/a b#1.m3u8")).toBe(undefined);
      await set.list(playlistOf(folder, names), false);
      expect(await seen()).toEqual(["0", "1"]);
      await set.add(await aSegment(bench.scratch, "2"), nameOf("t-1", 2));
      expect(await seen()).toEqual(["0", "1"]);
      const all = [...names, nameOf("t-1", 2)];
      await set.list(playlistOf(folder, all), false);
      expect(await seen()).toEqual(["0", "1", "2"]);
      await set.list(playlistOf(folder, all, true), true);
      expect(await seen()).toEqual(["0", "1", "2"]);
      expect(await bench.read("live/a b#1.m3u8")).toBe(playlistOf(folder, all, true));
      expect([...(await bench.list())].sort()).toEqual(
        ["live/a b#1.m3u8", ...all.map((name) => `live/a b#1/${name}`)].sort(),
      );
    });

    test("takes a segment and a playlist again", async () => {
      const bench = await make();
      const set = await bench.storage.openLiveSet(bench.address("a.m3u8"), freely("t-1"));
      const names = await addAll(bench, set, "t-1", ["0", "1"]);
      for (const isLast of [false, false, true, true]) {
        expect(await addAll(bench, set, "t-1", ["0", "1"])).toEqual(names);
        await set.list(playlistOf("a", names, isLast), isLast);
        expect(await playSet(bench, "a.m3u8")).toEqual(["0", "1"]);
      }
      expect(await bench.list()).toHaveLength(3);
    });
  });
}

function replacing(make: Make, { describe, test, expect }: Harness): void {
  describe("openLiveSet() where a set was", () => {
    test("keeps the old set whole until the first playlist takes its place in one step", async () => {
      const bench = await make();
      await grown(bench, "t-1", ["old 0", "old 1"]);
      const seen: unknown[] = [];
      const look = async () => void seen.push(await playSet(bench, "a.m3u8"));
      const options = freely("t-2", { mayPublish: look });
      const set = await bench.storage.openLiveSet(bench.address("a.m3u8"), options);
      await look();
      const names = await addAll(bench, set, "t-2", ["0", "1", "2"]);
      await look();
      await set.list(playlistOf("a", names), false);
      expect(seen).toEqual([0, 1, 2].map(() => ["old 0", "old 1"]));
      expect(await playSet(bench, "a.m3u8")).toEqual(["0", "1", "2"]);
    });

    test("removes it with the last playlist, if it can", async () => {
      const bench = await make();
      await grown(bench, "t-1", ["old 0", "old 1"]);
      await grown(bench, "t-2", ["0"]);
      expect(await playSet(bench, "a.m3u8")).toEqual(["0"]);
      const left = ["a.m3u8", `a/${nameOf("t-2", 0)}`];
      const old = [0, 1].map((number) => `a/${nameOf("t-1", number)}`);
      expect([...(await bench.list())].sort()).toEqual(
        [...left, ...(bench.canRemove ? [] : old)].sort(),
      );
    });

    test("keeps what an earlier attempt has added and the last playlist names", async () => {
      const bench = await make();
      await grown(bench, "t-0", ["old"]);
      const url = bench.address("a.m3u8");
      const first = await bench.storage.openLiveSet(url, freely("t-1"));
      const names = [...(await addAll(bench, first, "t-1", ["0", "1"]))];
      // The second was never named: the attempt ended before.
      await first.list(playlistOf("a", names.slice(0, 1)), false);
      const second = await bench.storage.openLiveSet(url, freely("t-2"));
      names.push(...(await addAll(bench, second, "t-2", ["2"])));
      await second.list(playlistOf("a", names), false);
      expect(await playSet(bench, "a.m3u8")).toEqual(["0", "1", "2"]);
      await second.list(playlistOf("a", names, true), true);
      expect(await playSet(bench, "a.m3u8")).toEqual(["0", "1", "2"]);
      if (bench.canRemove) expect(await bench.list()).toHaveLength(4);
    });
  });
}

function failing(make: Make, { describe, test, expect }: Harness): void {
  describe("openLiveSet() that fails", () => {
    test("leaves the old playlist where it may not publish, and may be asked again", async () => {
      const bench = await make();
      await grown(bench, "t-1", ["old"]);
      const refusal = new Error("the lease ran out");
      const leaves: (() => Promise<void>)[] = [() => Promise.reject(refusal), async () => {}];
      // A segment is seen by nobody: for it no leave is asked.
      const mayPublish = () => leaves.shift()?.() ?? Promise.reject(new Error("asked too often"));
      const options = freely("t-2", { mayPublish });
      const set = await bench.storage.openLiveSet(bench.address("a.m3u8"), options);
      const names = await addAll(bench, set, "t-2", ["0", "1"]);
      const before = await bench.list();
      const text = playlistOf("a", names, true);
      await expect(set.list(text, true)).rejects.toBe(refusal);
      expect(await playSet(bench, "a.m3u8")).toEqual(["old"]);
      expect(await bench.list()).toEqual(before);
      await set.list(text, true);
      expect(await playSet(bench, "a.m3u8")).toEqual(["0", "1"]);
      expect(leaves).toHaveLength(0);
    });

    test("adds no playlist of a rendition, which is seen at once, where it may not publish", async () => {
      const bench = await make();
      const refusal = new Error("the lease ran out");
      const options = freely("t-1", { mayPublish: () => Promise.reject(refusal) });
      const set = await bench.storage.openLiveSet(bench.address("a.m3u8"), options);
      const playlist = await aSegment(bench.scratch, playlistOf("a", []));
      await expect(set.add(playlist, "pontus.t-set.media_0.m3u8")).rejects.toBe(refusal);
      const [segment] = await addAll(bench, set, "t-1", ["0"]);
      expect(await bench.list()).toEqual([`a/${segment}`]);
    });

    test("ends with the reason of an aborted signal", async () => {
      const bench = await make();
      await grown(bench, "t-1", ["old"]);
      const before = await bench.list();
      const url = bench.address("a.m3u8");
      const reason = new Error("cancelled");
      const aborted = freely("t-2", { signal: AbortSignal.abort(reason) });
      await expect(bench.storage.openLiveSet(url, aborted)).rejects.toBe(reason);

      const abort = new AbortController();
      const set = await bench.storage.openLiveSet(url, freely("t-2", { signal: abort.signal }));
      abort.abort(reason);
      const segment = await aSegment(bench.scratch, "0");
      await expect(set.add(segment, nameOf("t-2", 0))).rejects.toBe(reason);
      await expect(set.add(join(bench.scratch, "gone.ts"), "x.ts")).rejects.toBe(reason);
      await expect(set.list(playlistOf("a", []), true)).rejects.toBe(reason);
      expect(await bench.list()).toEqual(before);
      expect(await playSet(bench, "a.m3u8")).toEqual(["old"]);
    });

    test("publishes no playlist when it is aborted at the last moment", async () => {
      const bench = await make();
      const abort = new AbortController();
      const reason = new Error("cancelled");
      const mayPublish = async () => abort.abort(reason);
      const options = freely("t-1", { signal: abort.signal, mayPublish });
      const set = await bench.storage.openLiveSet(bench.address("a.m3u8"), options);
      await expect(set.list(playlistOf("a", []), false)).rejects.toBe(reason);
      expect(await bench.list()).toEqual([]);
    });

    test("takes the blame for a segment that is gone, and takes it later", async () => {
      const bench = await make();
      const set = await bench.storage.openLiveSet(bench.address("a.m3u8"), freely("t-1"));
      const path = join(bench.scratch, "late.ts");
      const adding = set.add(path, nameOf("t-1", 0));
      await expect(adding).rejects.toMatchObject({ code: "internal" });
      expect(await bench.list()).toEqual([]);
      await writeFile(path, "0");
      await set.add(path, nameOf("t-1", 0));
      await set.list(playlistOf("a", [nameOf("t-1", 0)]), false);
      expect(await playSet(bench, "a.m3u8")).toEqual(["0"]);
    });

    test("judges the address again", async () => {
      const { storage, outside, refusal } = await make();
      const opening = storage.openLiveSet(outside, freely("t-1"));
      await expect(opening).rejects.toMatchObject({ code: refusal });
    });
  });
}
