import { basename, dirname, join, resolve } from "node:path";
import type { MediaFiles } from "../../disk/media-files.ts";
import type { Reach } from "../../lib/reach.ts";
import { TaskError } from "../../task/errors.ts";
import { folderNameOf, segmentFolderOf, setAtPath } from "../set-names.ts";
import type {
  Address,
  DeliveryOptions,
  FinishedFiles,
  Left,
  LiveSetWriter,
  OpenedSource,
  OpenOptions,
  PrepareOptions,
  Side,
  Storage,
  TidyOptions,
} from "../storage.ts";
import { isInside, outside, placeBelow, readFileAddress } from "./file-address.ts";
import { endingWith, sourceError, targetError, unresolved, writingTarget } from "./file-errors.ts";
import { FileLiveSet } from "./file-live-set.ts";
import { FileMedia } from "./file-media.ts";
import { refuseFile, refuseOccupied } from "./file-occupied.ts";
import { discard, newPartName, publishFile, sweepParts, writePart } from "./file-part.ts";
import { publishSet, sweepSegments } from "./file-set.ts";
import { isMissing, sweepBeside, sweepSetFolder } from "./file-sweep.ts";
import { inFolder, type PinnedFolder } from "./pinned-folder.ts";
import { pinSource } from "./pinned-source.ts";
import { clientFolder, linkedPathOf, openRoot, RealFolders, realPathOf } from "./real-path.ts";

