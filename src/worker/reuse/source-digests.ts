import { stat } from "node:fs/promises";
import { digestOf } from "../../disk/file-digest.ts";

/** A file system may not tell two changes apart that are nearer than this: that of FAT has the coarsest times. */
const SETTLED_MS = 2_000;
/** Some 3 MB of memory. */
const REMEMBERED_MAX = 10_000;

/** What tells a file from others, and from itself as it was. */
type Print = {
  /** Device, inode, size, and the times of the last change of its bytes and of its inode, which no user sets. */
  readonly text: string;
  /** A change that is yet to come will show in it. */
  readonly isSettled: boolean;
};

/** The bytes of a source as a digest, and whether they still are these. */
export type SourceDigest = {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Whether the file has not changed since its bytes were read; not if that cannot be said. @throws the signal's reason */
  readonly isStill: (signal: AbortSignal) => Promise<boolean>;
};

/** Digests of the bytes of sources. Those of files that stay where they are are remembered, so that the same file is read once. */
export class SourceDigests {
  /** By the print of each, the one that was not asked for longest first. */
  readonly #remembered = new Map<string, string>();
  readonly #now: () => number;

  /** @param now - by the clock of the file system, ms since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * The digest of a file, which is read if it is not remembered.
   *
   * @param path - absolute; a link is followed
   * @param isPassing - the file is a copy of our own that goes with its task
   * @throws the system's error, or the signal's reason
   */
  async of(path: string, isPassing: boolean, signal: AbortSignal): Promise<SourceDigest> {
    const before = await this.#printOf(path);
    const known = this.#recall(before.text);
    const sha256 = known ?? (await digestOf(path, signal));
    const { size } = await stat(path);
    if (known === undefined && before.isSettled && !isPassing) this.#remember(before.text, sha256);
    return {
      sha256,
      sizeBytes: size,
      isStill: async (own) => {
        try {
          if ((await this.#printOf(path)).text !== before.text) return false;
          // What changed within the same tick of the clock shows only in the bytes.
          return before.isSettled || isPassing || (await digestOf(path, own)) === sha256;
        } catch {
          own.throwIfAborted();
          return false;
        }
      },
    };
  }

  /** The digest of a file if it is remembered; nothing is read. @throws the system's error */
  async known(path: string): Promise<string | undefined> {
    return this.#recall((await this.#printOf(path)).text);
  }

  async #printOf(path: string): Promise<Print> {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return {
      text: [dev, ino, size, mtimeNs, ctimeNs].join(":"),
      isSettled: this.#now() - Number(ctimeNs / 1_000_000n) > SETTLED_MS,
    };
  }

  #recall(text: string): string | undefined {
    const known = this.#remembered.get(text);
    if (known !== undefined) this.#remember(text, known);
    return known;
  }

  #remember(text: string, sha256: string): void {
    this.#remembered.delete(text);
    this.#remembered.set(text, sha256);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > REMEMBERED_MAX && oldest !== undefined)
      this.#remembered.delete(oldest);
  }
}
