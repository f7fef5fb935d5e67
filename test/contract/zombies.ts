import { TaskError } from "../../src/task/errors.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { aFile, aSet, playSet } from "../fixtures/finished.ts";
import { freely } from "../fixtures/freely.ts";
import type { StorageBench } from "../fixtures/storage-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
/** What the fence says to an attempt that was stopped for longer than its lease. */
const lost = new TaskError("lease_lost", "Cannot go on: the lease ran out");

/**
 * What holds where a process is stopped, another one finishes its task meanwhile, and it goes on: it takes nothing away of what the
 * newer attempt has made. It may have been stopped before it asked the fence, or right after it was answered.
 */
export function zombies(
  make: () => Promise<StorageBench>,
  { describe, test, expect }: Harness,
): void {
  /** Delivers as attempt 2, whenever it is called first. */
  const newer = async (bench: StorageBench, name: string, texts: readonly string[]) => {
    const set = await aSet(bench.scratch, texts);
    let isDone = false;
    return async (): Promise<void> => {
      if (isDone) return;
      isDone = true;
      await bench.storage.deliver(set, bench.address(name), freely("t-2"));
    };
  };

  describe.each([
    ["before it asks", true],
    ["right after it was let", false],
  ])("a zombie that was stopped %s", (_, isRefused) => {
    /** The fence in front of which, or behind which, the newer attempt does all of its work. */
    const fence = (work: () => Promise<void>) => async () => {
      await work();
      if (isRefused) throw lost;
    };

    test("leaves the newer set whole where it clears up after its own", async () => {
      const bench = await make();
      const url = bench.address("a.m3u8");
      await bench.storage.deliver(await aSet(bench.scratch, ["0"]), url, freely("t-0"));
      const work = await newer(bench, "a.m3u8", ["new 1", "new 2"]);
      let tidies = 0;
      const mayTidy = async () => {
        tidies += 1;
        await fence(work)();
      };
      const old = await aSet(bench.scratch, ["old"]);
      await bench.storage.deliver(old, url, freely("t-1", { mayTidy }));
      expect(tidies > 0).toBe(bench.canRemove);
      if (!bench.canRemove) return;
      expect(await playSet(bench, "a.m3u8")).toEqual(["new 1", "new 2"]);
    });

    test("leaves the newer set whole where it sweeps before its own", async () => {
      const bench = await make();
      const url = bench.address("a.m3u8");
      await bench.put("a/pontus.t-0.00000.ts", "left by a crash");
      const work = await newer(bench, "a.m3u8", ["new 1", "new 2"]);
      const options = freely("t-1", {
        mayTidy: fence(work),
        mayPublish: () => Promise.reject(lost),
      });
      const delivery = bench.storage.deliver(await aSet(bench.scratch, ["old"]), url, options);
      expect(await taskErrorOf(delivery)).toBe(lost);
      await work();
      expect(await playSet(bench, "a.m3u8")).toEqual(["new 1", "new 2"]);
    });

    test("leaves the newer set whole where it ends its live set", async () => {
      const bench = await make();
      const url = bench.address("a.m3u8");
      await bench.storage.deliver(await aSet(bench.scratch, ["0"]), url, freely("t-0"));
      const work = await newer(bench, "a.m3u8", ["new 1", "new 2"]);
      const live = await bench.storage.openLiveSet(url, freely("t-1", { mayTidy: fence(work) }));
      const { entry } = await aFile(bench.scratch, "old");
      await live.add(entry, "pontus.t-1.00000.ts");
      const uri = `${bench.storage.folderOf(url)}/pontus.t-1.00000.ts`;
      await live.list(`#EXTM3U\n#EXTINF:2.0,\n${uri}\n#EXT-X-ENDLIST\n`, true);
      await work();
      expect(await playSet(bench, "a.m3u8")).toEqual(["new 1", "new 2"]);
    });

    test("leaves a file alone that the newer attempt has put there", async () => {
      const bench = await make();
      const url = bench.address("a.mp4");
      const film = await aFile(bench.scratch, "new");
      const work = () => bench.storage.deliver(film, url, freely("t-2"));
      const options = freely("t-1", { mayTidy: fence(work) });
      await bench.storage.prepare(url, options).catch(() => {});
      await work();
      const late = freely("t-1", { mayTidy: fence(work), mayPublish: () => Promise.reject(lost) });
      await bench.storage.deliver(await aFile(bench.scratch, "old"), url, late).catch(() => {});
      expect(await bench.read("a.mp4")).toBe("new");
      expect(await bench.list()).toEqual(["a.mp4"]);
    });
  });
}
