import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { errnoOf } from "../../lib/errno-of.ts";
import { totalOf } from "../../plan/verify/finished-set.ts";
import type { Verified } from "../output/verify-products.ts";
import { type About, readAbout, writeAbout } from "./about-result.ts";
import { joinVideo } from "./kept-videos.ts";
import { describeFile, isSameFile, markUsed, namesOf, pathOf, placeFile } from "./result-files.ts";

const log = getLogger(["pontus", "worker"]);

/** A verified product, whoever gets it. */
export type Result = Omit<Verified, "targets">;

/** The bounds of a cache of results. */
export type CacheLimits = {
  readonly bytesMax: number;
  /** How many bytes may be written below a folder until its disk is down to its watermark. */
  readonly roomIn: (folder: string) => Promise<number>;
  /** Told how many bytes there are now. */
  readonly onBytes: (bytes: number) => void;
};

/** The prefix of a folder that is being filled or removed, and the age from which on it is the rest of a crash. */
const NASCENT = ".";
const NASCENT_MS_MAX = 3_600_000;

type Entry = { readonly key: string; readonly usedMs: number; readonly bytes: number };

/** What does not change of a result that is there. */
type Known = { readonly bytes: number; readonly videos: NonNullable<About["videos"]> };

/**
 * Verified products by what they are made of, kept for tasks that want the same. Each has a folder below one root, which other instances
 * may use as well: a folder gets its name when all of it is there, and loses it before any of it goes. What is read is compared with what was
 * written, by size and SHA-256, so a crash, a disk or a hand that spoilt it costs an encode and nothing else.
 */
export class ResultCache {
  readonly #root: string;
  readonly #limits: CacheLimits;
  /** Of those that are there, as far as they were looked at. */
  readonly #known = new Map<string, Known>();
  /** One after the other, so that the bytes are counted right. */
  #keeping: Promise<unknown> = Promise.resolve();

  /** @param root - absolute path, on the same disk as the scratch folders */
  constructor(root: string, limits: CacheLimits) {
    this.#root = root;
    this.#limits = limits;
  }

