import { lstatSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errnoOf } from "./file-errors.ts";

/** A path cannot be resolved further than to where it is missing, below a file, in a circle of links or locked. */
const UNRESOLVED = ["ENOENT", "ENOTDIR", "ELOOP", "EACCES"];
const REMEMBERED_MS = 1_000;
const FOLDERS_MAX = 1_024;

/**
 * The path with all links resolved, as far as it exists; what is missing of it is taken as written.
 *
 * @throws the system's error where it is none of the usual ones
 */
export async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!UNRESOLVED.includes(errnoOf(error) ?? "") || dirname(path) === path) throw error;
    return join(await realPathOf(dirname(path)), basename(path));
  }
}

/**
 * Remembers for a second where folders really are: addresses come many at a time for a few folders, and resolving them
 * anew was a third of the cost of creating a task. For first judgements alone: what is used is resolved again then.
 */
export class RealFolders {
  readonly #known = new Map<string, { readonly real: Promise<string>; readonly untilMs: number }>();

  /** As `realPathOf`; a link in the last place is always followed afresh. */
  async realPathOf(path: string): Promise<string> {
    const folder = await this.#folder(dirname(path));
    const real = join(folder, basename(path));
    try {
      // Not asynchronous: to hand so short a look to a thread costs four times the look. The folder has just been looked at,
      // so it is no file system that hangs.
      const isLink = lstatSync(real, { throwIfNoEntry: false })?.isSymbolicLink();
      return isLink ? await realPathOf(path) : real;
    } catch (error) {
      if (UNRESOLVED.includes(errnoOf(error) ?? "")) return real;
      throw error;
    }
  }

  #folder(path: string): Promise<string> {
    const nowMs = performance.now();
    const known = this.#known.get(path);
    if (known && nowMs < known.untilMs) return known.real;
    if (this.#known.size >= FOLDERS_MAX) this.#known.clear();
    const real = realPathOf(path);
    this.#known.set(path, { real, untilMs: nowMs + REMEMBERED_MS });
    return real;
  }
}
