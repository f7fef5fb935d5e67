import { beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadCore } from "../../src/engine/wasm/wasm-core.ts";
import { createCore } from "../../wasm/core.ts";
import type { Fs, FsStream } from "../../wasm/emscripten.ts";
import { ERRNO } from "../../wasm/errno.ts";
import { createFolderFs } from "../../wasm/folder-fs.ts";
import { CONTROL } from "../../wasm/protocol.ts";
import { tempFolder } from "../fixtures/clips.ts";

// The core takes a moment to compile on a busy machine.
setDefaultTimeout(60_000);

/** What programs do with files, which the worker itself has no use for. */
type Files = Fs & {
  open(path: string, flags: string): FsStream;
  close(stream: FsStream): void;
  read(
    stream: FsStream,
    into: Uint8Array,
    offset: number,
    length: number,
    position?: number,
  ): number;
  write(stream: FsStream, bytes: Uint8Array, offset: number, length: number, at?: number): number;
  llseek(stream: FsStream, offset: number, whence: number): number;
  readFile(path: string, options: { readonly encoding: "utf8" }): string;
  writeFile(path: string, text: string): void;
  truncate(path: string, length: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  rmdir(path: string): void;
  readdir(path: string): string[];
  stat(path: string): { readonly size: number; readonly mode: number };
};

let fs: Files;
let folder: string;
let source: string;
let closeAll: () => void;

beforeAll(async () => {
  const { coreURL, module } = await loadCore({});
  const control = new Int32Array(CONTROL.length);
  fs = (await createCore(coreURL, module, control)).FS as Files;
});

let mounts = 0;

beforeEach(() => {
  folder = tempFolder();
  source = join(tempFolder(), "elsewhere.mp4");
  writeFileSync(source, "the source");
  const folders = createFolderFs(fs);
  closeAll = folders.closeAll;
  const mountPoint = `/mount-${mounts++}`;
  fs.mkdir(mountPoint);
  fs.mount(folders, { folder, files: { input: source } }, mountPoint);
  fs.chdir(mountPoint);
});

const text = { encoding: "utf8" } as const;
const onDisk = (name: string): string => readFileSync(join(folder, name), "utf8");

/** The core's number of the error that a call throws. */
function errnoOf(call: () => unknown): number | undefined {
  try {
    call();
  } catch (error) {
    return (error as { readonly errno?: number }).errno;
  }
  return undefined;
}

describe("createFolderFs", () => {
  test("writes and reads what is on the disk", () => {
    fs.mkdir("0");
    fs.writeFile("0/a.txt", "hello");
    expect(onDisk("0/a.txt")).toBe("hello");
    writeFileSync(join(folder, "0/b.txt"), "from outside");
    expect(fs.readFile("0/b.txt", text)).toBe("from outside");
    expect(fs.readdir("0").toSorted()).toEqual([".", "..", "a.txt", "b.txt"]);
    expect(fs.stat("0/b.txt").size).toBe(12);
  });

  test("writes anywhere in a file, and reads back through the same stream", () => {
    const stream = fs.open("a.bin", "w+");
    const bytes = new TextEncoder().encode("0123456789");
    expect(fs.write(stream, bytes, 0, 10)).toBe(10);
    expect(fs.write(stream, bytes, 8, 2, 0)).toBe(2);
    expect(fs.llseek(stream, -3, 2)).toBe(7);
    const read = new Uint8Array(5);
    expect(fs.read(stream, read, 0, 5)).toBe(3);
    expect(new TextDecoder().decode(read.subarray(0, 3))).toBe("789");
    expect(errnoOf(() => fs.llseek(stream, -1, 0))).toBe(ERRNO.EINVAL);
    fs.close(stream);
    expect(onDisk("a.bin")).toBe("8923456789");
    fs.truncate("a.bin", 4);
    expect(onDisk("a.bin")).toBe("8923");
  });

  test("replaces a file by renaming another over it, again and again", () => {
    for (const version of ["one", "two", "three"]) {
      fs.writeFile("list.tmp", version);
      fs.rename("list.tmp", "list");
      expect(fs.readFile("list", text)).toBe(version);
    }
    expect(readdirSync(folder)).toEqual(["list"]);
    fs.unlink("list");
    expect(errnoOf(() => fs.open("list", "r"))).toBe(ERRNO.ENOENT);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("moves a file to another folder, and removes folders that are empty", () => {
    mkdirSync(join(folder, "from"));
    mkdirSync(join(folder, "to"));
    fs.writeFile("from/a", "moved");
    expect(errnoOf(() => fs.rmdir("from"))).toBe(ERRNO.ENOTEMPTY);
    fs.rename("from/a", "to/b");
    expect(fs.readFile("to/b", text)).toBe("moved");
    fs.rmdir("from");
    expect(readdirSync(folder)).toEqual(["to"]);
  });

  test("gives the source under its name, to be read only", () => {
    writeFileSync(join(folder, "input"), "hidden by it");
    expect(fs.readFile("input", text)).toBe("the source");
    for (const change of [
      () => fs.writeFile("input", "changed"),
      () => fs.truncate("input", 0),
      () => fs.unlink("input"),
      () => fs.rename("input", "other"),
    ])
      expect([ERRNO.EACCES, ERRNO.EROFS]).toContain(errnoOf(change) as 2);
    expect(readFileSync(source, "utf8")).toBe("the source");
  });

  test("leads nowhere else: not by links, not by dots", () => {
    symlinkSync(source, join(folder, "link"));
    symlinkSync(join(source, ".."), join(folder, "way-out"));
    for (const path of ["link", "way-out/elsewhere.mp4", `..${source}`, source, "/etc/passwd"])
      expect([path, errnoOf(() => fs.open(path, "r"))]).toEqual([path, ERRNO.ENOENT]);
    expect(errnoOf(() => fs.writeFile("link", "changed"))).toBeNumber();
    expect(readFileSync(source, "utf8")).toBe("the source");
  });

  test("closes what a stopped run left open", () => {
    const stream = fs.open("a", "w");
    closeAll();
    expect(errnoOf(() => fs.write(stream, new Uint8Array(1), 0, 1))).toBe(ERRNO.EBADF);
  });
});
