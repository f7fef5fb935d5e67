import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { unlessAborted } from "../../lib/unless-aborted.ts";
import { TaskError } from "../../task/errors.ts";
import { quoteAddress } from "../addresses.ts";
import { folderNameOf, segmentFolderOf, setAtPath } from "../set-names.ts";
import type {
  Address,
  DeliveryOptions,
  FinishedFiles,
  LiveSetWriter,
  OpenedSource,
  OpenOptions,
  Side,
  Storage,
} from "../storage.ts";
import { isInside, outside, readFileAddress } from "./file-address.ts";
import { sourceError, targetError, unresolved, writingTarget } from "./file-errors.ts";
import { FileLiveSet } from "./file-live-set.ts";
import { refuseFile, refuseOccupied } from "./file-occupied.ts";
import {
  copyPart,
  discard,
  partName,
  placePart,
  sweepParts,
  syncFolder,
  writePart,
} from "./file-part.ts";
import { publishSet, sweepSegments } from "./file-set.ts";
import { linkedPathOf, RealFolders, realPathOf } from "./real-path.ts";

/** Where files may be: absolute or relative to the working folder. */
export type FileStorageOptions = {
  /** The media roots, made when missing; plain paths are relative to the first. */
  readonly roots: readonly string[];
  /** Folders that no caller may touch though they may lie in a root: the service's own data. */
  readonly closed?: readonly string[];
};

/**
 * Files below the media roots, by `file:` URL or plain path.
 *
 * Links are followed first and judged afterwards, and again at each use. The names are compared byte by byte:
 * two spellings of one letter (Unicode normalisation) are two files, as they are to Linux.
 */
export class FileStorage implements Storage {
  readonly schemes = ["file"];
  /** As configured and as resolved: an address may be written either way. */
  readonly #roots: readonly string[];
  /** Real paths with whether they are open to callers, the deepest first. */
  readonly #zones: readonly { readonly folder: string; readonly isOpen: boolean }[];

  readonly #folders = new RealFolders();

