import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errnoOf } from "../../lib/errno-of.ts";
import { isStillGrowing } from "../../manifest/write/growing-playlist.ts";
import { FIXED_NAMES } from "../../manifest/write/published-names.ts";
import { isListedBy, isSegmentOf, isTagOf, tagOfSegment } from "../set-names.ts";
import type { Left, TidyOptions } from "../storage.ts";
import { discardFound, syncFolder, tagOfPart } from "./file-part.ts";
import { setAt, tagOfSetPart } from "./file-set.ts";

type Fence = TidyOptions["mayTidy"];

/** Removes the temporaries that attempts have left beside a file. */
export async function sweepBeside(path: string, left: Left, mayTidy: Fence): Promise<void> {
  const isLeft = (name: string) => isTagOf(left, tagOfPart(name, basename(path)) ?? "");
  const found = await readdir(dirname(path));
  await discardFound(dirname(path), found.filter(isLeft), mayTidy);
}

/** Removes what attempts have left in the folder of a set, except what its playlist names; all of a set that grows no more. */
export async function sweepSetFolder(
  playlist: string,
  folder: string,
  left: Left,
  mayTidy: Fence,
): Promise<void> {
  // Before the playlist is read: what is found was there then, and no attempt that ended publishes any more.
  const found = await readdir(folder);
  if (isStillGrowing(await textAt(playlist))) return takeSetDown(playlist, folder, left, mayTidy);
  const { isNamed } = await setAt(playlist);
  const isLeft = (name: string) =>
    (isSegmentOf(left, name) && !isNamed(name)) || isTagOf(left, tagOfSetPart(name) ?? "");
  await discardFound(folder, found.filter(isLeft), mayTidy);
}

/** Takes down a set that was seen while it grew. The playlist goes first, so that nobody is told of what is not there. */
export async function takeSetDown(
  playlist: string,
  folder: string,
  left: Left,
  mayTidy: Fence,
): Promise<void> {
  const found = await readdir(folder);
  const isOurs = isListedBy(left, await textAt(playlist));
  if (isOurs) {
    await discardFound(dirname(playlist), [basename(playlist)], mayTidy);
    await syncFolder(dirname(playlist));
  }
  // Once its playlist is gone, nothing in the folder is named by anybody.
  const isLeft = (name: string) =>
    isOurs
      ? (tagOfSetPart(name) ?? tagOfSegment(name)) !== undefined
      : isSegmentOf(left, name) || isTagOf(left, tagOfSetPart(name) ?? "");
  await discardFound(folder, found.filter(isLeft), mayTidy);
  for (const name of isOurs ? FIXED_NAMES : [])
    if (isListedBy(left, await textAt(join(folder, name))))
      await discardFound(folder, [name], mayTidy);
}

const textAt = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

/** Whether a folder could not be swept because it is not there. */
export const isMissing = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "");
