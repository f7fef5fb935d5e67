import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { isLocal, openForWriting } from "../../src/watch/file-systems.ts";
import { isStill, scan } from "../../src/watch/scan.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real files on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const { signal } = new AbortController();
const all = { depth: 8, extensions: [], filesMax: 100, signal };
const pathsOf = (files: readonly { readonly path: string }[]) =>
  files.map(({ path }) => path).sort();

/** A folder with files at these paths. */
function folderOf(...paths: readonly string[]): string {
  const folder = tempFolder();
  for (const path of paths) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), path);
  }
  return folder;
}

describe("scan", () => {
  test("finds files in folders, and tells those apart that are not whole by their names", async () => {
    const names = ["b.mov.part", "c.tmp", "d~", ".e.mov", "f.Partial", ".g/h.mov"];
    const folder = folderOf("a.mov", "1/a.mov", "1/2/a.mov", ...names);
    const { files, unfinished, isAll } = await scan(folder, all);
    expect(pathsOf(files)).toEqual(["1/2/a.mov", "1/a.mov", "a.mov"]);
    expect(pathsOf(unfinished)).toEqual([".e.mov", "b.mov.part", "c.tmp", "d~", "f.Partial"]);
    expect(isAll).toBe(true);
  });

  test("goes so deep, takes these extensions, and sees so many files", async () => {
    const folder = folderOf("a.mov", "1/b.MOV", "1/2/c.mov", "d.txt", "mov");
    const shallow = await scan(folder, { ...all, depth: 1, extensions: ["mov"] });
    expect(pathsOf(shallow.files)).toEqual(["1/b.MOV", "a.mov"]);
    const few = await scan(folder, { ...all, filesMax: 2 });
    expect([few.files.length, few.isAll]).toEqual([2, false]);
  });

  test("follows no link, neither of a file nor of a folder", async () => {
    const elsewhere = folderOf("secret.mov");
    const folder = folderOf("a.mov");
    symlinkSync(elsewhere, join(folder, "folder"));
    symlinkSync(join(elsewhere, "secret.mov"), join(folder, "file.mov"));
    expect(pathsOf((await scan(folder, all)).files)).toEqual(["a.mov"]);
  });

  test("rejects where there is no folder, and when it is aborted", async () => {
    expect(scan(join(tempFolder(), "none"), all)).rejects.toThrow("ENOENT");
    const aborted = AbortSignal.abort(new Error("stopped"));
    expect(scan(folderOf("a.mov"), { ...all, signal: aborted })).rejects.toThrow("stopped");
  });
});

describe("isStill", () => {
  test("holds for a file until it changes", async () => {
    const folder = folderOf("a.mov");
    const [file] = (await scan(folder, all)).files;
    if (!file) throw new Error("no file was found");
    expect(await isStill(folder, file)).toBe(true);
    writeFileSync(join(folder, "a.mov"), "longer than before");
    expect(await isStill(folder, file)).toBe(false);
    expect(await isStill(folder, { ...file, path: "gone.mov" })).toBe(false);
  });
});

describe("openForWriting", () => {
  test("tells which files a process has open to write", async () => {
    const folder = folderOf("written.mov", "read.mov", "closed.mov");
    const paths = ["written.mov", "read.mov", "closed.mov"].map((name) => join(folder, name));
    const handles = [await open(paths[0] ?? "", "r+"), await open(paths[1] ?? "", "r")];
    expect([...(await openForWriting(new Set(paths), signal))]).toEqual(paths.slice(0, 1));
    for (const handle of handles) await handle.close();
    expect([...(await openForWriting(new Set(paths), signal))]).toEqual([]);
  });
});

test("isLocal tells that a folder of this machine is one, and not of what is not there", async () => {
  expect(await isLocal(tempFolder())).toBe(true);
  expect(await isLocal(join(tempFolder(), "none"))).toBe(false);
});
