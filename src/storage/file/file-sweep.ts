import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { errnoOf } from "../../lib/errno-of.ts";
import { FIXED_NAMES } from "../../manifest/write/published-names.ts";
import { isSegmentOf, isTagOf, tagOfSegment } from "../set-names.ts";
import type { Left, PrepareOptions } from "../storage.ts";
import { discardFound, tagOfPart } from "./file-part.ts";
import { setAt } from "./file-set.ts";

type Fence = PrepareOptions["mayTidy"];

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
    (isSegmentOf(left, name) && !isNamed(name)) || isTagOf(left, partTagOf(name) ?? "");
  await discardFound(folder, found.filter(isLeft), mayTidy);
}

/** The tag of a temporary of a segment, or of a file of a fixed name. */
function partTagOf(name: string): string | undefined {
  const whole = /^\.(.+)\.[\w-]+\.pontus-part$/.exec(name)?.[1] ?? "";
  const isOfSet = tagOfSegment(whole) !== undefined || FIXED_NAMES.includes(whole);
  return isOfSet ? tagOfPart(name, whole) : undefined;
}

/** Does something in a folder, or nothing if the folder is not there. */
export const unlessMissing = (action: Promise<void>): Promise<void> =>
  action.catch((error: unknown) => {
    if (!["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) throw error;
  });
