import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { totalOf } from "../../plan/verify/finished-set.ts";
import type { FinishedFiles } from "../../storage/storage.ts";

/** The size of a file, or of a playlist and all files that belong to it, in bytes. */
export async function sizeOfFinished({ entry, segments }: FinishedFiles): Promise<number> {
  const names = segments === undefined ? [] : await readdir(segments);
  const paths = [entry, ...names.map((name) => join(segments ?? "", name))];
  return totalOf(await Promise.all(paths.map(async (path) => (await stat(path)).size)));
}
