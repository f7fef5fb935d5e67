import { constants } from "node:fs";
import { copyFile, link, mkdir, readdir, stat, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { digestOf } from "../../disk/file-digest.ts";
import { errnoOf, isDiskFull } from "../../lib/errno-of.ts";
import type { FinishedFiles } from "../../storage/storage.ts";

/** A file of a result. */
export type ResultFile = {
  /** Relative to the folder of its result: `out.mp4`, `segments/0.ts`. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
};

/** The names of a result's files, relative to the folder that its entry lies in. */
export async function namesOf({ entry, segments }: FinishedFiles): Promise<readonly string[]> {
  const own = segments === undefined ? [] : (await readdir(segments)).toSorted();
  return [basename(entry), ...own.map((name) => join(basename(segments ?? ""), name))];
}

/** Where the files of a finished result lie. */
export const pathOf = ({ entry, segments }: FinishedFiles, name: string): string =>
  name === basename(entry) ? entry : join(dirname(segments ?? entry), name);

/**
 * Gives a finished file a second name; copies it where the file system has no second names. Neither is ever written to again: what
 * is delivered is always a copy.
 */
export async function placeFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(from, to);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || isDiskFull(error)) throw error;
    // Never onto a name that is there: it may be a second one of the same file.
    await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  }
}

/** Describes a file by its size and bytes. */
export const describeFile = async (
  path: string,
  name: string,
  signal: AbortSignal,
): Promise<ResultFile> => ({
  name,
  sizeBytes: (await stat(path)).size,
  sha256: await digestOf(path, signal),
});

/** Notes that a result is used: the time of its folder says when it was used last. */
export const markUsed = (folder: string): Promise<void> => {
  const now = new Date();
  return utimes(folder, now, now).catch(() => {});
};

/** Whether a file is still what it was described as. */
export async function isSameFile(
  path: string,
  { sizeBytes, sha256 }: ResultFile,
  signal: AbortSignal,
): Promise<boolean> {
  return (await stat(path)).size === sizeBytes && (await digestOf(path, signal)) === sha256;
}
