import { basename, dirname, join } from "node:path";
import { setAtPath } from "../set-names.ts";
import type {
  DeliveryOptions,
  FinishedFiles,
  Left,
  LiveSetWriter,
  OpenedSource,
  OpenOptions,
  PrepareOptions,
  Side,
  TidyOptions,
} from "../storage.ts";
import { endingWith, sourceError, targetError, writingTarget } from "./file-errors.ts";
import { FileLiveSet } from "./file-live-set.ts";
import { FileMedia } from "./file-media.ts";
import { refuseFile, refuseOccupied } from "./file-occupied.ts";
import { discard, newPartName, publishFile, sweepParts, writePart } from "./file-part.ts";
import { publishSet, sweepSegments } from "./file-set.ts";
import { isMissing, sweepBeside, sweepSetFolder } from "./file-sweep.ts";
import { inFolder, type PinnedFolder } from "./pinned-folder.ts";
import { pinSource } from "./pinned-source.ts";

/** What judges the addresses of files, and how those are written. */
export type FileGrounds = {
  readonly umask: number | undefined;
  readonly onJudged: (path: string) => Promise<void>;
  /** The real path of an address that may be used; what is missing of it is taken as written. */
  readonly judge: (url: string, side: Side) => Promise<string>;
  /** The real path of the folder of the set whose playlist or manifest is at a real path. */
  readonly segmentFolderOf: (playlist: string, url: string) => Promise<string>;
  /** A real path as callers may know where it is. */
  readonly placeOf: (path: string) => string;
};

/** Opens and writes files at addresses, as `FileStorage` does. */
export class FileWork {
  readonly #grounds: FileGrounds;

  constructor(grounds: FileGrounds) {
    this.#grounds = grounds;
  }

  /** Its files as calls put them in and read them out. */
  media(): FileMedia {
    const { judge, umask } = this.#grounds;
    return new FileMedia({
      ...{ judge, umask },
      inFolder: (folder, url, isMade, action) => this.#inFolder(folder, url, action, isMade),
    });
  }

  async open(url: string, { folder, signal }: OpenOptions): Promise<OpenedSource> {
    return endingWith(signal, async () => {
      const path = await this.#grounds.judge(url, "source");
      try {
        await this.#grounds.onJudged(path);
        const opened = await pinSource(path, { url, folder, signal });
        // By then nobody waits for it, and nobody would close it.
        if (signal.aborted) await opened.close?.();
        return opened;
      } catch (error) {
        throw sourceError(error, url, this.#grounds.placeOf(path));
      }
    });
  }

  async prepare(url: string, options: PrepareOptions): Promise<void> {
    return endingWith(options.signal, async () => {
      const path = await this.#grounds.judge(url, "target");
      try {
        await this.#inFolder(dirname(path), url, async ({ path: folder }) => {
          const target = join(folder, basename(path));
          await refuseOccupied(target, url);
          const set = setAtPath(target);
          if (set) await refuseFile(set.folder, url);
          await sweepParts(target, options);
          // Only a write shows what quotas, mounts and permissions allow.
          const probe = join(folder, newPartName(basename(path), options.tag));
          await writePart(probe, this.#grounds.umask, (handle) => handle.writeFile("\n"));
          await discard(probe);
        });
      } catch (error) {
        throw targetError(error, url);
      }
    });
  }

  async deliver(finished: FinishedFiles, url: string, options: DeliveryOptions): Promise<void> {
    const conditions = { ...options, umask: this.#grounds.umask };
    return writingTarget(url, options, (ask) =>
      this.#inTargetFolder(url, options, async (path, place) => {
        const target = join(place.path, basename(path));
        const gate = async () => {
          await ask();
          await place.confirm();
        };
        const { entry, segments } = finished;
        if (segments === undefined) return publishFile(entry, target, conditions, gate);
        await this.#inFolder(
          await this.#grounds.segmentFolderOf(path, url),
          url,
          async (folder) => {
            const set = { playlist: target, folder: folder.path };
            await publishSet({ entry, segments }, set, conditions, async () => {
              await gate();
              await folder.confirm();
            });
          },
        );
      }),
    );
  }

  async openLiveSet(url: string, options: DeliveryOptions): Promise<LiveSetWriter> {
    const umask = this.#grounds.umask;
    const opening = () =>
      writingTarget(url, options, () =>
        this.#inTargetFolder(url, options, async (playlist) => {
          const folder = await this.#grounds.segmentFolderOf(playlist, url);
          // Only temporaries: a segment that nothing names yet may be named by a later playlist.
          await this.#inFolder(folder, url, ({ path }) => sweepSegments(path, options, () => true));
          return new FileLiveSet({ playlist, folder }, url, options, umask);
        }),
      );
    return endingWith(options.signal, opening);
  }

  async sweep(url: string, left: Left, { mayTidy, signal }: TidyOptions): Promise<void> {
    return endingWith(signal, async () => {
      const path = await this.#grounds.judge(url, "target");
      const folder = await this.#grounds.segmentFolderOf(path, url);
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

  /** Finds a target's real path, opens its folder, and clears away what crashed attempts left of it. */
  async #inTargetFolder<T>(
    url: string,
    options: PrepareOptions,
    action: (path: string, folder: PinnedFolder) => Promise<T>,
  ): Promise<T> {
    const path = await this.#grounds.judge(url, "target");
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
    await this.#grounds.onJudged(folder);
    return inFolder(folder, { url, isMade, umask: this.#grounds.umask }, action);
  }
}
