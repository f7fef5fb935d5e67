import { randomUUID } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { FIXED_NAMES } from "../../manifest/write/published-names.ts";
import type { DeliveryOptions, LiveSetWriter } from "../storage.ts";
import { writingTarget } from "./file-errors.ts";
import { copyPart, partName, placePart, syncFolder, writePart } from "./file-part.ts";
import {
  type Gate,
  type NamedSet,
  namedIn,
  removeFormer,
  type SetPlace,
  setAt,
} from "./file-set.ts";

/** A set of files that is seen while it grows. */
export class FileLiveSet implements LiveSetWriter {
  /** What the first playlist replaces; read right before it does. */
  #former: NamedSet | undefined;
  /** Those with names of their own that were added: no playlist need name them. */
  readonly #fixed = new Set<string>();

  /**
   * @param url - as the caller wrote it, for errors
   * @param confirm - rejects if the place has moved since it was judged
   */
  constructor(
    private readonly place: SetPlace,
    private readonly url: string,
    private readonly options: DeliveryOptions,
    private readonly confirm: Gate,
  ) {}

  add(path: string, name: string): Promise<void> {
    const { folder } = this.place;
    const { signal } = this.options;
    if (FIXED_NAMES.includes(name)) this.#fixed.add(name);
    return writingTarget(this.url, this.options, async () => {
      await this.confirm();
      const part = newPart(folder, name);
      await copyPart(path, part, signal);
      await placePart(part, join(folder, name), async () => {
        signal.throwIfAborted();
        await this.confirm();
      });
    });
  }

  list(text: string, isLast: boolean): Promise<void> {
    const { playlist, folder } = this.place;
    return writingTarget(this.url, this.options, async (ask) => {
      await this.confirm();
      // The names that it gives must survive a power cut if it does.
      await syncFolder(folder);
      const former = await this.#formerSet();
      const part = newPart(dirname(playlist), basename(playlist));
      await writePart(part, (handle) => handle.writeFile(text));
      await placePart(part, playlist, async () => {
        await ask();
        await this.confirm();
      });
      await syncFolder(dirname(playlist));
      if (!isLast) return;
      const { isNamed } = namedIn(text, playlist);
      const isKept = (name: string) => isNamed(name) || this.#fixed.has(name);
      await removeFormer(this.place, former.files, this.options.tag, isKept);
    });
  }

  /** Remembered from the first playlist on: after it, what lies there is our own. */
  async #formerSet(): Promise<NamedSet> {
    this.#former ??= await setAt(this.place.playlist);
    return this.#former;
  }
}

/** A temporary for one call only: a leftover of another call is not in its way. */
const newPart = (folder: string, name: string): string =>
  join(folder, partName(name, randomUUID()));
