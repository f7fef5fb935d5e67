import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { inBatches } from "../lib/batches.ts";
import {
  createWatchedTask,
  type WatchedPorts,
  watchedFileOf,
} from "../service/watching/create-watched.ts";
import { type Watch, watchKey } from "../service/watching/template.ts";
import { type ErrorCode, TaskError } from "../task/errors.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { isLocal, openForWriting } from "./file-systems.ts";
import { type FoundFile, isStill, scan } from "./scan.ts";
import { NOTHING_SEEN, type Seen, settle } from "./settle.ts";
import { Waiting } from "./waiting.ts";

const log = getLogger(["pontus", "watch"]);

/** More files of one folder than that are not seen: each look at them would take seconds. */
const FILES_MAX = 100_000;
/** How many tasks one look makes at most: then it is looked again, so that what has changed meanwhile is seen. */
const TASKS_MAX = 1_000;
/** So many are made at once: they share a commit. */
const AT_ONCE = 16;
/** How often the store is told which files are gone. */
const TIDY_MS = 3_600_000;

/** What a watched folder needs. */
export type FolderPorts = WatchedPorts & {
  readonly telemetry: Pick<Telemetry, "fileWatched">;
  /** ms since the epoch */
  readonly now: () => number;
};

/** How folders are looked at. */
export type FolderOptions = {
  /** The media roots, within which its real path must lie. */
  readonly roots: readonly string[];
  readonly settleMs: number;
  readonly intervalMs: number;
};

/** Which file of its name it is. Whole milliseconds, as runtimes tell fractions differently. */
const versionOf = ({ sizeBytes, mtimeMs }: FoundFile): string =>
  `${sizeBytes}-${Math.trunc(mtimeMs)}`;

/** Refusals that are about no file: the next one would get the same. */
const HOLDING: readonly ErrorCode[] = ["too_many_requests", "service_unavailable"];

/** A folder that is looked at again and again: each file that is whole becomes a task, once. */
export class WatchedFolder {
  readonly #watch: Watch;
  readonly #ports: FolderPorts;
  readonly #options: FolderOptions;
  readonly #waiting: Waiting;
  #seen: Seen = NOTHING_SEEN;
  /** The version of each file that is there and has its task, as the store has said. */
  readonly #taken = new Map<string, string>();
  #tidyMs = 0;

  constructor(watch: Watch, ports: FolderPorts, options: FolderOptions) {
    this.#watch = watch;
    this.#ports = ports;
    this.#options = options;
    this.#waiting = new Waiting(watch.folder, options.intervalMs);
  }

  /**
   * Looks once, and makes tasks of what is whole. What goes wrong is told in the log.
   *
   * @returns whether there is more to do at once
   * @throws the signal's reason
   */
  async look(signal: AbortSignal): Promise<boolean> {
    try {
      const isMore = await this.#look(signal);
      this.#waiting.looked();
      return isMore;
    } catch (error) {
      signal.throwIfAborted();
      this.#waiting.cannotLook(error);
      return false;
    }
  }

