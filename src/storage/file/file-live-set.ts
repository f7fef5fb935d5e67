import { basename, dirname, join } from "node:path";
import { FIXED_NAMES } from "../../manifest/write/published-names.ts";
import { namesOthers } from "../../profile/container-rules.ts";
import { completeSet } from "../complete-set.ts";
import { attemptsUpTo, folderNameOf } from "../set-names.ts";
import type { DeliveryOptions, FinishedFiles, LiveSetWriter } from "../storage.ts";
import { writingTarget } from "./file-errors.ts";
import { copyPart, newPartName, placePart, syncFolder, writePart } from "./file-part.ts";
import {
  findReplaced,
  type Gate,
  type NamedSet,
  namedIn,
  removeReplaced,
  type SetPlace,
  setAt,
} from "./file-set.ts";
import { takeSetDown } from "./file-sweep.ts";
import { inFolder } from "./pinned-folder.ts";

/** A set of files that is seen while it grows. */
export class FileLiveSet implements LiveSetWriter {
  /** What the first playlist replaces; read right before it does. */
  #former: NamedSet | undefined;
  /** Those with names of their own that were added: no playlist need name them. */
  readonly #fixed = new Set<string>();

  /**
   * @param place - real paths, which were judged
   * @param url - as the caller wrote it, for errors
   * @param umask - as `openToOthers` has it
   */
  constructor(
    private readonly place: SetPlace,
    private readonly url: string,
    private readonly options: DeliveryOptions,
    private readonly umask: number | undefined,
  ) {}

  add(path: string, name: string): Promise<void> {
    const { signal, tag } = this.options;
    const { umask } = this;
    if (FIXED_NAMES.includes(name)) this.#fixed.add(name);
    return writingTarget(this.url, this.options, (ask) =>
      this.#inPlace(async ({ folder }, confirm) => {
        const part = join(folder, newPartName(name, tag));
        await copyPart(path, part, { signal, umask });
        await placePart(part, join(folder, name), async () => {
          // Playlists of renditions have one name in all attempts, and are seen at once.
          if (namesOthers(name)) await ask();
          signal.throwIfAborted();
          await confirm();
        });
      }),
    );
  }

  list(text: string, isLast: boolean): Promise<void> {
    return writingTarget(this.url, this.options, (ask) =>
      this.#inPlace(async (place, confirm) => {
        const { playlist, folder } = place;
        // The names that it gives must survive a power cut if it does.
        await syncFolder(folder);
        const former = await this.#formerSet(playlist);
        const { tag } = this.options;
        const part = join(dirname(playlist), newPartName(basename(playlist), tag));
        await writePart(part, this.umask, (handle) => handle.writeFile(text));
        const { isNamed } = namedIn(text, playlist);
        const isKept = (name: string) => isNamed(name) || this.#fixed.has(name);
        const replaced = isLast && (await findReplaced(place, former.files, tag, isKept));
        await placePart(part, playlist, async () => {
          await ask();
          await confirm();
        });
        await syncFolder(dirname(playlist));
        if (replaced) await removeReplaced(folder, replaced, this.options);
      }),
    );
  }

  complete(finished: Required<FinishedFiles>, sent: ReadonlySet<string>): Promise<void> {
    const folder = folderNameOf(this.place.playlist);
    return completeSet(this, finished, sent, { tag: this.options.tag, folder });
  }

  takeDown(): Promise<void> {
    const { tag, mayTidy } = this.options;
    return writingTarget(this.url, this.options, () =>
      this.#inPlace(async ({ playlist, folder }, confirm) => {
        const tidy = async () => {
          await mayTidy();
          await confirm();
        };
        await takeSetDown(playlist, folder, attemptsUpTo(tag), tidy);
      }),
    );
  }

  /** Opens both folders anew for each call: a live set may stay for days, and a folder that is removed and made again is taken. */
  #inPlace<T>(action: (place: SetPlace, confirm: Gate) => Promise<T>): Promise<T> {
    const { url } = this;
    const { playlist, folder } = this.place;
    return inFolder(dirname(playlist), { url }, (beside) =>
      inFolder(folder, { url }, (within) =>
        action(
          { playlist: join(beside.path, basename(playlist)), folder: within.path },
          async () => {
            await beside.confirm();
            await within.confirm();
          },
        ),
      ),
    );
  }

  /** Remembered from the first playlist on: after it, what lies there is our own. */
  async #formerSet(playlist: string): Promise<NamedSet> {
    this.#former ??= await setAt(playlist);
    return this.#former;
  }
}
