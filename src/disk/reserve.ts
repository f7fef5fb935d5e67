import { randomFillSync } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { type Space, spaceOf, watermarkBytes } from "./disk.ts";

const BYTES_MAX = 16 << 20;
/** Of the whole disk. */
const SHARE_MAX = 1 / 50;
const PIECE_BYTES = 1 << 20;

const sizeFor = ({ totalBytes }: Space): number =>
  Math.floor(Math.min(BYTES_MAX, totalBytes * SHARE_MAX));

/**
 * A file that holds space for the store. It is removed when the store finds the disk full, so that the ends of running tasks can
 * still be recorded, and made again when there is room.
 *
 * A watermark alone would not do: between two looks at the disk, encoders and other programs fill any margin.
 */
export class Reserve {
  readonly #path: string;
  readonly #folder: string;
  #filling: Promise<void> | undefined;

  /** @param path - absolute path of the file, beside the database */
  constructor(path: string) {
    this.#path = path;
    this.#folder = dirname(path);
  }

  /** Removes it; never throws, as a commit asks for it while it fails. @returns whether that has made room */
  release(): boolean {
    try {
      const isThere = this.#bytes > 0;
      rmSync(this.#path, { force: true });
      return isThere;
    } catch {
      return false;
    }
  }

  /** Makes it if it is missing or incomplete, and leaves the disk above its watermark. */
  fill(freeBytesMin: number): Promise<void> {
    this.#filling ??= this.#fill(freeBytesMin).finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  get #bytes(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  async #fill(freeBytesMin: number): Promise<void> {
    const space = await spaceOf(this.#folder);
    if (!space) return;
    const wanted = sizeFor(space);
    const had = this.#bytes;
    const watermark = watermarkBytes(space.totalBytes, freeBytesMin);
    if (had >= wanted || space.freeBytes - (wanted - had) < watermark) return;
    // Of chance, as some file systems keep no space for what they can compress.
    const piece = randomFillSync(new Uint8Array(PIECE_BYTES));
    const file = await open(this.#path, "w", 0o600);
    try {
      for (let at = 0; at < wanted; at += piece.length)
        await file.write(piece, 0, Math.min(piece.length, wanted - at), at);
    } finally {
      await file.close();
    }
  }
}
