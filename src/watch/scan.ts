import { constants } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../lib/errno-of.ts";

/** A file as a look found it. */
export type FoundFile = {
  /** Relative to the folder, with `/` between names. */
  readonly path: string;
  readonly sizeBytes: number;
  /** When its content was changed last, and when anything of it was, its name included; ms since the epoch by the clock of its disk. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
};

/** What a look found. */
export type Looked = {
  /** Those that may become tasks. */
  readonly files: readonly FoundFile[];
  /** Those whose names say that they are not whole: one that is renamed later is known by then. */
  readonly unfinished: readonly FoundFile[];
  /** Whether all files were seen: there were no more than may be, and every folder could be read. */
  readonly isAll: boolean;
};

/** What to look for. */
export type ScanOptions = {
  readonly depth: number;
  readonly extensions: readonly string[];
  /** How many files a look sees at most. */
  readonly filesMax: number;
  readonly signal: AbortSignal;
};

/** Names that programs give to what they have not written to its end, and of backups. */
const UNFINISHED = /\.(?:part|partial|filepart|crdownload|tmp|temp)$|~$/i;

/** A folder that is still to be looked into. */
type Within = { readonly path: string; readonly depth: number };

/** Looks at the files of a folder, at none by a link. @throws the system's error if it cannot be looked into */
export async function scan(folder: string, options: ScanOptions): Promise<Looked> {
  const files: FoundFile[] = [];
  const unfinished: FoundFile[] = [];
  const folders: Within[] = [{ path: "", depth: 0 }];
  let isAll = true;
  for (let within = folders.pop(); within; within = folders.pop()) {
    const names = await namesIn(folder, within.path);
    if (!names) isAll = false;
    for (const each of names ?? []) {
      options.signal.throwIfAborted();
      if (files.length + unfinished.length >= options.filesMax)
        return { files, unfinished, isAll: false };
      const found = await lookAt(folder, `${within.path}${each.name}`, each.isFolder);
      if (found === "folder") {
        if (within.depth < options.depth && !each.name.startsWith("."))
          folders.push({ path: `${within.path}${each.name}/`, depth: within.depth + 1 });
      } else if (found && isUnfinished(each.name)) unfinished.push(found);
      else if (found && isWanted(each.name, options.extensions)) files.push(found);
    }
  }
  return { files, unfinished, isAll };
}

const isUnfinished = (name: string): boolean => name.startsWith(".") || UNFINISHED.test(name);

function isWanted(name: string, extensions: readonly string[]): boolean {
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return extensions.length === 0 || (name.includes(".") && extensions.includes(extension));
}

/** The names in a folder but links; undefined if it is not the first one and cannot be read. */
async function namesIn(
  root: string,
  within: string,
): Promise<readonly { readonly name: string; readonly isFolder: boolean }[] | undefined> {
  try {
    const entries = await readdir(join(root, within), { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isSymbolicLink())
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  } catch (error) {
    if (within === "") throw error;
    return undefined;
  }
}

/** A file, or a folder (some file systems do not say so with the name), or undefined for what is of no use or gone. */
async function lookAt(
  root: string,
  path: string,
  isFolder: boolean,
): Promise<FoundFile | "folder" | undefined> {
  if (isFolder) return "folder";
  try {
    const info = await lstat(join(root, path));
    if (info.isDirectory()) return "folder";
    if (!info.isFile()) return undefined;
    const { size: sizeBytes, mtimeMs, ctimeMs, ino } = info;
    return { path, sizeBytes, mtimeMs, ctimeMs, ino };
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}

/** Never through a link, and without waiting for a pipe that has just taken the file's place. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Whether a file can be read and is still what a look found. A share lets nobody read what another has opened to write it. */
export async function isStill(folder: string, file: FoundFile): Promise<boolean> {
  try {
    const handle = await open(join(folder, file.path), READ_FLAGS);
    try {
      const info = await handle.stat();
      return info.isFile() && info.size === file.sizeBytes && info.mtimeMs === file.mtimeMs;
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}
