import { expect, setDefaultTimeout, test } from "bun:test";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SliceStore } from "../../../src/worker/parts/slice-store.ts";
import { aStorage, filesOf } from "../../fixtures/file-storage.ts";
import { hastyHttpStorage } from "../../fixtures/http-storage.ts";
import { startMediaServer } from "../../fixtures/media-server.ts";

setDefaultTimeout(30_000);

const SIGNAL = new AbortController().signal;

async function aStore() {
  const { storage, root, scratch } = await aStorage();
  const urlOf = (name: string) => pathToFileURL(join(root, name)).href;
  const remove = (url: string) => rm(fileURLToPath(url), { force: true });
  const store = new SliceStore({ urlOf, storage, remove });
  const made = join(scratch, "made");
  await writeFile(made, "pictures");
  return { store, root, scratch, made, stored: await store.put(made, "a.part", SIGNAL) };
}

test("what is stored is fetched as it was, and removed", async () => {
  const { store, root, scratch, stored } = await aStore();
  expect(stored).toMatchObject({ name: "a.part", sizeBytes: 8 });
  const path = join(scratch, "fetched");
  expect(await store.fetch(stored, path, SIGNAL)).toBe(true);
  expect(await readFile(path, "utf8")).toBe("pictures");
  expect(await store.remove(["a.part", "never-there.part"], SIGNAL)).toBe(true);
  expect(await filesOf(root)).toEqual([]);
  expect(await filesOf(scratch)).toEqual(["fetched", "made"]);
});

test.each([
  ["was changed", (path: string) => writeFile(path, "pictureS")],
  ["was cut", (path: string) => writeFile(path, "pict")],
  ["is gone", (path: string) => rm(path)],
])("what %s is not taken for what was stored", async (_, spoil) => {
  const { store, root, scratch, stored } = await aStore();
  await spoil(join(root, "a.part"));
  expect(await store.fetch(stored, join(scratch, "fetched"), SIGNAL)).toBe(false);
});

test("of a store that is away, not each file is asked to be gone", async () => {
  const { storage, root } = await aStorage();
  const asked: string[] = [];
  const remove = async (url: string) => {
    asked.push(url.slice(-6));
    throw new Error("it is away");
  };
  const urlOf = (name: string) => pathToFileURL(join(root, name)).href;
  const store = new SliceStore({ urlOf, storage, remove });
  expect(await store.remove(["a.part", "b.part"], SIGNAL)).toBe(false);
  expect(asked).toEqual(["a.part"]);
});

test("a store on a server of HTTP keeps files, and is not taken to have removed what it refuses to", async () => {
  const server = await startMediaServer();
  try {
    const { scratch } = await aStorage();
    const storage = hastyHttpStorage();
    const urlOf = (name: string) => server.url(`/slices/${name}`);
    const remove = (url: string, signal: AbortSignal) => storage.remove(url, signal);
    const store = new SliceStore({ urlOf, storage, remove });
    await writeFile(join(scratch, "made"), "pictures");
    const stored = await store.put(join(scratch, "made"), "a.part", SIGNAL);
    expect(await store.fetch(stored, join(scratch, "fetched"), SIGNAL)).toBe(true);
    server.next("/slices/a.part", [(_, response) => void response.writeHead(405).end()]);
    expect(await store.remove(["a.part"], SIGNAL)).toBe(false);
    expect([...server.files.keys()]).toEqual(["/slices/a.part"]);
    expect(await store.remove(["a.part", "never-there.part"], SIGNAL)).toBe(true);
    expect([...server.files.keys()]).toEqual([]);
  } finally {
    await server.close();
  }
});
