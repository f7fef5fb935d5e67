import { describe, expect, test } from "bun:test";
import type { FoundFile } from "../../src/watch/scan.ts";
import { NOTHING_SEEN, type Seen, settle } from "../../src/watch/settle.ts";

const aFile = (changes: Partial<FoundFile> = {}): FoundFile => ({
  path: "a.mov",
  sizeBytes: 10,
  mtimeMs: 1000,
  ctimeMs: 1000,
  ino: 7,
  ...changes,
});

/** A look that finds these files. */
const look = (
  before: Seen,
  nowMs: number,
  files: readonly FoundFile[],
  {
    unfinished = [],
    isLocal = true,
  }: { unfinished?: readonly FoundFile[]; isLocal?: boolean } = {},
) => {
  const { seen, whole } = settle(
    before,
    { files, unfinished, isAll: true },
    { nowMs, settleMs: 100, isLocal },
  );
  return { seen, whole: whole.map(({ path }) => path) };
};

describe("settle", () => {
  test("takes a file for whole that has kept its size, its time and its number for so long", () => {
    const first = look(NOTHING_SEEN, 0, [aFile()]);
    expect(first.whole).toEqual([]);
    const second = look(first.seen, 99, [aFile()]);
    expect(second.whole).toEqual([]);
    expect(look(second.seen, 100, [aFile()]).whole).toEqual(["a.mov"]);
    for (const change of [{ sizeBytes: 11 }, { mtimeMs: 1001, ctimeMs: 1001 }, { ino: 8 }]) {
      const changed = look(second.seen, 100, [aFile(change)]);
      expect(changed.whole).toEqual([]);
      expect(look(changed.seen, 200, [aFile(change)]).whole).toEqual(["a.mov"]);
    }
  });

  test("takes no empty file for whole", () => {
    const empty = aFile({ sizeBytes: 0, ctimeMs: 2000 });
    expect(look(look(NOTHING_SEEN, 0, [empty]).seen, 1000, [empty]).whole).toEqual([]);
  });

  test("takes a file for whole at once whose last change was none of its content, where times are told at once", () => {
    const renamed = aFile({ ctimeMs: 1001 });
    expect(look(NOTHING_SEEN, 0, [renamed]).whole).toEqual(["a.mov"]);
    expect(look(NOTHING_SEEN, 0, [renamed], { isLocal: false }).whole).toEqual([]);
  });

  test("takes a file for whole at once that had the name of an unfinished one, unless it has changed since", () => {
    const before = look(NOTHING_SEEN, 0, [], { unfinished: [aFile({ path: "a.mov.part" })] });
    const isLocal = false;
    expect(look(before.seen, 1, [aFile()], { isLocal }).whole).toEqual(["a.mov"]);
    expect(look(before.seen, 1, [aFile({ sizeBytes: 11 })], { isLocal }).whole).toEqual([]);
  });
});
