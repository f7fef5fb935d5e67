import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { NO_DAMAGE } from "../../../src/task/damage.ts";
import { KeptEncodes } from "../../../src/worker/file/kept-encodes.ts";
import { KeptParts } from "../../../src/worker/parts/kept-parts.ts";
import { tempFolder } from "../../fixtures/clips.ts";

// A busy disk takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { signal } = new AbortController();
const TASK = "0190a8b2-0000-7000-8000-000000000001";
const MADE = { frames: 50, outTimeSeconds: 2, damage: { ...NO_DAMAGE, failures: { 0: 3 } } };

const aPart = (index: number, digest = "ab12") => ({
  digest,
  index,
  writes: [`0/slice-${index}.mp4`],
});

/** A work folder in which some slices were made and noted. */
async function worked(indexes: readonly number[]): Promise<string> {
  const folder = tempFolder();
  mkdirSync(join(folder, "0"));
  const parts = await KeptParts.of(folder, TASK);
  const keep = async (index: number): Promise<void> => {
    writeFileSync(join(folder, "0", `slice-${index}.mp4`), `slice ${index}`);
    await parts.keep(aPart(index), MADE, signal);
  };
  // As they are while the next one is made.
  await Promise.all(indexes.map(keep));
  return folder;
}

const found = async (folder: string, indexes: readonly number[], digest?: string) => {
  const parts = await KeptParts.of(folder, TASK);
  const all = indexes.map(
    async (index) => (await parts.find(aPart(index, digest), signal))?.frames,
  );
  return Promise.all(all);
};

const aStore = (bytesMax = 1_000) => {
  const root = join(tempFolder(), "kept");
  return { root, kept: new KeptEncodes(root, { keepMs: 60_000, bytesMax }, Date.now) };
};

describe("finished slices", () => {
  test("are found by a later run with what was said of them, where its join reads them", async () => {
    const { root, kept } = aStore();
    await kept.keep(await worked([0, 1]));
    expect(readdirSync(root)).toEqual([TASK]);
    const folder = tempFolder();
    expect(await kept.take(TASK, folder)).toEqual([]);
    expect(readdirSync(root)).toEqual([]);
    const parts = await KeptParts.of(folder, TASK);
    expect(await parts.find(aPart(1), signal)).toMatchObject(MADE);
    expect(readFileSync(join(folder, "0/slice-1.mp4"), "utf8")).toBe("slice 1");
    expect(await parts.find(aPart(2), signal)).toBeUndefined();
    expect(existsSync(join(folder, "0/slice-0.mp4"))).toBe(false);
  });

  test("are kept again by a run that fails, those that it found and those that it made", async () => {
    const { kept } = aStore();
    await kept.keep(await worked([0]));
    const folder = tempFolder();
    await kept.take(TASK, folder);
    const parts = await KeptParts.of(folder, TASK);
    await parts.find(aPart(0), signal);
    writeFileSync(join(folder, "0/slice-1.mp4"), "slice 1");
    await parts.keep(aPart(1), MADE, signal);
    await kept.keep(folder);
    const later = tempFolder();
    await kept.take(TASK, later);
    expect(await found(later, [0, 1])).toEqual([50, 50]);
  });

  const others: readonly (readonly [string, (folder: string) => void])[] = [
    ["is changed", (folder) => writeFileSync(join(folder, "0/slice-0.mp4"), "slice X")],
    ["is cut off", (folder) => writeFileSync(join(folder, "0/slice-0.mp4"), "slice")],
    ["is gone", (folder) => renameSync(join(folder, "0/slice-0.mp4"), join(folder, "x"))],
    ["is noted by half a note", (folder) => writeFileSync(join(folder, "slices.json"), "{")],
    [
      "is noted to lie elsewhere",
      (folder) => {
        const note = readFileSync(join(folder, "slices.json"), "utf8");
        writeFileSync(join(folder, "slices.json"), note.replaceAll("0/slice-0", "../slice-0"));
      },
    ],
  ];
  test.each(others)("are made again where one %s", async (_, change) => {
    const folder = await worked([0]);
    change(folder);
    expect(await found(folder, [0])).toEqual([undefined]);
  });

  test("are made again for another plan, another source or another engine: for another digest", async () => {
    expect(await found(await worked([0]), [0], "cd34")).toEqual([undefined]);
  });

  test("are found after a crash between a move and its note", async () => {
    const folder = await worked([0, 1]);
    const parts = await KeptParts.of(folder, TASK);
    await parts.setAside("ab12");
    expect(readdirSync(join(folder, "0"))).toEqual([]);
    expect(await found(folder, [0, 1])).toEqual([50, 50]);
  });

  test("are removed once nobody is to go on with them", async () => {
    const folder = await worked([0, 1]);
    const parts = await KeptParts.of(folder, TASK);
    await parts.setAside("ab12");
    await parts.drop();
    expect(readdirSync(join(folder, "slices"))).toEqual([]);
    const { root, kept } = aStore();
    await kept.keep(folder);
    expect(existsSync(root)).toBe(false);
  });

  test("are not kept by a run after which all begins anew, nor if they take more than there is room for", async () => {
    const { root, kept } = aStore(10);
    await kept.keep(await worked([0]), () => true, false);
    expect(existsSync(root)).toBe(false);
    await kept.keep(await worked([0, 1]));
    expect(readdirSync(root)).toEqual([]);
  });
});
