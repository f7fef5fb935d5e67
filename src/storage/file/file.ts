import { resolve } from "node:path";
import type { MediaFiles } from "../../disk/media-files.ts";
import { onceLoaded } from "../../lib/once.ts";
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
import { isInside, outside, placeBelow, prefixOf, readFileAddress } from "./file-address.ts";
import { unresolved } from "./file-errors.ts";
import type { FileWork } from "./file-work.ts";
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
  /** Loaded with the first file that is opened or written: addresses are judged long before. */
  readonly #work: () => Promise<FileWork>;

  private constructor(
    options: FileStorageOptions,
    realRoots: readonly string[],
    limits: Limits = {},
  ) {
    const { roots, closed = [], umask, onJudged = async () => {} } = options;
    this.#made = [options, realRoots];
    this.#limits = limits;
    this.#work = onceLoaded(async () => {
      const { FileWork } = await import("./file-work.ts");
      return new FileWork({
        ...{ umask, onJudged },
        judge: (url, side) => this.#judge(url, side),
        segmentFolderOf: (playlist, url) => this.#segmentFolderOf(playlist, url),
        placeOf: (path) => placeBelow(this.#roots, path),
      });
    });
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
    const files = async () => (await this.#work()).media();
    const prefix = (folder: string) => prefixOf(roots[0] ?? "/", folder);
    return {
      readable: readable.map(prefix),
      writable: writable.map(prefix),
      upload: async (upload) => (await files()).upload(upload),
      uploaded: async (url, clientCode) => (await files()).uploaded(url, clientCode),
      open: async (url) => (await files()).open(url),
    };
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

  async open(url: string, options: OpenOptions): Promise<OpenedSource> {
    return (await this.#work()).open(url, options);
  }

  async prepare(url: string, options: PrepareOptions): Promise<void> {
    return (await this.#work()).prepare(url, options);
  }

  async deliver(finished: FinishedFiles, url: string, options: DeliveryOptions): Promise<void> {
    return (await this.#work()).deliver(finished, url, options);
  }

  async openLiveSet(url: string, options: DeliveryOptions): Promise<LiveSetWriter> {
    return (await this.#work()).openLiveSet(url, options);
  }

  async sweep(url: string, left: Left, options: TidyOptions): Promise<void> {
    return (await this.#work()).sweep(url, left, options);
  }

  folderOf(url: string): string {
    // A playlist is written to the target of its link, and the folder is beside that.
    return folderNameOf(linkedPathOf(readFileAddress(url, this.#roots, "target")));
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
