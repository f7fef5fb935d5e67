import { lstat } from "node:fs/promises";
import { errnoOf } from "../../lib/errno-of.ts";
import { TaskError } from "../../task/errors.ts";
import { quoteAddress } from "../addresses.ts";

/** Refuses a target whose place is taken: it may be missing, a file, or a dangling link. */
export async function refuseOccupied(path: string, url: string): Promise<void> {
  const info = await lstatIfAny(path);
  if (!info || info.isFile() || info.isSymbolicLink()) return;
  throw occupied(url, info.isDirectory() ? "a folder is in its place" : "it is not a regular file");
}

/** Refuses a set if a file is in the place of its folder. */
export async function refuseFile(folder: string, url: string): Promise<void> {
  const info = await lstatIfAny(folder);
  if (info?.isFile()) throw occupied(url, "a file is in the place of its segments' folder");
}

const occupied = (url: string, state: string): TaskError =>
  new TaskError("target_unwritable", `Cannot write the target ${quoteAddress(url)}: ${state}`);

async function lstatIfAny(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
