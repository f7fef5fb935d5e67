import type { FoundFile, Looked } from "./scan.ts";

/** What is known of files from the looks before: by path, and of those with names of unfinished ones by their number. */
export type Seen = {
  readonly files: ReadonlyMap<string, Known>;
  readonly unfinished: ReadonlyMap<number, FoundFile>;
};

/** A file, and since when it has not changed (ms, on the clock of the looks). */
type Known = { readonly file: FoundFile; readonly sinceMs: number };

/** How it is judged whether a file is whole. */
export type SettleOptions = {
  /** On a clock that never goes back. */
  readonly nowMs: number;
  readonly settleMs: number;
  /** Whether the times of files can be relied on at once: shares tell some of them late. */
  readonly isLocal: boolean;
};

/** Before the first look. */
export const NOTHING_SEEN: Seen = { files: new Map(), unfinished: new Map() };

const isUnchanged = (one: FoundFile | undefined, other: FoundFile): boolean =>
  one !== undefined &&
  one.ino === other.ino &&
  one.sizeBytes === other.sizeBytes &&
  one.mtimeMs === other.mtimeMs;

/**
 * Judges which files are whole: those that have not changed for so long, and at once those that were renamed into place. An empty file
 * is not whole: some programs make one first, and nothing can be made of it.
 */
export function settle(
  before: Seen,
  { files, unfinished }: Looked,
  { nowMs, settleMs, isLocal }: SettleOptions,
): { readonly seen: Seen; readonly whole: readonly FoundFile[] } {
  const known = new Map<string, Known>();
  const whole: FoundFile[] = [];
  for (const file of files) {
    const last = before.files.get(file.path);
    const sinceMs = last && isUnchanged(last.file, file) ? last.sinceMs : nowMs;
    known.set(file.path, { file, sinceMs });
    const isStill = nowMs - sinceMs >= settleMs;
    if (file.sizeBytes > 0 && (isStill || isRenamed(before, file, isLocal))) whole.push(file);
  }
  return {
    seen: { files: known, unfinished: new Map(unfinished.map((file) => [file.ino, file])) },
    whole,
  };
}

/**
 * Whether the last thing that happened to a file was that it got its name, as far as that can be seen: it had the name of an unfinished
 * one and was the same, or its last change was none of its content. Whoever writes changes both times alike.
 *
 * @see https://man7.org/linux/man-pages/man7/inode.7.html
 */
const isRenamed = ({ unfinished }: Seen, file: FoundFile, isLocal: boolean): boolean =>
  isUnchanged(unfinished.get(file.ino), file) || (isLocal && file.ctimeMs > file.mtimeMs);
