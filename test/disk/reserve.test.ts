import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spaceOf } from "../../src/disk/disk.ts";
import { Reserve } from "../../src/disk/reserve.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { mountTmpfs } from "../fixtures/mounts.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const MIB = 1 << 20;
const undo: (() => void)[] = [];

afterEach(() => {
  for (const step of undo.splice(0)) step();
});

/** A folder on a disk of its own; nothing where this machine may not mount. */
function onDisk(size: string): string | undefined {
  const folder = tempFolder();
  const unmount = mountTmpfs(folder, `size=${size}`);
  if (!unmount) return undefined;
  undo.push(unmount);
  return folder;
}

const freeIn = async (folder: string): Promise<number> => (await spaceOf(folder))?.freeBytes ?? 0;

describe("Reserve", () => {
  test("takes a small share of the disk, which its release gives back at once", async () => {
    const folder = onDisk("100m");
    if (folder === undefined) return;
    const reserve = new Reserve(join(folder, "reserve"));
    expect(reserve.release()).toBe(false);
    const before = await freeIn(folder);
    await reserve.fill(0);
    expect(before - (await freeIn(folder))).toBe(2 * MIB);
    // A second time it is there already.
    await reserve.fill(0);
    expect(statSync(join(folder, "reserve")).size).toBe(2 * MIB);
    expect(reserve.release()).toBe(true);
    expect(await freeIn(folder)).toBe(before);
    expect(reserve.release()).toBe(false);
  });

  test("makes no room, and no trouble, where it cannot be removed", () => {
    const path = join(tempFolder(), "reserve");
    mkdirSync(path);
    expect(new Reserve(path).release()).toBe(false);
  });

  test("is not made where it would bring the disk under its watermark", async () => {
    const folder = onDisk("100m");
    if (folder === undefined) return;
    writeFileSync(join(folder, "filler"), Buffer.alloc(94 * MIB));
    await new Reserve(join(folder, "reserve")).fill(256 * MIB);
    expect(readdirSync(folder)).toEqual(["filler"]);
  });

  test("is completed after a crash", async () => {
    const folder = onDisk("100m");
    if (folder === undefined) return;
    writeFileSync(join(folder, "reserve"), "half");
    await new Reserve(join(folder, "reserve")).fill(0);
    expect(statSync(join(folder, "reserve")).size).toBe(2 * MIB);
  });
});
