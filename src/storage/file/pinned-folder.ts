import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errnoOf } from "../../lib/errno-of.ts";
import { outside } from "./file-address.ts";
import { FOLDER_MODE, openToOthers } from "./file-modes.ts";
import { syncFolder } from "./file-part.ts";

const FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0);
const NO_LINK = constants.O_NOFOLLOW ?? 0;
/** What the system adds to the name of something open that has been removed. */
export const REMOVED = " (deleted)";

/**
 * A folder that is held open: what is done below `path` is done in it, whatever has taken its place in the tree meanwhile.
 *
 * Where the runtime keeps `/proc` closed (Deno without `--allow-all`), `path` is the folder's own, and only `confirm` tells that
 * the folder was moved.
 */
export type PinnedFolder = {
  /** Absolute, as long as it is open. */
  readonly path: string;
  /** Rejects if the folder is no longer where it was judged. */
  readonly confirm: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** The conditions of opening a folder. */
type PinOptions = {
  /** As the caller wrote it, for errors. */
  readonly url: string;
  /** Whether missing folders are made. */
  readonly isMade?: boolean;
  /** As `openToOthers` has it. */
  readonly umask?: number | undefined;
};

/**
 * Opens a folder by its real path, which was judged, and checks that it is that folder which was opened.
 *
 * @throws {TaskError} `access_denied` if a link has taken its place, or that of a folder above it
 * @throws the system's error
 */
async function pinFolder(folder: string, options: PinOptions): Promise<PinnedFolder> {
  const handle = await openOrMake(folder, options);
  const inside = `/proc/self/fd/${handle.fd}`;
  const isHeld = await readlink(inside).then(
    () => true,
    () => false,
  );
  const pinned = {
    path: isHeld ? inside : folder,
    confirm: async () => {
      const real = isHeld ? await readlink(inside) : await realpath(folder);
      if (real === `${folder}${REMOVED}`) throw gone(folder);
      if (real !== folder) throw outside(options.url);
    },
    close: () => handle.close(),
  };
  try {
    await pinned.confirm();
    return pinned;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openOrMake(folder: string, options: PinOptions): Promise<FileHandle> {
  try {
    return await open(folder, FOLDER);
  } catch (error) {
    if (!options.isMade || errnoOf(error) !== "ENOENT" || dirname(folder) === folder) throw error;
    return await makeInside(folder, options);
  }
}

/** Makes a folder in the one above it, which is opened first: nothing is made behind a link. */
async function makeInside(folder: string, options: PinOptions): Promise<FileHandle> {
  const parent = await pinFolder(dirname(folder), options);
  try {
    const path = join(parent.path, basename(folder));
    const isNew = await mkdir(path, FOLDER_MODE).then(
      () => true,
      (error: unknown) => {
        // Another delivery has made it.
        if (errnoOf(error) === "EEXIST") return false;
        throw error;
      },
    );
    const made = await open(path, FOLDER | NO_LINK);
    if (!isNew) return made;
    await openToOthers(made, FOLDER_MODE, options.umask);
    // The new folder's name must survive a power cut as the file in it does.
    await syncFolder(parent.path);
    return made;
  } finally {
    await parent.close();
  }
}

const gone = (folder: string): Error =>
  Object.assign(new Error(`the folder ${JSON.stringify(folder)} was removed`), { code: "ENOENT" });

/** Runs an action in a folder that is held open meanwhile. @throws as `pinFolder`, and what the action throws */
export async function inFolder<T>(
  folder: string,
  options: PinOptions,
  action: (folder: PinnedFolder) => Promise<T>,
): Promise<T> {
  const pinned = await pinFolder(folder, options);
  try {
    return await action(pinned);
  } finally {
    await pinned.close();
  }
}
