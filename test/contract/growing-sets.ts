import { markedGrowing } from "../../src/manifest/write/growing-playlist.ts";
import { TaskError } from "../../src/task/errors.ts";
import { aSet, playSet } from "../fixtures/finished.ts";
import { freely } from "../fixtures/freely.ts";
import type { StorageBench } from "../fixtures/storage-bench.ts";
import { aSegment, grown, playlistOf } from "./live-sets.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

type Make = () => Promise<StorageBench>;

/** What holds for sets of files that are seen while they grow. */
export function growingSets(make: Make, { describe, test, expect }: Harness): void {
  describe("openLiveSet() of a set that is made of a file", () => {
    /** A set that has grown by one segment of an attempt. */
    const growing = async (bench: StorageBench, tag: string) => {
      const set = await bench.storage.openLiveSet(bench.address("a.m3u8"), freely(tag));
      const name = `pontus.${tag}.00000.ts`;
      await set.add(await aSegment(bench.scratch, "0"), name);
      await set.list(markedGrowing(playlistOf("a", [name])), false);
      return { set, name };
    };

    test("is completed by what it lacks, and by no more", async () => {
      const bench = await make();
      await grown(bench, "t-1", ["old"]);
      const { set, name } = await growing(bench, "t-2");
      await set.complete(await aSet(bench.scratch, ["not sent again", "1", "2"]), new Set([name]));
      expect(await playSet(bench, "a.m3u8")).toEqual(["0", "1", "2"]);
      expect(await bench.read("a.m3u8")).toContain("#EXT-X-ENDLIST");
      if (bench.canRemove) expect(await bench.list()).toHaveLength(4);
    });

    test("is taken down with all that the attempts of its task have put there", async () => {
      const bench = await make();
      await grown(bench, "t-1", ["old"]);
      await growing(bench, "u-1");
      const { set, name } = await growing(bench, "u-2");
      await set.takeDown({ names: [name], isListed: true });
      expect(await bench.read("a.m3u8")).toBeUndefined();
      if (bench.canRemove) expect(await bench.list()).toEqual([]);
    });

    test("leaves a set of others when it is taken down before it was seen", async () => {
      const bench = await make();
      await grown(bench, "t-1", ["old"]);
      const set = await bench.storage.openLiveSet(bench.address("a.m3u8"), freely("u-1"));
      const name = "pontus.u-1.00000.ts";
      await set.add(await aSegment(bench.scratch, "0"), name);
      await set.takeDown({ names: [name], isListed: false });
      expect(await playSet(bench, "a.m3u8")).toEqual(["old"]);
      expect(await bench.list()).toHaveLength(2);
    });

    test("is not taken down by one that may not", async () => {
      const bench = await make();
      await growing(bench, "u-1");
      const lost = new TaskError("lease_lost", "Cannot go on: lost");
      const options = freely("u-1", { mayTidy: () => Promise.reject(lost) });
      const set = await bench.storage.openLiveSet(bench.address("a.m3u8"), freely("u-1"));
      const zombie = await bench.storage
        .openLiveSet(bench.address("a.m3u8"), options)
        .catch(() => undefined);
      const names = ["pontus.u-1.00000.ts"];
      await expect(zombie?.takeDown({ names, isListed: true })).rejects.toThrow("lost");
      expect(await playSet(bench, "a.m3u8")).toEqual(["0"]);
      await set.takeDown({ names, isListed: true });
    });

    test("is swept where its task ended without it", async () => {
      const bench = await make();
      await growing(bench, "u-1");
      await bench.storage.sweep?.(
        bench.address("a.m3u8"),
        { stem: "u", attempt: 1 },
        freely("u-1"),
      );
      if (bench.canRemove) expect(await bench.list()).toEqual([]);
    });
  });
}
