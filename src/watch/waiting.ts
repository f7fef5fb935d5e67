import { getLogger } from "@logtape/logtape";
import { permissionNeeded } from "../lib/permission.ts";
import type { TaskError } from "../task/errors.ts";

const log = getLogger(["pontus", "watch"]);

/** A file that was refused is tried again after the time between two looks, then after twice that, and so on up to this. */
const WAIT_MS_MAX = 300_000;

type Refused = {
  readonly version: string;
  readonly code: string;
  readonly waitMs: number;
  readonly untilMs: number;
};

/** What keeps the files of a watched folder from becoming tasks: each reason is told once, for as long as it lasts. */
export class Waiting {
  readonly #folder: string;
  readonly #waitMs: number;
  /** By path. */
  readonly #refused = new Map<string, Refused>();
  /** What was refused in this look: the first message, and how many, by code. */
  #now = new Map<string, { readonly why: string; files: number }>();
  readonly #told = new Set<string>();
  #hold: TaskError | undefined;
  #cannot: string | undefined;
  #isAll = true;

  /** @param waitMs - how long a file waits after it was refused for the first time */
  constructor(folder: string, waitMs: number) {
    this.#folder = folder;
    this.#waitMs = waitMs;
  }

  /** Whether nothing is taken now, whichever file it is. */
  get isHeld(): boolean {
    return this.#hold !== undefined;
  }

  /** Whether a file was refused so lately that it is not tried again yet. */
  waits(path: string, version: string, nowMs: number): boolean {
    const refused = this.#refused.get(path);
    return refused?.version === version && nowMs < refused.untilMs;
  }

  /** A look begins to make tasks. */
  begin(): void {
    this.#hold = undefined;
    this.#now = new Map();
  }

  /** A file has its task. */
  made(path: string): void {
    this.#refused.delete(path);
  }

  /** No file is taken now. */
  hold(error: TaskError): void {
    this.#hold ??= error;
  }

  /** A file was refused, and waits. */
  refused(path: string, version: string, { code, message }: TaskError, nowMs: number): void {
    const last = this.#refused.get(path);
    const waitMs = last?.version === version ? last.waitMs * 2 : this.#waitMs;
    const untilMs = nowMs + Math.min(WAIT_MS_MAX, waitMs);
    this.#refused.set(path, { version, code, waitMs: Math.min(WAIT_MS_MAX, waitMs), untilMs });
    const told = this.#now.get(code) ?? { why: message, files: 0 };
    told.files += 1;
    this.#now.set(code, told);
  }

  /** Files that are gone, or are others by now, wait no more. */
  keep(isThere: (path: string, version: string) => boolean): void {
    for (const [path, { version }] of this.#refused)
      if (!isThere(path, version)) this.#refused.delete(path);
  }

  /** A look has made all tasks that it could: what is new about that is told. */
  end(): void {
    const folder = this.#folder;
    const codes = new Set([...this.#refused.values()].map(({ code }) => code));
    if (this.#hold) {
      codes.add(this.#hold.code);
      this.#now.set(this.#hold.code, { why: this.#hold.message, files: 0 });
    }
    for (const [code, { why, files }] of this.#now) {
      if (this.#told.has(code)) continue;
      this.#told.add(code);
      if (files === 0) log.warn("Watched folder {folder}: its files wait: {why}", { folder, why });
      else
        log.warn(
          "Watched folder {folder}: {files} of its files are refused, and tried again: {why}",
          {
            folder,
            files,
            why,
          },
        );
    }
    const hadTold = this.#told.size > 0;
    for (const code of this.#told) if (!codes.has(code)) this.#told.delete(code);
    if (hadTold && this.#told.size === 0)
      log.info("Watched folder {folder}: its files are taken again", { folder });
  }

  /** The folder has more files than are looked at, or no more. */
  seen(isAll: boolean, filesMax: number): void {
    if (this.#isAll && !isAll)
      log.warn("Watched folder {folder} has {files} files or more: others are not seen", {
        folder: this.#folder,
        files: filesMax,
      });
    this.#isAll = isAll;
  }

  /** The folder was looked into. */
  looked(): void {
    if (this.#cannot !== undefined)
      log.info("Watched folder {folder} is looked into again", { folder: this.#folder });
    this.#cannot = undefined;
  }

  /** The folder could not be looked into. */
  cannotLook(error: unknown): void {
    const why = permissionNeeded(error) ?? (error instanceof Error ? error.message : String(error));
    if (this.#cannot === why) return;
    this.#cannot = why;
    const folder = this.#folder;
    log.warn("Cannot look into watched folder {folder}, and tries again: {why}", { folder, why });
  }
}
