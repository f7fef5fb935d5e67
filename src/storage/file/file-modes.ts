import type { FileHandle } from "node:fs/promises";

/** What a program asks for when it makes a file or a folder; the umask takes from it. */
export const FILE_MODE = 0o666;
/** The same of a folder. */
export const FOLDER_MODE = 0o777;
const OTHERS = 0o077;
const SPECIAL = 0o7000;

/**
 * Gives what was just made the mode that it would have under the operator's umask: the process's own is 077, and a web server has
 * to read what is delivered. What a default ACL gave to others stays as it is.
 *
 * @param umask - the operator's; undefined if the process has it still
 */
export async function openToOthers(
  handle: FileHandle,
  mode: number,
  umask: number | undefined,
): Promise<void> {
  if (umask === undefined) return;
  const made = (await handle.stat()).mode;
  if ((made & OTHERS) !== 0) return;
  // A file system without modes of its own (vfat, some network shares) refuses, and shows every file as it was mounted.
  await handle.chmod((made & SPECIAL) | (mode & ~umask)).catch(() => {});
}
