import { describe, expect, test } from "bun:test";
import { shortOrApart } from "../../../src/db/log/data-sync.ts";

/** Syncs that take as long as they are told to, and say where they are done. */
function aDisk() {
  const disk = { nowMs: 1_000, takesMs: 0.1, failure: null as Error | null, told: [] as string[] };
  const work = () => {
    disk.nowMs += disk.takesMs;
    if (disk.failure) throw disk.failure;
  };
  const sync = shortOrApart(
    () => {
      disk.told.push("here");
      work();
    },
    (_, done) => {
      disk.told.push("apart");
      queueMicrotask(() => {
        let failure: Error | null = null;
        try {
          work();
        } catch (error) {
          failure = error as Error;
        }
        done(failure);
      });
    },
    () => disk.nowMs,
  );
  const synced = () => new Promise<Error | null>((resolve) => sync(3, resolve));
  return { disk, sync, synced };
}

describe("shortOrApart", () => {
  test("is done when it returns, while syncs are short", () => {
    const { disk, sync } = aDisk();
    const ends: unknown[] = [];
    for (let times = 0; times < 3; times += 1) sync(3, (failure) => ends.push(failure));
    expect(ends).toEqual([null, null, null]);
    expect(disk.told).toEqual(["here", "here", "here"]);
  });

  test("stays here where a long one comes now and then", async () => {
    const { disk, synced } = aDisk();
    for (const takesMs of [30, 30, 0.1, 30, 0.1]) {
      disk.takesMs = takesMs;
      expect(await synced()).toBeNull();
    }
    expect(disk.told).toEqual(["here", "here", "here", "here", "here"]);
  });

  test("goes to a thread after three long ones in a row, and comes back when another is short", async () => {
    const { disk, synced } = aDisk();
    disk.takesMs = 30;
    for (let times = 0; times < 5; times += 1) expect(await synced()).toBeNull();
    expect(disk.told).toEqual(["here", "here", "here", "apart", "apart"]);
    disk.nowMs += 6_000;
    expect(await synced()).toBeNull();
    expect(await synced()).toBeNull();
    expect(disk.told.slice(5)).toEqual(["here", "apart"]);
    disk.nowMs += 6_000;
    disk.takesMs = 0.1;
    expect(await synced()).toBeNull();
    expect(await synced()).toBeNull();
    expect(disk.told.slice(7)).toEqual(["here", "here"]);
  });

  test("tells of failures alike, here and apart", async () => {
    const { disk, synced } = aDisk();
    disk.failure = new Error("EIO");
    expect(await synced()).toBe(disk.failure);
    disk.takesMs = 30;
    for (let times = 0; times < 4; times += 1) expect(await synced()).toBe(disk.failure);
    expect(disk.told).toEqual(["here", "here", "here", "here", "apart"]);
  });
});
