import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { sep } from "node:path";
import { getLogger } from "@logtape/logtape";
import { errnoOf } from "../lib/errno-of.ts";
import { once } from "../lib/once.ts";
import type { Config } from "./config.ts";

const log = getLogger(["pontus"]);

/** The mode of a file that its owner alone may read. */
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
/** The same for a folder that others pass through to a folder below it, but cannot list. */
const PASSED_FOLDER = 0o711;
const OTHERS = 0o077;

/**
 * Keeps what this process makes from now on, and what its encoders make, to the owner.
 *
 * @returns the umask that the process was started with; undefined where the runtime does not permit to change it: Deno with
 *   less than all of `--allow-sys`, which has no name for it
 */
export const keepToOwner = once((): number | undefined => {
  try {
    return process.umask(OTHERS);
  } catch {
    return undefined;
  }
});

/** Makes the data folder, and closes it to others, with what an older build has left open in it. */
export function closeDataFolder({ dataFolder, databasePath, mediaRoots }: Config): void {
  mkdirSync(dataFolder, { recursive: true });
  const holdsMedia = mediaRoots.some((root) => root.startsWith(dataFolder + sep));
  close(dataFolder, holdsMedia ? PASSED_FOLDER : OWNER_ONLY_FOLDER);
  if (databasePath === ":memory:") return;
  for (const file of ["", "-wal", "-shm"]) close(`${databasePath}${file}`, OWNER_ONLY);
}

/** Takes from a file or a folder what its mode gives to others beyond this one. */
function close(path: string, mode: number): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || (found.mode & OTHERS & ~mode) === 0) return;
  try {
    chmodSync(path, found.mode & mode);
  } catch (error) {
    log.warn("Cannot close {path} to other users: {error}", { path, error });
  }
}

/**
 * Durably writes a file of the owner that does not exist yet; another instance that starts at the same time may be first. The file is
 * whole from the moment it has its name: a crash leaves nothing that the next start could not use.
 *
 * @returns whether it was written
 */
export function writeNew(path: string, text: string): boolean {
  if (existsSync(path)) return false;
  const part = `${path}.${randomBytes(8).toString("hex")}.part`;
  try {
    writeFileSync(part, text, { mode: OWNER_ONLY, flag: "wx", flush: true });
    // Unlike a rename, a link does not replace a file that is there.
    linkSync(part, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
}
