import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TaskError } from "../../src/task/errors.ts";
import { aFile, aSet, playSet } from "../fixtures/finished.ts";
import { freely } from "../fixtures/freely.ts";
import type { StorageBench } from "../fixtures/storage-bench.ts";
import { deliveringAdaptiveSets } from "./adaptive-sets.ts";
import { growingSets } from "./growing-sets.ts";
import { liveSets } from "./live-sets.ts";
import { sweeping } from "./sweeping.ts";
import { zombies } from "./zombies.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** What a promise was rejected with; fails where it was not. */
export async function failureOf(promise: Promise<unknown>): Promise<TaskError> {
  try {
    await promise;
  } catch (error) {
    return error as TaskError;
  }
  throw new Error("Expected a failure, but it succeeded");
}

/** What holds for every storage that can be read and written. */
export function storageContract(
  name: string,
  make: () => Promise<StorageBench>,
  harness: Harness,
): void {
  harness.describe(name, () => {
    judging(make, harness);
    reading(make, harness);
    delivering(make, harness);
    deliveringSets(make, harness);
    deliveringAdaptiveSets(make, harness);
    liveSets(make, harness);
    growingSets(make, harness);
    zombies(make, harness);
    sweeping(make, harness);
  });
}

type Make = () => Promise<StorageBench>;

function judging(make: Make, { describe, test, expect }: Harness): void {
  describe("source() and target()", () => {
    test("give the same place the same key, and other places other keys", async () => {
      const { storage, address } = await make();
      const keys = await Promise.all(
        ["a.mp4", "a.mp4", "A.mp4"].map(async (at) => (await storage.target(address(at))).key),
      );
      expect(keys[0]).toBe(keys[1] ?? "");
      expect(keys[0]).not.toBe(keys[2] ?? "");
      expect((await storage.source(address("a.mp4"))).key).toBe(keys[0] ?? "");
    });

    test("take a source that is missing", async () => {
      const { storage, address } = await make();
      expect((await storage.source(address("none.mp4"))).url).toBe(address("none.mp4"));
    });

    test("refuse what lies outside", async () => {
      const { storage, outside, refusal } = await make();
      expect((await failureOf(storage.source(outside))).code).toBe(refusal);
      expect((await failureOf(storage.target(outside))).code).toBe(refusal);
    });

    test("refuse an address that says nothing", async () => {
      const { storage } = await make();
      expect((await failureOf(storage.source(""))).code).toBe("invalid_parameter");
    });

    test("make nothing", async () => {
      const { storage, address, list } = await make();
      await storage.target(address("new/folder/a.mp4"));
      expect(await list()).toEqual([]);
    });
  });
}

function reading(make: Make, { describe, test, expect }: Harness): void {
  const { signal } = new AbortController();
  describe("open()", () => {
    test("gives a local file of the source's bytes", async () => {
      const { storage, address, put, scratch } = await make();
      await put("in.mp4", "twelve bytes");
      const opening = storage.open(address("in.mp4"), { folder: scratch, signal });
      const { sizeBytes, path, close } = await opening;
      expect([sizeBytes, await readFile(path, "utf8")]).toEqual([12, "twelve bytes"]);
      await close?.();
    });

    test("says that a source is missing", async () => {
      const { storage, address, scratch } = await make();
      const opening = storage.open(address("none.mp4"), { folder: scratch, signal });
      const { code, message } = await failureOf(opening);
      expect([code, message.includes("none.mp4")]).toEqual(["source_missing", true]);
    });

    test("judges the address again", async () => {
      const { storage, outside, refusal, scratch } = await make();
      const opening = storage.open(outside, { folder: scratch, signal });
      expect((await failureOf(opening)).code).toBe(refusal);
    });

    test("ends with the reason of an aborted signal", async () => {
      const { storage, address, put, scratch } = await make();
      await put("in.mp4", "bytes");
      const reason = new Error("enough");
      const options = { folder: scratch, signal: AbortSignal.abort(reason) };
      expect(await failureOf(storage.open(address("in.mp4"), options))).toBe(reason as TaskError);
    });
  });

  describe("prepare()", () => {
    test("leaves no file behind and keeps the one that is there", async () => {
      const { storage, address, put, list, read } = await make();
      await put("old.mp4", "old");
      await storage.prepare(address("old.mp4"), freely("t-1"));
      await storage.prepare(address("new/one.mp4"), freely("t-1"));
      expect(await list()).toEqual(["old.mp4"]);
      expect(await read("old.mp4")).toBe("old");
    });

    test("judges the address again", async () => {
      const { storage, outside, refusal } = await make();
      expect((await failureOf(storage.prepare(outside, freely("t-1")))).code).toBe(refusal);
    });
  });
}

