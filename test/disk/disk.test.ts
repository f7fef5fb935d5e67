import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { statfsSync } from "node:fs";
import { join } from "node:path";
import { diskState, roomIn, roomToFetch, spaceOf, watermarkBytes } from "../../src/disk/disk.ts";
import { reportDisks } from "../../src/disk/report.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const MIB = 1 << 20;
const GIB = 1 << 30;

describe("watermarkBytes", () => {
  test.each([
    ["a large disk, by the config", 100 * GIB, 256 * MIB],
    ["a small disk, by its size", 100 * MIB, 5 * MIB],
  ])("is that of %s", (_, totalBytes, expected) => {
    expect(watermarkBytes(totalBytes, 256 * MIB)).toBe(expected);
  });
});

describe("diskState", () => {
  test.each([
    [256, "ample"],
    [255, "low"],
    [64, "low"],
    [63, "critical"],
  ] as const)("with %d MiB free is %s", (free, state) => {
    expect(diskState({ freeBytes: free * MIB, totalBytes: 100 * GIB }, 256 * MIB)).toBe(state);
  });

  test("is ample on a full disk where nothing has to be free", () => {
    expect(diskState({ freeBytes: 0, totalBytes: GIB }, 0)).toBe("ample");
  });
});

describe("spaceOf", () => {
  test("tells what the system tells", async () => {
    const folder = tempFolder();
    const { blocks, bsize } = statfsSync(folder);
    expect((await spaceOf(folder))?.totalBytes).toBe(blocks * bsize);
  });

  test("does not know of a folder that is missing", async () => {
    const missing = join(tempFolder(), "missing");
    expect(await spaceOf(missing)).toBeUndefined();
    expect(await roomIn(missing, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(await roomToFetch(missing, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("roomIn, roomToFetch", () => {
  test("leave the watermark free, and a fetch never less than 64 MiB", async () => {
    const folder = tempFolder();
    const { blocks, bsize } = statfsSync(folder);
    // Other programs write meanwhile, so that figures are compared by more than they may write.
    const [all, some, fetch] = [
      await roomIn(folder, 0),
      await roomIn(folder, Number.MAX_SAFE_INTEGER),
      await roomToFetch(folder, 0),
    ];
    const share = (blocks * bsize) / 20;
    expect(Math.abs(all - some - share)).toBeLessThan(share / 2);
    expect(all - fetch).toBeGreaterThan(32 * MIB);
  });
});

describe("reportDisks", () => {
  const places = [
    { name: "the data folder", path: "/data" },
    { name: "the database", path: "/db" },
  ];
  const report = (free: Readonly<Record<string, number>>) =>
    reportDisks(places, 256 * MIB, async (path) => {
      const freeBytes = free[path];
      return freeBytes === undefined
        ? undefined
        : { freeBytes: freeBytes * MIB, totalBytes: 100 * GIB };
    });

  test("is about the fullest disk", async () => {
    expect(await report({ "/data": 300, "/db": 100 })).toEqual({
      state: "low",
      detail: "100.0 MiB are free on the disk of the database, and 256.0 MiB are needed",
      space: { freeBytes: 100 * MIB, neededBytes: 256 * MIB },
    });
    expect(await report({ "/data": 1, "/db": 100 })).toMatchObject({ state: "critical" });
  });

  test("tells how much is free where that is enough", async () => {
    expect(await report({ "/data": 300, "/db": 400 })).toEqual({
      state: "ample",
      detail: "300.0 MiB are free on the disk of the data folder",
      space: { freeBytes: 300 * MIB, neededBytes: 256 * MIB },
    });
  });

  test("does not hold up work where the system does not say", async () => {
    expect(await report({})).toEqual({
      state: "ample",
      detail: "the system does not say how much is free for the data folder",
    });
    expect(await reportDisks([], 0)).toMatchObject({ state: "ample" });
  });
});