  /** Whether a result seems to be there. */
  async has(key: string): Promise<boolean> {
    return (await readAbout(this.#folderOf(key))) !== undefined;
  }

  /**
   * Puts a result's files into a folder, which is made.
   *
   * @returns undefined if it is not there, or is not what it was
   * @throws the signal's reason
   */
  async take(key: string, folder: string, signal: AbortSignal): Promise<Result | undefined> {
    const own = this.#folderOf(key);
    const about = await readAbout(own);
    if (!about) return undefined;
    try {
      await rm(folder, { recursive: true, force: true });
      const isWhole = await this.#copyOut(about, { from: own, to: folder }, signal);
      if (isWhole) return resultIn(folder, about);
      await this.#removeSpoilt(key);
    } catch (error) {
      signal.throwIfAborted();
      // Another instance may have removed it meanwhile.
      if (errnoOf(error) !== "ENOENT")
        log.warn("Cannot use a kept result: {error}", { key, error });
    }
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }

  /** Whether a picture of a set seems to be there, in any set. */
  async hasVideo(video: string): Promise<boolean> {
    return (await this.#setsWith(video)).length > 0;
  }

  /**
   * Writes a picture of a set into a new file, an MP4 in fragments.
   *
   * @returns how many bytes it has; undefined if it is not there, or is not what it was
   * @throws the signal's reason
   */
  async takeVideo(video: string, path: string, signal: AbortSignal): Promise<number | undefined> {
    for (const key of await this.#setsWith(video)) {
      try {
        const bytes = await joinVideo(this.#folderOf(key), video, path, signal);
        if (bytes !== undefined) return bytes;
        await this.#removeSpoilt(key);
      } catch (error) {
        signal.throwIfAborted();
        if (errnoOf(error) !== "ENOENT")
          log.warn("Cannot use a kept result: {error}", { key, error });
      }
      await rm(path, { force: true });
    }
    return undefined;
  }

  /**
   * Keeps a result, and removes those that were not used for longest where there is no room for all. What it cannot keep is made again.
   *
   * @param videos - of a set: the keys of its pictures, as of `About`
   * @returns whether it is kept
   * @throws the signal's reason
   */
  keep(
    key: string,
    result: Result,
    signal: AbortSignal,
    videos?: About["videos"],
  ): Promise<boolean> {
    const kept = this.#keeping.then(() => this.#keep(key, result, signal, videos));
    this.#keeping = kept.catch(() => {});
    return kept;
  }

  /** Removes the rests of crashes, and what is too much. Never rejects. */
  async sweep(): Promise<void> {
    try {
      for (const name of await this.#names()) if (isNascent(name)) await this.#removeOld(name);
      await this.#makeRoom(0);
    } catch (error) {
      log.warn("Cannot clear up kept results: {error}", { error });
    }
  }

  /** Removes results while there is less room on the disk than there has to be. Never rejects. */
  async relieve(): Promise<void> {
    if (this.#known.size === 0 || (await this.#limits.roomIn(this.#root)) >= 0) return;
    await this.sweep();
  }

  async #copyOut(
    { files }: About,
    { from, to }: { readonly from: string; readonly to: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    await mkdir(to, { recursive: true });
    for (const file of files) {
      const path = join(to, file.name);
      await placeFile(join(from, file.name), path);
      if (!(await isSameFile(path, file, signal))) return false;
    }
    await markUsed(from);
    return true;
  }

  /** The keys of the sets that hold a picture. */
  async #setsWith(video: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const key of await this.#names())
      if (!isNascent(key) && (await this.#knownOf(key)).videos.includes(video)) found.push(key);
    return found;
  }

  async #removeSpoilt(key: string): Promise<void> {
    log.warn("A kept result is not what it was, and is removed: {key}", { key });
    await this.#remove(key);
  }

  async #keep(
    key: string,
    result: Result,
    signal: AbortSignal,
    videos: About["videos"],
  ): Promise<boolean> {
    const nascent = join(this.#root, `${NASCENT}${randomUUID()}`);
    try {
      if (!(await this.#makeRoom(result.output.sizeBytes))) return false;
      await mkdir(nascent, { recursive: true, mode: 0o700 });
      const files = [];
      for (const name of await namesOf(result.finished)) {
        const path = join(nascent, name);
        await placeFile(pathOf(result.finished, name), path);
        files.push(await describeFile(path, name, signal));
      }
      const { finished, output } = result;
      const segments = finished.segments && basename(finished.segments);
      await writeAbout(nascent, {
        ...{ entry: basename(finished.entry), files, output },
        ...(segments !== undefined && { segments }),
        ...(videos && { videos }),
      });
      // What is spoilt there would be in its way.
      if (!(await this.has(key))) await this.#remove(key);
      await rename(nascent, this.#folderOf(key));
      await this.#entries();
      return true;
    } catch (error) {
      await rm(nascent, { recursive: true, force: true }).catch(() => {});
      signal.throwIfAborted();
      // Another instance has kept the same meanwhile.
      if (["EEXIST", "ENOTEMPTY"].includes(errnoOf(error) ?? "")) return true;
      log.warn("Cannot keep a result: {error}", { key, error });
      return false;
    }
  }

  /** Removes the results that were not used for longest, until there is room for more bytes. @returns whether there is */
  async #makeRoom(bytes: number): Promise<boolean> {
    const { bytesMax, roomIn } = this.#limits;
    if (bytes > bytesMax) return false;
    const entries = [...(await this.#entries())];
    const isEnough = async () =>
      totalOf(entries.map((entry) => entry.bytes)) + bytes <= bytesMax &&
      (await roomIn(this.#root)) >= bytes;
    while (!(await isEnough())) {
      const oldest = entries.shift();
      if (!oldest) return false;
      await this.#remove(oldest.key);
    }
    this.#limits.onBytes(totalOf(entries.map((entry) => entry.bytes)));
    return true;
  }

  /** Those that are there, the one that was not used for longest first. */
  async #entries(): Promise<readonly Entry[]> {
    const keys = (await this.#names()).filter((name) => !isNascent(name));
    const found: Entry[] = [];
    for (const key of keys) {
      const info = await stat(this.#folderOf(key)).catch(() => undefined);
      if (!info) continue;
      found.push({ key, usedMs: info.mtimeMs, bytes: (await this.#knownOf(key)).bytes });
    }
    for (const key of this.#known.keys()) if (!keys.includes(key)) this.#known.delete(key);
    this.#limits.onBytes(totalOf(found.map(({ bytes }) => bytes)));
    return found.sort((one, other) => one.usedMs - other.usedMs);
  }

  async #knownOf(key: string): Promise<Known> {
    const known = this.#known.get(key);
    if (known) return known;
    const about = await readAbout(this.#folderOf(key));
    // It may be read the next time.
    if (!about) return { bytes: 0, videos: [] };
    const { files, videos = [] } = about;
    const found = { bytes: totalOf(files.map(({ sizeBytes }) => sizeBytes)), videos };
    this.#known.set(key, found);
    return found;
  }

  async #removeOld(name: string): Promise<void> {
    const folder = join(this.#root, name);
    const info = await stat(folder).catch(() => undefined);
    if (info && Date.now() - info.mtimeMs > NASCENT_MS_MAX)
      await rm(folder, { recursive: true, force: true });
  }

  /** Takes its name away first: nobody sees half of it. */
  async #remove(key: string): Promise<void> {
    const passing = join(this.#root, `${NASCENT}${randomUUID()}`);
    this.#known.delete(key);
    try {
      await rename(this.#folderOf(key), passing);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return;
      throw error;
    }
    await rm(passing, { recursive: true, force: true });
  }

  #folderOf(key: string): string {
    return join(this.#root, key);
  }

  #names(): Promise<readonly string[]> {
    return readdir(this.#root).catch(() => []);
  }
}

const isNascent = (name: string): boolean => name.startsWith(NASCENT);

const resultIn = (folder: string, { entry, segments, output }: About): Result => ({
  finished: {
    entry: join(folder, entry),
    ...(segments !== undefined && { segments: join(folder, segments) }),
  },
  output,
});
