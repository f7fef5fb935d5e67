import { close, constants, fstat, open, read, type Stats } from "node:fs";
import { link, lstat, open as openFile, readlink, realpath, rm, symlink } from "node:fs/promises";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { errnoOf, isDiskFull } from "../../lib/errno-of.ts";
import { once } from "../../lib/once.ts";
import { TaskError } from "../../task/errors.ts";
import { quoteAddress } from "../addresses.ts";
import type { OpenedSource } from "../storage.ts";
import { outside } from "./file-address.ts";
import { REMOVED } from "./pinned-folder.ts";

// Numbers rather than handles: Bun ends the process if a handle is lost unclosed, as it could be when a task is given up.
const fd = {
  open: promisify(open),
  close: promisify(close),
  stat: promisify<number, Stats>(fstat),
  read: promisify(read),
};

/** Never through a link, and without waiting for a pipe that has just taken the file's place. */
const SOURCE_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const COPY_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
const CHUNK_BYTES = 1 << 20;
/** A file that is replaced all the time is opened again so often. */
const OPENS_MAX = 5;

/** The conditions of opening a source. */
export type SourceConditions = {
  /** As the caller wrote it, for errors. */
  readonly url: string;
  /** The attempt's own scratch folder, which gets a name for what was opened. */
  readonly folder: string;
  readonly signal: AbortSignal;
};

/**
 * Opens a source by its real path, which was judged, and checks that it is that file which was opened. Programs read it by a name in
 * scratch, which leads to what is open here and nowhere else, whatever takes the file's place in the tree.
 *
 * The name has the file's extension: some formats are known by it alone.
 *
 * @throws {TaskError} `source_missing`; `access_denied` if a link has taken its place, or that of a folder above it
 * @throws the system's error
 */
export async function pinSource(
  real: string,
  { url, folder, signal }: SourceConditions,
): Promise<OpenedSource> {
  const path = join(folder, `source${extname(real)}`);
  let isNamed = false;
  const {
    fd: opened,
    info,
    close,
  } = await openPinned(real, url, async (number, found) => {
    await rm(path, { force: true });
    const place = await nameOpened(number, path);
    isNamed = place !== undefined;
    return place ?? placeOf(found, real);
  });
  try {
    if (!isNamed) await keepContent(opened, info, { real, path, signal });
  } catch (error) {
    await close();
    throw error;
  }
  const version = `${info.mtimeMs} ${info.ino}`;
  return { path, sizeBytes: info.size, foundAt: pathToFileURL(real).href, version, close };
}

/**
 * Makes a link to an open file.
 *
 * @returns the real path of what is open; undefined where there is no `/proc`, or the runtime makes no links: Deno where reading or
 *   writing is limited to some folders
 */
async function nameOpened(opened: number, path: string): Promise<string | undefined> {
  // Not `/proc/self`: the encoder is another process.
  const name = `/proc/${process.pid}/fd/${opened}`;
  try {
    await symlink(name, path);
    // Deno looks into `/proc` only with `--allow-all`, but follows a link to it.
    return await readlink(name).catch(() => realpath(path));
  } catch (error) {
    const isImpossible = error instanceof Error && error.name === "NotCapable";
    if (!isImpossible && errnoOf(error) !== "ENOENT") throw error;
    await rm(path, { force: true });
    return undefined;
  }
}

/** The same where the system does not say it: the file that is open is still the one at its path, or was replaced. */
async function placeOf(info: Stats, real: string): Promise<string> {
  const place = await realpath(real);
  return place !== real || isSame(await lstat(real), info) ? place : `${real}${REMOVED}`;
}

const isSame = (one: Stats, other: Stats): boolean =>
  one.dev === other.dev && one.ino === other.ino;

/** Gives an open file a second name in scratch; copies it where that cannot be done. */
async function keepContent(
  opened: number,
  info: Stats,
  { real, path, signal }: { readonly real: string; readonly path: string; signal: AbortSignal },
): Promise<void> {
  const isLinked = await link(real, path).then(
    async () => isSame(await lstat(path), info),
    () => false,
  );
  if (isLinked) return;
  await rm(path, { force: true });
  const copy = await openFile(path, COPY_FLAGS);
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (let at = 0; ; ) {
      signal.throwIfAborted();
      const { bytesRead } = await fd.read(opened, buffer, 0, CHUNK_BYTES, at);
      if (bytesRead === 0) return;
      await copy.writeFile(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } catch (cause) {
    if (!isDiskFull(cause)) throw cause;
    const why = "Cannot copy the source: there is no room for it in scratch";
    throw new TaskError("scratch_full", why, { cause });
  } finally {
    await copy.close();
  }
}

/** A file that is open. */
export type OpenedFile = {
  readonly fd: number;
  readonly info: Stats;
  readonly close: () => Promise<void>;
};

/**
 * Opens a file by its real path, which was judged, and checks that it is that file which was opened.
 *
 * @param locate - gives the real path of what is open; `REMOVED` behind it says that it is there no longer
 * @throws {TaskError} `source_missing` if it is no file; `access_denied` if a link has taken its place, or that of a folder above it
 * @throws the system's error
 */
export async function openPinned(
  real: string,
  url: string,
  locate = (_: number, info: Stats): Promise<string> => placeOf(info, real),
): Promise<OpenedFile> {
  refuseOthers(await lstat(real), url);
  for (let opens = 1; opens <= OPENS_MAX; opens++) {
    const opened = await fd.open(real, SOURCE_FLAGS);
    const close = once(() => fd.close(opened));
    try {
      const info = await fd.stat(opened);
      refuseOthers(info, url);
      const place = await locate(opened, info);
      if (place === real) return { fd: opened, info, close };
      if (place !== `${real}${REMOVED}`) throw outside(url);
    } catch (error) {
      await close();
      throw error;
    }
    await close();
  }
  throw missing(url, "it is replaced again and again");
}

/** Reads from a position on. @returns how many bytes; 0 behind the end */
export const readOpened = async (
  { fd: opened }: OpenedFile,
  buffer: Buffer,
  position: number,
): Promise<number> => (await fd.read(opened, buffer, 0, buffer.byteLength, position)).bytesRead;

/** Refuses what is no regular file. */
function refuseOthers(info: Stats, url: string): void {
  if (info.isDirectory()) throw missing(url, "it is a folder");
  if (info.isSymbolicLink()) throw missing(url, "it is a link that leads nowhere");
  if (!info.isFile()) throw missing(url, "it is not a regular file");
}

const missing = (url: string, state: string): TaskError =>
  new TaskError("source_missing", `Cannot read the source ${quoteAddress(url)}: ${state}`);
