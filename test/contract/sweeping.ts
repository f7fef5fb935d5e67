import { TaskError } from "../../src/task/errors.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { aSet, playSet } from "../fixtures/finished.ts";
import { freely } from "../fixtures/freely.ts";
import type { StorageBench } from "../fixtures/storage-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** What holds of clearing up after tasks that have ended, where files can be found. */
export function sweeping(
  make: () => Promise<StorageBench>,
  { describe, test, expect }: Harness,
): void {
  const left = { stem: "one", attempt: 2 };

  describe("sweep()", () => {
    test("takes what earlier attempts of a task left, and nothing of newer ones, other tasks or strangers", async () => {
      const bench = await make();
      const { storage, address, put } = bench;
      const others = [
        "one-3.00000.ts",
        "one-30.00000.ts",
        "other-1.00000.ts",
        "one-set.3-0.00000.ts",
      ];
      const kept = [
        ...others.map((name) => `a/pontus.${name}`),
        "a/holiday.ts",
        "b/pontus.one-1.0.ts",
      ];
      const gone = ["one-1.00000.ts", "one-2.00000.ts", "one-set.2-0.00000.ts"].map(
        (name) => `a/pontus.${name}`,
      );
      for (const name of [...kept, ...gone]) await put(name, "x");
      await storage.sweep?.(address("a.m3u8"), left, freely("t-1"));
      const stays = bench.canRemove ? kept : [...kept, ...gone];
      expect(await bench.list()).toEqual(stays.toSorted());
    });

    test("keeps what the playlist names", async () => {
      const bench = await make();
      const url = bench.address("a.m3u8");
      await bench.storage.deliver(await aSet(bench.scratch, ["1", "2"]), url, freely("one-1"));
      await bench.put("a/pontus.one-2.00000.ts", "left by a crash");
      await bench.storage.sweep?.(url, left, freely("t-1"));
      expect(await playSet(bench, "a.m3u8")).toEqual(["1", "2"]);
      expect(await bench.list()).toHaveLength(bench.canRemove ? 3 : 4);
    });

    test("takes nothing where the fence says no, and makes nothing where nothing is", async () => {
      const bench = await make();
      await bench.put("a/pontus.one-1.00000.ts", "x");
      const no = new TaskError("task_conflict", "Cannot clear up: another task writes there");
      const options = freely("t-1", { mayTidy: () => Promise.reject(no) });
      const sweep = async (name: string) =>
        bench.storage.sweep?.(bench.address(name), left, options);
      if (bench.canRemove) expect(await taskErrorOf(sweep("a.m3u8"))).toBe(no);
      await sweep("none/b.m3u8");
      expect(await bench.list()).toEqual(["a/pontus.one-1.00000.ts"]);
    });
  });
}
