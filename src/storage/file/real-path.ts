import { lstatSync, realpathSync } from "node:fs";
import { mkdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { errnoOf } from "../../lib/errno-of.ts";
import { TaskError } from "../../task/errors.ts";
import { isInside } from "./file-address.ts";

/** A path is resolved up to the part that is missing, below a file, in a circle of links, or not readable. */
const UNRESOLVED = ["ENOENT", "ENOTDIR", "ELOOP", "EACCES"];
const REMEMBERED_MS = 1_000;
const FOLDERS_MAX = 1_024;

/**
 * The path with all links resolved, as far as it exists; what is missing of it is taken as written.
 *
 * @throws the system's error if it is none of the usual ones
 */
export async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!UNRESOLVED.includes(errnoOf(error) ?? "") || dirname(path) === path) throw error;
    return join(await realPathOf(dirname(path)), basename(path));
  }
}

/** The real path of a media root, which is made if it is missing. @throws {TaskError} `internal` if it is no folder and cannot be made */
export async function openRoot(root: string): Promise<string> {
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

/**
 * The real path of a folder of a client. What stands below the media root is taken as written: a link there would lead into the folder of
 * another, whenever it came.
 *
 * @param roots - the media roots as configured, absolute, and the real path of each
 */
export function clientFolder(
  folder: string,
  roots: readonly (readonly [written: string, real: string])[],
): string {
  const path = resolve(folder);
  const [[written, real] = [path, path]] = roots
    .filter(([root]) => isInside(root, path))
    .sort(([a], [b]) => b.length - a.length);
  return join(real, relative(written, path));
}

/** The target of a link; any other path unchanged, a dangling link too. Synchronous: for folders that are in use. */
export function linkedPathOf(path: string): string {
  try {
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
    return isLink ? realpathSync(path) : path;
  } catch {
    // The one who uses the path meets the error.
    return path;
  }
}

/**
 * Remembers the real paths of folders for a second: addresses come many at a time for a few folders, and resolving them
 * anew was a third of the cost of creating a task. Only for first judgements: a path is resolved again when it is used.
 */
export class RealFolders {
  readonly #known = new Map<string, { readonly real: string; readonly untilMs: number }>();
  /** Looked up now: who comes meanwhile waits for the same look. */
  readonly #resolving = new Map<string, Promise<string>>();

  /** As `realPathOf`; a link in the last place is always followed anew. Synchronous if its folder is remembered. */
  realPathOf(path: string): string | Promise<string> {
    // Absolute and normalised: what stands behind the last slash is the name.
    const nameAt = path.lastIndexOf(sep) + 1;
    const folder = path.slice(0, Math.max(1, nameAt - 1));
    const known = this.#known.get(folder);
    if (known && performance.now() < known.untilMs)
      return this.#follow(known.real, path.slice(nameAt), path);
    return this.#resolveOnce(folder).then((real) => this.#follow(real, path.slice(nameAt), path));
  }

  /** The real path of a name in a real folder; `path` is how it was given. */
  #follow(folder: string, name: string, path: string): string | Promise<string> {
    const real = folder.endsWith(sep) ? folder + name : folder + sep + name;
    try {
      // Not asynchronous: to hand so short a look to a thread costs four times the look. The folder has just been looked at,
      // so it is no file system that hangs.
      const isLink = lstatSync(real, { throwIfNoEntry: false })?.isSymbolicLink();
      return isLink ? realPathOf(path) : real;
    } catch (error) {
      if (UNRESOLVED.includes(errnoOf(error) ?? "")) return real;
      throw error;
    }
  }

  #resolveOnce(folder: string): Promise<string> {
    const running = this.#resolving.get(folder);
    if (running) return running;
    const resolving = this.#resolve(folder).finally(() => this.#resolving.delete(folder));
    this.#resolving.set(folder, resolving);
    return resolving;
  }

  async #resolve(folder: string): Promise<string> {
    const real = await realPathOf(folder);
    if (this.#known.size >= FOLDERS_MAX) this.#known.clear();
    this.#known.set(folder, { real, untilMs: performance.now() + REMEMBERED_MS });
    return real;
  }
}
