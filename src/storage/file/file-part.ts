import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { TaskError } from "../../task/errors.ts";
import { readingOurs } from "../failures.ts";
import type { DeliveryOptions, PrepareOptions } from "../storage.ts";
import { PART_SUFFIX } from "./file-address.ts";
import { FILE_MODE, openToOthers } from "./file-modes.ts";

/** One read and one write: large enough that the calls cost nothing, small in memory. */
const CHUNK_BYTES = 1 << 20;
/**
 * Written between two flushes to the disk. The last flush cannot be cut short, so it must never have much left to do:
 * at 50 MB/s this is well under a second.
 */
const FLUSH_BYTES = 32 << 20;
/** Leaves room for tag and suffix in the 255 bytes of a name. */
const STEM_BYTES_MAX = 140;
const TAG = /^[\w-]{1,80}$/;
/** Of what tells two temporaries of one attempt apart. */
const MARK_LENGTH = 8;
// Never through a link, never over something that is there.
const CREATE_FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** The part of a temporary name that tells which file it is for; long names are cut and told apart by a digest. */
function stemOf(name: string): string {
  if (Buffer.byteLength(name) <= STEM_BYTES_MAX) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 16);
  let stem = "";
  for (const character of name) {
    if (Buffer.byteLength(stem + character) > STEM_BYTES_MAX - digest.length - 1) break;
    stem += character;
  }
  return `${stem}~${digest}`;
}

/**
 * The name under which a file is written before it is whole: `.NAME.TAG.pontus-part`, in the folder of the file.
 *
 * @param tag - letters, digits, `-` and `_`, for a dot in it would let two names meet
 */
export function partName(name: string, tag: string): string {
  if (!TAG.test(tag))
    throw new TaskError("internal", `Cannot name a temporary file: the tag "${tag}" is malformed`);
  return `.${stemOf(name)}.${tag}${PART_SUFFIX}`;
}

/** The same for one call of an attempt alone: a leftover of another call is not in its way. */
export const newPartName = (name: string, tag: string): string =>
  partName(name, `${tag}-${randomUUID().slice(0, MARK_LENGTH)}`);

/** The tag of a temporary of `name`; undefined if the file is none. */
export function tagOfPart(found: string, name: string): string | undefined {
  const start = `.${stemOf(name)}.`;
  if (!found.startsWith(start) || !found.endsWith(PART_SUFFIX)) return undefined;
  const tag = found.slice(start.length, -PART_SUFFIX.length);
  return TAG.test(tag) ? tag : undefined;
}

/** Removes what crashed attempts left of a file beside it; a temporary that cannot be removed stays. */
export async function sweepParts(path: string, { tag, mayTidy }: PrepareOptions): Promise<void> {
  const folder = dirname(path);
  const found = await readdir(folder);
  const stale = found.filter((name) => (tagOfPart(name, basename(path)) ?? tag) !== tag);
  await discardFound(folder, stale, mayTidy);
}

/**
 * Removes files of earlier attempts, if the fence allows it: a process that was stopped for long may wake here, and what it found must
 * not be taken for what is there now.
 *
 * @param names - found before, of files whose names no newer attempt gives
 */
export async function discardFound(
  folder: string,
  names: readonly string[],
  mayTidy: () => Promise<void>,
): Promise<void> {
  if (names.length === 0) return;
  await mayTidy();
  for (const name of names) await discard(join(folder, name));
}

/** Removes a file if possible; a failure to remove it is no failure of the work. */
export const discard = (path: string): Promise<void> => rm(path, { force: true }).catch(() => {});

/** Flushes a folder, so that a name given or taken in it survives a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a new file, lets it be filled, flushes it to the disk; it is removed again when any of that fails.
 *
 * @param umask - as `openToOthers` has it
 */
export async function writePart(
  path: string,
  umask: number | undefined,
  fill: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, CREATE_FLAGS, FILE_MODE);
  try {
    await fill(handle);
    await openToOthers(handle, FILE_MODE, umask);
    await handle.sync();
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => {});
    await discard(path);
    throw error;
  }
}

/** The conditions of a copy. `umask` is as `openToOthers` has it. */
export type CopyOptions = { readonly signal: AbortSignal; readonly umask: number | undefined };

/**
 * Copies a finished file of ours to a new one and flushes it; ends within a second or so of an abort.
 *
 * @throws {TaskError} `internal` if the finished file cannot be read; the system's error about the new one; the
 *   signal's reason
 */
export async function copyPart(
  from: string,
  path: string,
  { signal, umask }: CopyOptions,
): Promise<void> {
  signal.throwIfAborted();
  const source = await readingOurs(() => open(from, constants.O_RDONLY));
  try {
    await writePart(path, umask, (target) => copyBytes(source, target, signal));
  } finally {
    await source.close();
  }
}

/** Renames a complete temporary in one step if the gate allows it; else the temporary is removed. */
export async function placePart(
  part: string,
  path: string,
  gate: () => Promise<void>,
): Promise<void> {
  try {
    await gate();
    await rename(part, path);
  } catch (error) {
    await discard(part);
    throw error;
  }
}

/** Copies a finished file of ours to a place beside its own, and puts it there in one step if the gate allows it. */
export async function publishFile(
  entry: string,
  path: string,
  { tag, signal, umask }: Pick<DeliveryOptions, "tag" | "signal"> & CopyOptions,
  gate: () => Promise<void>,
): Promise<void> {
  const part = join(dirname(path), partName(basename(path), tag));
  await copyPart(entry, part, { signal, umask });
  await placePart(part, path, gate);
  await syncFolder(dirname(path));
}

async function copyBytes(source: FileHandle, target: FileHandle, signal: AbortSignal) {
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  // Flushed while the next stretch is written: disk and copy work at the same time.
  let flushed: Promise<unknown> = Promise.resolve();
  let unflushedBytes = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await readingOurs(() => source.read(buffer, 0, CHUNK_BYTES));
      if (bytesRead === 0) break;
      for (let at = 0; at < bytesRead; )
        at += (await target.write(buffer, at, bytesRead - at)).bytesWritten;
      unflushedBytes += bytesRead;
      if (unflushedBytes < FLUSH_BYTES) continue;
      await flushed;
      unflushedBytes = 0;
      flushed = target.datasync();
      // Its failure is met at the next await; until then it must not count as unhandled.
      flushed.catch(() => {});
    }
  } finally {
    await flushed;
  }
}
