import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readSet } from "./set-names.ts";
import type { FinishedFiles, LiveSetWriter } from "./storage.ts";

/**
 * Completes a set that grew (`LiveSetWriter.complete`) by the other steps of its writer: what it lacks first, the playlist last.
 *
 * @param tag - of the attempt that wrote it
 * @param folder - the bare name of its folder
 */
export async function completeSet(
  writer: Pick<LiveSetWriter, "add" | "list">,
  finished: Required<FinishedFiles>,
  sent: ReadonlySet<string>,
  { tag, folder }: { readonly tag: string; readonly folder: string },
): Promise<void> {
  const set = await readSet(finished, tag, folder);
  const lacking = set.segments.filter(({ name }) => !sent.has(name));
  for (const { own, name } of lacking) await writer.add(join(finished.segments, own), name);
  const path = `${finished.entry}.told`;
  try {
    for (const { name, text } of [...set.playlists, ...set.fixed]) {
      await writeFile(path, text);
      await writer.add(path, name);
    }
  } finally {
    await rm(path, { force: true });
  }
  await writer.list(set.entry, true);
}