  async #look(signal: AbortSignal): Promise<boolean> {
    const nowMs = performance.now();
    const folder = await this.#realFolder();
    const { depth, extensions } = this.#watch;
    const looked = await scan(folder, { depth, extensions, filesMax: FILES_MAX, signal });
    this.#waiting.seen(looked.files.length < FILES_MAX, FILES_MAX);
    const options = { nowMs, settleMs: this.#options.settleMs, isLocal: await isLocal(folder) };
    const { seen, whole } = settle(this.#seen, looked, options);
    this.#seen = seen;
    const versions = new Map(looked.files.map((file) => [file.path, versionOf(file)]));
    this.#forgetGone(versions);
    const free = await this.#unwritten(folder, await this.#notTaken(whole, nowMs), signal);
    await this.#makeAll(folder, free.slice(0, TASKS_MAX), versions, signal);
    if (looked.isAll) await this.#tidy(versions, nowMs);
    return free.length > TASKS_MAX && !this.#waiting.isHeld;
  }

  /** @throws {TaskError} `access_denied` if a link leads out of the media roots; the system's error if there is none */
  async #realFolder(): Promise<string> {
    const [real, ...roots] = await Promise.all(
      [this.#watch.folder, ...this.#options.roots].map((path) => realpath(path)),
    );
    const folder = real ?? this.#watch.folder;
    if (roots.some((root) => `${folder}/`.startsWith(root.endsWith("/") ? root : `${root}/`)))
      return folder;
    throw new TaskError(
      "access_denied",
      "Cannot watch the folder: it leads out of the media roots",
    );
  }

  /** Whole files that have no task yet and do not wait, those that were changed first coming first. */
  async #notTaken(whole: readonly FoundFile[], nowMs: number): Promise<readonly FoundFile[]> {
    const isNew = (file: FoundFile) => this.#taken.get(file.path) !== versionOf(file);
    const asked = whole
      .filter(isNew)
      .filter((file) => !this.#waiting.waits(file.path, versionOf(file), nowMs));
    const files = asked.map((file) => watchedFileOf(this.#watch, this.#named(file)));
    for (const { path, version } of await this.#ports.watched.taken(files))
      this.#taken.set(path, version);
    return asked.filter(isNew).sort((a, b) => a.mtimeMs - b.mtimeMs || (a.path < b.path ? -1 : 1));
  }

  /** Those that no process on this machine writes. */
  async #unwritten(
    folder: string,
    files: readonly FoundFile[],
    signal: AbortSignal,
  ): Promise<readonly FoundFile[]> {
    if (files.length === 0) return files;
    const pathOf = ({ path }: FoundFile) => join(folder, path);
    const writing = await openForWriting(new Set(files.map(pathOf)), signal);
    return files.filter((file) => !writing.has(pathOf(file)));
  }

  async #makeAll(
    folder: string,
    files: readonly FoundFile[],
    versions: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    this.#waiting.begin();
    await inBatches(files, AT_ONCE, async (file) => {
      if (signal.aborted || this.#waiting.isHeld || !(await isStill(folder, file))) return;
      await this.#make(file, (path) => versions.has(path));
    });
    this.#waiting.end();
  }

  async #make(file: FoundFile, isThere: (path: string) => boolean): Promise<void> {
    const { path, version, nowMs } = this.#named(file);
    const { telemetry } = this.#ports;
    const { folder } = this.#watch;
    try {
      const found = { path, version, nowMs, isThere };
      const taskId = await createWatchedTask(this.#ports, this.#watch, found);
      this.#taken.set(path, version);
      this.#waiting.made(path);
      // Another instance has made it, and told of it.
      if (taskId === undefined) return;
      telemetry.fileWatched("made");
      log.info("Watched folder {folder}: task {taskId} of {path}", { folder, taskId, path });
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      telemetry.fileWatched("refused");
      if (HOLDING.includes(error.code)) this.#waiting.hold(error);
      else this.#waiting.refused(path, version, error, performance.now());
    }
  }

  #named(file: FoundFile) {
    return { path: file.path, version: versionOf(file), nowMs: this.#ports.now() };
  }

  #forgetGone(versions: ReadonlyMap<string, string>): void {
    for (const path of this.#taken.keys()) if (!versions.has(path)) this.#taken.delete(path);
    this.#waiting.keep((path, version) => versions.get(path) === version);
  }

  /** Has the store forget what has been gone for long. */
  async #tidy(versions: ReadonlyMap<string, string>, nowMs: number): Promise<void> {
    if (this.#tidyMs > nowMs) return;
    this.#tidyMs = nowMs + TIDY_MS;
    const { watched, now } = this.#ports;
    await watched.tidy(watchKey(this.#watch), (path) => versions.get(path), now());
  }
}
