import { copyFile, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { digestOf } from "../../disk/file-digest.ts";
import type { StoredFile } from "../../slices/slices.ts";
import type { Storage } from "../../storage/storage.ts";
import { toTaskError } from "../../task/errors.ts";

const log = getLogger(["pontus", "slices"]);

/** Names are different for each run of a part, so nothing has to be told apart by this. */
const LEFT = { stem: "slice", attempt: 0 };
const TAG = `${LEFT.stem}-${LEFT.attempt}`;

/** Where parts are kept that workers have made for each other. */
export type SlicePlace = {
  /** The address of a file by its name. */
  readonly urlOf: (name: string) => string;
  readonly storage: Storage;
  /** Removes a file; one that is not there is removed already. */
  readonly remove: (url: string, signal: AbortSignal) => Promise<void>;
};

/** Finished parts of long encodes on their way to the worker that joins them. */
export class SliceStore {
  readonly #place: SlicePlace;

  constructor(place: SlicePlace) {
    this.#place = place;
  }

  /** Stores a file. @param path - absolute @throws {TaskError} as `Storage.deliver` */
  async put(path: string, name: string, signal: AbortSignal): Promise<StoredFile> {
    const { storage, urlOf } = this.#place;
    const [{ size: sizeBytes }, sha256] = await Promise.all([stat(path), digestOf(path, signal)]);
    const free = async () => {};
    const options = { tag: TAG, mayPublish: free, mayTidy: free, signal };
    await storage.deliver({ entry: path }, urlOf(name), options);
    return { name, sizeBytes, sha256 };
  }

  /**
   * Fetches a file.
   *
   * @param path - absolute, where it goes
   * @returns whether it is there, and is what was stored: its size and its digest are compared
   * @throws the signal's reason
   */
  async fetch(
    { name, sizeBytes, sha256 }: StoredFile,
    path: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { storage, urlOf } = this.#place;
    // No run may have written there yet.
    await mkdir(dirname(path), { recursive: true });
    const folder = await mkdtemp(join(dirname(path), "fetched-"));
    try {
      const opened = await storage.open(urlOf(name), { folder, signal });
      await copyFile(opened.path, path);
      await opened.close?.();
      const isSame =
        (await stat(path)).size === sizeBytes && (await digestOf(path, signal)) === sha256;
      if (!isSame) log.warn("Slice {name} is not what was stored, and is made again", { name });
      return isSame;
    } catch (error) {
      signal.throwIfAborted();
      log.warn("Cannot fetch slice {name}, which is made again: {error}", { name, error });
      return false;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Removes files, and what was left of storing them; where one cannot be, the store is away for the others, too. @returns whether all are gone */
  async remove(names: readonly string[], signal: AbortSignal): Promise<boolean> {
    const { storage, urlOf, remove } = this.#place;
    for (const name of names) {
      const url = urlOf(name);
      try {
        await storage.sweep?.(url, LEFT, { mayTidy: async () => {}, signal });
        await remove(url, signal);
      } catch (error) {
        signal.throwIfAborted();
        log.info("Cannot remove slice {name}: {error}", { name, error: toTaskError(error) });
        return false;
      }
    }
    return true;
  }
}
