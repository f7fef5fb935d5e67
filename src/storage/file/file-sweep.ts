import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { errnoOf } from "../../lib/errno-of.ts";
import { isSegmentOf, isTagOf } from "../set-names.ts";
import type { Left, TidyOptions } from "../storage.ts";
import { discardFound, tagOfPart } from "./file-part.ts";
import { setAt, tagOfSetPart } from "./file-set.ts";

type Fence = TidyOptions["mayTidy"];

/** Removes the temporaries that attempts have left beside a file. */
export async function sweepBeside(path: string, left: Left, mayTidy: Fence): Promise<void> {
  const isLeft = (name: string) => isTagOf(left, tagOfPart(name, basename(path)) ?? "");
  const found = await readdir(dirname(path));
  await discardFound(dirname(path), found.filter(isLeft), mayTidy);
}

/** Removes what attempts have left in the folder of a set, except what its playlist names. */
export async function sweepSetFolder(
  playlist: string,
  folder: string,
  left: Left,
  mayTidy: Fence,
): Promise<void> {
  // Before the playlist is read: what is found was there then, and no attempt that ended publishes any more.
  const found = await readdir(folder);
  const { isNamed } = await setAt(playlist);
  const isLeft = (name: string) =>
    (isSegmentOf(left, name) && !isNamed(name)) || isTagOf(left, tagOfSetPart(name) ?? "");
  await discardFound(folder, found.filter(isLeft), mayTidy);
}

/** Whether a folder could not be swept because it is not there. */
export const isMissing = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "");
