import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, RunRequest } from "../../engine/engine.ts";
import type { Part, Sliced } from "../../plan/sliced.ts";
import { stepOfPart } from "./run-part.ts";

/** A slice has other pictures than it should: only a run of the whole is right. */
export class OtherPictures extends Error {}

/** @param index - its place among the slices @throws {OtherPictures} if a slice does not have the pictures that it should */
export function judgePictures({ frames: wanted }: Part, index: number, frames: number): void {
  if (wanted && !wanted.includes(frames))
    throw new OtherPictures(
      `slice ${index} has ${frames} pictures, and should have ${wanted.join(" or ")}`,
    );
}

/** Joins what the parts of a step have made in its work folder. @throws {TaskError} as `Engine.run` */
export async function joinSlices(
  engine: Pick<Engine, "run">,
  request: RunRequest,
  { list, join: joined }: Sliced,
  signal: AbortSignal,
): Promise<void> {
  await writeFile(join(request.folder, list.path), list.text);
  const step = stepOfPart(request.step, joined);
  await engine.run({ ...request, step, isOurs: true, onProgress: () => {} }, signal);
}

/** Removes the files of parts that are none of an output. */
export async function removeParts(folder: string, { parts, list }: Sliced): Promise<void> {
  const passing = parts.filter(({ isKept }: Part) => !isKept);
  const names = [
    ...passing.flatMap(({ writes, reads = [] }) => [...writes, ...reads.map(({ path }) => path)]),
    list.path,
  ];
  for (const name of names) await rm(join(folder, name), { force: true });
}