/** Where files may be: absolute or relative to the working folder. */
export type FileStorageOptions = {
  /** The media roots, made when missing; plain paths are relative to the first. */
  readonly roots: readonly string[];
  /** Folders that no caller may touch though they may lie in a root: the service's own data. */
  readonly closed?: readonly string[];
  /** The umask for what is delivered, where that of the process is another. */
  readonly umask?: number | undefined;
  /** Called with each real path between judging and opening it: for tests, which put something else there. */
  readonly onJudged?: (path: string) => Promise<void>;
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
  readonly #made: readonly [FileStorageOptions, readonly string[]];
  readonly #limits: Limits;
  readonly #umask: number | undefined;
  readonly #onJudged: (path: string) => Promise<void>;

  private constructor(
    options: FileStorageOptions,
    realRoots: readonly string[],
    limits: Limits = {},
  ) {
    const { roots, closed = [], umask, onJudged = async () => {} } = options;
    this.#made = [options, realRoots];
    this.#limits = limits;
    this.#umask = umask;
    this.#onJudged = onJudged;
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
  static async open(options: FileStorageOptions): Promise<FileStorage> {
    const { roots, closed = [] } = options;
    if (roots.length === 0)
      throw new TaskError("internal", "Cannot open the media roots: there is none");
    const real = await Promise.all(roots.map(openRoot));
    const shut = await Promise.all(closed.map((folder) => realPathOf(resolve(folder))));
    const absolute = roots.map((root) => resolve(root));
    return new FileStorage({ ...options, roots: absolute, closed: shut }, real);
  }

  /** The same storage for a client that may use some folders alone. */
  within({ source, target }: Reach): FileStorage {
    const [{ roots }, realRoots] = this.#made;
    const pairs = roots.map((root, at) => [root, realRoots[at] ?? root] as const);
    const real = (folders: readonly string[]) => folders.map((each) => clientFolder(each, pairs));
    return new FileStorage(...this.#made, {
      ...(source.roots && { source: real(source.roots) }),
      ...(target.roots && { target: real(target.roots) }),
    });
  }

  /** Its files as calls put them in and read them out. */
  get media(): MediaFiles {
    const [, roots] = this.#made;
    const { source: readable = roots, target: writable = roots } = this.#limits;
    return new FileMedia({
      judge: async (url, side) => this.#judge(url, side),
      inFolder: (folder, url, isMade, action) => this.#inFolder(folder, url, action, isMade),
      umask: this.#umask,
      ...{ root: roots[0] ?? "/", readable, writable },
    });
  }

  async source(url: string): Promise<Address> {
    const real = this.#judgeSoon(url, "source");
    return { url, key: keyOf(typeof real === "string" ? real : await real) };
  }

  async target(url: string): Promise<Address> {
    const real = this.#judgeSoon(url, "target");
    const path = typeof real === "string" ? real : await real;
    const set = setAtPath(path);
    if (!set) return { url, key: keyOf(path) };
    const { extension, folder } = set;
    return { url, key: keyOf(path), set: { extension, folderKey: keyOf(folder) } };
  }

  async open(url: string, { folder, signal }: OpenOptions): Promise<OpenedSource> {
    return endingWith(signal, async () => {
      const path = await this.#judge(url, "source");
      try {
        await this.#onJudged(path);
        const opened = await pinSource(path, { url, folder, signal });
        // By then nobody waits for it, and nobody would close it.
        if (signal.aborted) await opened.close?.();
        return opened;
      } catch (error) {
        throw sourceError(error, url, placeBelow(this.#roots, path));
      }
    });
  }

  async prepare(url: string, options: PrepareOptions): Promise<void> {
    return endingWith(options.signal, async () => {
      const path = await this.#judge(url, "target");
      try {
        await this.#inFolder(dirname(path), url, async ({ path: folder }) => {
          const target = join(folder, basename(path));
          await refuseOccupied(target, url);
          const set = setAtPath(target);
          if (set) await refuseFile(set.folder, url);
          await sweepParts(target, options);
          // Only a write shows what quotas, mounts and permissions allow.
          const probe = join(folder, newPartName(basename(path), options.tag));
          await writePart(probe, this.#umask, (handle) => handle.writeFile("\n"));
          await discard(probe);
        });
      } catch (error) {
        throw targetError(error, url);
      }
    });
  }

  async deliver(finished: FinishedFiles, url: string, options: DeliveryOptions): Promise<void> {
    const conditions = { ...options, umask: this.#umask };
    return writingTarget(url, options, (ask) =>
      this.#inTargetFolder(url, options, async (path, place) => {
        const target = join(place.path, basename(path));
        const gate = async () => {
          await ask();
          await place.confirm();
        };
        const { entry, segments } = finished;
        if (segments === undefined) return publishFile(entry, target, conditions, gate);
        await this.#inFolder(await this.#segmentFolderOf(path, url), url, async (folder) => {
          const set = { playlist: target, folder: folder.path };
          await publishSet({ entry, segments }, set, conditions, async () => {
            await gate();
            await folder.confirm();
          });
        });
      }),
    );
  }

  async openLiveSet(url: string, options: DeliveryOptions): Promise<LiveSetWriter> {
    const umask = this.#umask;
    const opening = () =>
      writingTarget(url, options, () =>
        this.#inTargetFolder(url, options, async (playlist) => {
          const folder = await this.#segmentFolderOf(playlist, url);
          // Only temporaries: a segment that nothing names yet may be named by a later playlist.
          await this.#inFolder(folder, url, ({ path }) => sweepSegments(path, options, () => true));
          return new FileLiveSet({ playlist, folder }, url, options, umask);
        }),
      );
    return endingWith(options.signal, opening);
  }

  async sweep(url: string, left: Left, { mayTidy, signal }: TidyOptions): Promise<void> {
    return endingWith(signal, async () => {
      const path = await this.#judge(url, "target");
      const folder = await this.#segmentFolderOf(path, url);
      try {
        await inFolder(dirname(path), { url }, async (beside) => {
          const target = join(beside.path, basename(path));
          await sweepBeside(target, left, mayTidy);
          await inFolder(folder, { url }, (within) =>
            sweepSetFolder(target, within.path, left, mayTidy),
          );
        });
      } catch (error) {
        if (!isMissing(error)) throw targetError(error, url);
      }
    });
  }

  folderOf(url: string): string {
    // A playlist is written to the target of its link, and the folder is beside that.
    return folderNameOf(linkedPathOf(readFileAddress(url, this.#roots, "target")));
  }

  /** Finds a target's real path, opens its folder, and clears away what crashed attempts left of it. */
  async #inTargetFolder<T>(
    url: string,
    options: PrepareOptions,
    action: (path: string, folder: PinnedFolder) => Promise<T>,
  ): Promise<T> {
    const path = await this.#judge(url, "target");
    return this.#inFolder(dirname(path), url, async (folder) => {
      const target = join(folder.path, basename(path));
      await refuseOccupied(target, url);
      await sweepParts(target, options);
      return action(path, folder);
    });
  }

  /** Opens a folder whose real path was judged, for as long as the action takes; makes it if it is missing. */
  async #inFolder<T>(
    folder: string,
    url: string,
    action: (folder: PinnedFolder) => Promise<T>,
    isMade = true,
  ): Promise<T> {
    await this.#onJudged(folder);
    return inFolder(folder, { url, isMade, umask: this.#umask }, action);
  }

  /** The real path of the folder of the set whose playlist or manifest is at a real path. */
  async #segmentFolderOf(playlist: string, url: string): Promise<string> {
    const folder = segmentFolderOf(playlist);
    return await this.#resolve(url, "target", () => realPathOf(folder));
  }

  /** The real path of an address that may be used; what is missing of it is taken as written. */
  async #judge(url: string, side: Side): Promise<string> {
    const path = readFileAddress(url, this.#roots, side);
    return this.#resolve(url, side, () => realPathOf(path));
  }

  /** The same for an address that is not used yet: a real path of its folder that is a moment old will do. */
  #judgeSoon(url: string, side: Side): string | Promise<string> {
    const path = readFileAddress(url, this.#roots, side);
    return this.#resolve(url, side, () => this.#folders.realPathOf(path));
  }

  #resolve(
    url: string,
    side: Side,
    realPath: () => string | Promise<string>,
  ): string | Promise<string> {
    try {
      const real = realPath();
      if (typeof real === "string") return this.#open(real, url, side);
      return real.then(
        (found) => this.#open(found, url, side),
        (cause: unknown) => Promise.reject(unresolved(url, cause)),
      );
    } catch (cause) {
      throw cause instanceof TaskError ? cause : unresolved(url, cause);
    }
  }

  /** Checks that a real path is in a place that is open to callers. */
  #open(real: string, url: string, side: Side): string {
    if (!this.#zones.find(({ folder }) => isInside(folder, real))?.isOpen) throw outside(url);
    const folders = this.#limits[side];
    if (!folders || folders.some((each) => each !== real && isInside(each, real))) return real;
    throw outside(url);
  }
}

/** The real paths of the folders that a client may use, of a side that is limited. */
type Limits = { readonly [S in Side]?: readonly string[] };

const keyOf = (path: string): string => `file:${path}`;