function delivering(make: Make, { describe, test, expect }: Harness): void {
  describe("deliver()", () => {
    test("publishes a file, also where no folder is yet", async () => {
      const { storage, address, scratch, read, list } = await make();
      await storage.deliver(await aFile(scratch, "new"), address("x/y/a.mp4"), freely("t-1"));
      expect(await read("x/y/a.mp4")).toBe("new");
      expect(await list()).toEqual(["x/y/a.mp4"]);
    });

    test("shows the old file until it may publish, and the new one then", async () => {
      const { storage, address, scratch, read, put } = await make();
      await put("a.mp4", "old");
      const seen: (string | undefined)[] = [];
      const mayPublish = async () => void seen.push(await read("a.mp4"));
      const finished = await aFile(scratch, "new");
      await storage.deliver(finished, address("a.mp4"), freely("t-1", { mayPublish }));
      expect(seen).toEqual(["old"]);
      expect(await read("a.mp4")).toBe("new");
    });

    test("publishes nothing and leaves nothing when it may not", async () => {
      const { storage, address, scratch, list, read, put } = await make();
      await put("a.mp4", "old");
      const refusal = new Error("the lease ran out");
      const mayPublish = () => Promise.reject(refusal);
      const finished = await aFile(scratch, "new");
      const options = freely("t-1", { mayPublish });
      const delivery = storage.deliver(finished, address("a.mp4"), options);
      expect(await failureOf(delivery)).toBe(refusal as TaskError);
      expect(await read("a.mp4")).toBe("old");
      expect(await list()).toEqual(["a.mp4"]);
    });

    test("publishes nothing when it is aborted at the last moment", async () => {
      const { storage, address, scratch, list } = await make();
      const abort = new AbortController();
      const reason = new Error("cancelled");
      const options = freely("t-1", {
        signal: abort.signal,
        mayPublish: async () => abort.abort(reason),
      });
      const delivery = storage.deliver(await aFile(scratch, "new"), address("a.mp4"), options);
      expect(await failureOf(delivery)).toBe(reason as TaskError);
      expect(await list()).toEqual([]);
    });

    test("judges the address again", async () => {
      const { storage, outside, refusal, scratch } = await make();
      const delivery = storage.deliver(await aFile(scratch, "new"), outside, freely("t-1"));
      expect((await failureOf(delivery)).code).toBe(refusal);
    });

    test("takes the blame for an output that is gone", async () => {
      const { storage, address, scratch, list } = await make();
      const finished = { entry: join(scratch, "gone.mp4") };
      const error = await failureOf(storage.deliver(finished, address("a.mp4"), freely("t-1")));
      expect(error.code).toBe("internal");
      expect(await list()).toEqual([]);
    });
  });
}

function deliveringSets(make: Make, { describe, test, expect }: Harness): void {
  describe("deliver() of a set", () => {
    test("publishes a playlist whose segments can be read", async () => {
      const bench = await make();
      const finished = await aSet(bench.scratch, ["one", "two"]);
      await bench.storage.deliver(finished, bench.address("live/a b#1.m3u8"), freely("t-1"));
      expect(await playSet(bench, "live/a b#1.m3u8")).toEqual(["one", "two"]);
      const text = await bench.read("live/a b#1.m3u8");
      expect(text).toContain("\n#EXT-X-ENDLIST\n");
      expect(text).toContain("\na%20b%231/");
      const folders = (await bench.list()).map((path) => path.replace(/[^/]*$/, ""));
      expect(folders.sort()).toEqual(["live/", "live/a b#1/", "live/a b#1/"]);
    });

    test("keeps the old set whole until the new playlist stands, then removes it if it can", async () => {
      const bench = await make();
      const url = bench.address("a.m3u8");
      const old = ["1", "2", "3"];
      await bench.storage.deliver(await aSet(bench.scratch, old), url, freely("t-1"));
      const seen: unknown[] = [];
      const mayPublish = async () => void seen.push(await playSet(bench, "a.m3u8"));
      const finished = await aSet(bench.scratch, ["4", "5"]);
      await bench.storage.deliver(finished, url, freely("t-2", { mayPublish }));
      expect(seen).toEqual([old, old]);
      expect(await playSet(bench, "a.m3u8")).toEqual(["4", "5"]);
      expect(await bench.list()).toHaveLength(bench.canRemove ? 3 : 6);
    });

    test.each([1, 2])("keeps the old set alone when call %d may not publish", async (refused) => {
      const bench = await make();
      const url = bench.address("a.m3u8");
      await bench.storage.deliver(await aSet(bench.scratch, ["1", "2"]), url, freely("t-1"));
      const before = await bench.list();
      let calls = 0;
      const mayPublish = async () => {
        calls += 1;
        if (calls === refused) throw new Error("cancelled");
      };
      const finished = await aSet(bench.scratch, ["3", "4", "5"]);
      const delivery = bench.storage.deliver(finished, url, freely("t-2", { mayPublish }));
      expect((await failureOf(delivery)).message).toBe("cancelled");
      expect(await playSet(bench, "a.m3u8")).toEqual(["1", "2"]);
      if (bench.canRemove) expect(await bench.list()).toEqual(before);
    });

    test("publishes nothing when a segment is missing", async () => {
      const bench = await make();
      const finished = await aSet(bench.scratch, ["one"]);
      const broken = { ...finished, segments: bench.scratch };
      const delivery = bench.storage.deliver(broken, bench.address("a.m3u8"), freely("t-1"));
      expect((await failureOf(delivery)).code).toBe("internal");
      expect(await bench.list()).toEqual([]);
    });
  });
}