  private constructor(
    roots: readonly string[],
    realRoots: readonly string[],
    closed: readonly string[],
  ) {
    this.#roots = [...new Set([...realRoots, ...roots])];
    this.#zones = [
      ...closed.map((folder) => ({ folder, isOpen: false })),
      ...realRoots.map((folder) => ({ folder, isOpen: true })),
    ].sort((a, b) => b.folder.length - a.folder.length);
  }

  /**
   * Makes the missing roots and resolves them.
   *
   * @throws {TaskError} `internal` when there is no root, or one is no folder and cannot be made
   */
  static async open({ roots, closed = [] }: FileStorageOptions): Promise<FileStorage> {
    if (roots.length === 0)
      throw new TaskError("internal", "Cannot open the media roots: there is none");
    const real = await Promise.all(roots.map(openRoot));
    const shut = await Promise.all(closed.map((folder) => realPathOf(resolve(folder))));
    return new FileStorage(
      roots.map((root) => resolve(root)),
      real,
      shut,
    );
  }

  async source(url: string): Promise<Address> {
    return { url, key: keyOf(await this.#judgeSoon(url, "source")) };
  }

  async target(url: string): Promise<Address> {
    const path = await this.#judgeSoon(url, "target");
    const set = setAtPath(path);
    if (!set) return { url, key: keyOf(path) };
    const { extension, folder } = set;
    return { url, key: keyOf(path), set: { extension, folderKey: keyOf(folder) } };
  }

  async open(url: string, { signal }: OpenOptions): Promise<OpenedSource> {
    return endingWith(signal, async () => {
      const path = await this.#judge(url, "source");
      try {
        return { path, sizeBytes: await sizeOfFile(path, url), foundAt: pathToFileURL(path).href };
      } catch (error) {
        throw sourceError(error, url);
      }
    });
  }

  async prepare(url: string, signal: AbortSignal): Promise<void> {
    return endingWith(signal, async () => {
      const path = await this.#judge(url, "target");
      try {
        await this.#makeFolder(dirname(path), url);
        await refuseOccupied(path, url);
        const set = setAtPath(path);
        if (set) await refuseFile(set.folder, url);
        await sweepParts(path);
        // Only a write shows what quotas, mounts and permissions allow.
        const probe = join(dirname(path), partName(basename(path), randomUUID()));
        await writePart(probe, async (handle) => {
          await handle.writeFile("\n");
        });
        await discard(probe);
      } catch (error) {
        throw targetError(error, url);
      }
    });
  }

  async deliver(finished: FinishedFiles, url: string, options: DeliveryOptions): Promise<void> {
    return writingTarget(url, options, async (ask) => {
      const path = await this.#openTarget(url, options.tag);
      const gate = async () => {
        await ask();
        await this.#confirm(dirname(path), url);
      };
      const { entry, segments } = finished;
      if (segments === undefined) return publishFile(entry, path, options, gate);
      const folder = await this.#openSetFolder(path, url);
      const both = async () => {
        await gate();
        await this.#confirm(folder, url);
      };
      await publishSet({ entry, segments }, { playlist: path, folder }, options, both);
    });
  }

  async openLiveSet(url: string, options: DeliveryOptions): Promise<LiveSetWriter> {
    const { tag, signal } = options;
    const opening = () =>
      writingTarget(url, options, async () => {
        const playlist = await this.#openTarget(url, tag);
        const folder = await this.#openSetFolder(playlist, url);
        // Only temporaries: a segment that nothing names yet may be named by a later playlist.
        await sweepSegments(folder, tag, () => true);
        return new FileLiveSet({ playlist, folder }, url, options, async () => {
          await this.#confirm(dirname(playlist), url);
          await this.#confirm(folder, url);
        });
      });
    return endingWith(signal, opening);
  }

  folderOf(url: string): string {
    // A playlist is written to the target of its link, and the folder is beside that.
    return folderNameOf(linkedPathOf(readFileAddress(url, this.#roots, "target")));
  }

  /** Finds a target's real path, makes its folder, and clears away what crashed attempts left of it. */
  async #openTarget(url: string, tag: string): Promise<string> {
    const path = await this.#judge(url, "target");
    await this.#makeFolder(dirname(path), url);
    await refuseOccupied(path, url);
    await sweepParts(path, tag);
    return path;
  }

  /** Makes the folder of the set whose playlist or manifest is at a real path; gives its own. */
  async #openSetFolder(playlist: string, url: string): Promise<string> {
    const folder = await this.#resolve(segmentFolderOf(playlist), url);
    await this.#makeFolder(folder, url);
    return folder;
  }

  /** The real path of an address that may be used; what is missing of it is taken as written. */
  async #judge(url: string, side: Side): Promise<string> {
    const path = readFileAddress(url, this.#roots, side);
    return this.#resolve(path, url, () => realPathOf(path));
  }

  /** The same for an address that is not used yet: a real path of its folder that is a moment old will do. */
  #judgeSoon(url: string, side: Side): string | Promise<string> {
    const path = readFileAddress(url, this.#roots, side);
    return this.#resolve(path, url, () => this.#folders.realPathOf(path));
  }

  #resolve(
    path: string,
    url: string,
    realPath: () => string | Promise<string> = () => realPathOf(path),
  ): string | Promise<string> {
    try {
      const real = realPath();
      if (typeof real === "string") return this.#open(real, url);
      return real.then(
        (found) => this.#open(found, url),
        (cause: unknown) => Promise.reject(unresolved(url, cause)),
      );
    } catch (cause) {
      throw cause instanceof TaskError ? cause : unresolved(url, cause);
    }
  }

  /** Checks that a real path is in a place that is open to callers. */
  #open(real: string, url: string): string {
    if (!this.#zones.find(({ folder }) => isInside(folder, real))?.isOpen) throw outside(url);
    return real;
  }

  /** Makes a folder whose path was resolved, and checks that it has not moved since it was judged. */
  async #makeFolder(folder: string, url: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true });
    await this.#confirm(folder, url);
    if (first === undefined) return;
    // The new folders' names must survive a power cut as the file in them does.
    for (let made = folder; made !== dirname(first); made = dirname(made))
      await syncFolder(dirname(made));
  }

  /** Links may have been changed since a folder was judged. */
  async #confirm(folder: string, url: string): Promise<void> {
    if ((await realpath(folder)) !== folder) throw outside(url);
  }
}

const keyOf = (path: string): string => `file:${path}`;

async function openRoot(root: string): Promise<string> {
  try {
    await mkdir(root, { recursive: true });
    const real = await realpath(root);
    if (!(await stat(real)).isDirectory()) throw new Error("not a folder");
    return real;
  } catch (cause) {
    throw new TaskError(
      "internal",
      `Cannot open the media root ${JSON.stringify(root)}: it is no folder and cannot be made`,
      { cause },
    );
  }
}

async function sizeOfFile(path: string, url: string): Promise<number> {
  const refuse = (state: string) =>
    new TaskError("source_missing", `Cannot read the source ${quoteAddress(url)}: ${state}`);
  const before = await lstat(path);
  if (before.isDirectory()) throw refuse("it is a folder");
  if (before.isSymbolicLink()) throw refuse("it is a link that leads nowhere");
  if (!before.isFile()) throw refuse("it is not a regular file");
  // Opened to check that it can be, without following a link or waiting for a pipe that has just taken its place.
  const handle = await open(
    path,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  );
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw refuse("it is not a regular file");
    return info.size;
  } finally {
    await handle.close();
  }
}

async function publishFile(
  entry: string,
  path: string,
  { tag, signal }: DeliveryOptions,
  gate: () => Promise<void>,
): Promise<void> {
  const part = join(dirname(path), partName(basename(path), tag));
  await copyPart(entry, part, signal);
  await placePart(part, path, gate);
  await syncFolder(dirname(path));
}

/** Ends with the signal even if the file system hangs; the action must leave nothing visible behind. */
async function endingWith<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return await unlessAborted(action(), signal);
}
