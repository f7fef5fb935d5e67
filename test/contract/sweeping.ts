import type { Storage } from "../../src/storage/storage.ts";
import { TaskError } from "../../src/task/errors.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { aSet, playSet } from "../fixtures/finished.ts";
import { freely } from "../fixtures/freely.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** What of the bench of a storage is used here. */
type Bench = {
  readonly storage: Storage;
  readonly address: (name: string) => string;
  readonly put: (name: string, text: string) => Promise<void>;
  readonly read: (name: string) => Promise<string | undefined>;
  readonly list: () => Promise<readonly string[]>;
  readonly scratch: string;
  readonly canRemove: boolean;
};

/** What holds of clearing up after tasks that have ended, where files can be found. */
export function sweeping(make: () => Promise<Bench>, { describe, test, expect }: Harness): void {
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
      const gone = ["one-1.00000.ts", "one-2.00000.ts", "one-set.2-0.00000.ts"];
      for (const name of [...kept, ...gone.map((each) => `a/pontus.${each}`)]) await put(name, "x");
      await storage.sweep?.(address("a.m3u8"), left, freely("t-1"));
      const found = await bench.list();
      expect(bench.canRemove ? found : kept.toSorted()).toEqual(kept.toSorted());
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
