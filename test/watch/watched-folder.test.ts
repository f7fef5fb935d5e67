import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FolderPorts, WatchedFolder } from "../../src/watch/watched-folder.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real files on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** The files of a folder that the store is asked about. */
async function asked(root: string, folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  const ports = {
    watched: {
      taken: async (files: readonly { readonly path: string }[]) => {
        paths.push(...files.map(({ path }) => path));
        return files;
      },
      tidy: async () => {},
    },
    now: () => 0,
  } as unknown as FolderPorts;
  const where = { folder, source: "in/", clientCode: "ada", target: "out/{name}.mp4" };
  const watch = { ...where, depth: 0, extensions: [] };
  const options = { roots: [root], settleMs: 0, intervalMs: 1 };
  await new WatchedFolder(watch, ports, options).look(new AbortController().signal);
  return paths;
}

test("a watched folder is not looked into where a link leads out of the media roots", async () => {
  const root = tempFolder();
  const elsewhere = tempFolder();
  mkdirSync(join(root, "in"));
  symlinkSync(join(root, "in"), join(root, "within"));
  symlinkSync(elsewhere, join(root, "without"));
  for (const folder of [join(root, "in"), elsewhere]) writeFileSync(join(folder, "a.mov"), "a");
  expect(await asked(root, join(root, "within"))).toEqual(["a.mov"]);
  expect(await asked(root, join(root, "without"))).toEqual([]);
});
