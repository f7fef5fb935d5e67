import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { filesOfVideo } from "../../plan/reuse/renditions.ts";
import { totalOf } from "../../plan/verify/finished-set.ts";
import { readAbout } from "./about-result.ts";
import { markUsed, type ResultFile } from "./result-files.ts";

/**
 * Writes a picture of a kept set into a new file: its init segment and its segments one behind the other are an MP4 in fragments.
 *
 * @param folder - absolute path of the set's own
 * @param video - the key of the picture
 * @returns how many bytes it has; undefined if it is not what it was
 * @throws the system's error, or the signal's reason
 */
export async function joinVideo(
  folder: string,
  video: string,
  path: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const about = await readAbout(folder);
  const at = about?.videos?.indexOf(video) ?? -1;
  const all = new Map(about?.files.map((file) => [file.name, file]));
  const files = filesOfVideo([...all.keys()], at).flatMap((name) => all.get(name) ?? []);
  if (files.length === 0 || !(await joinSame(folder, files, path, signal))) return undefined;
  await markUsed(folder);
  return totalOf(files.map(({ sizeBytes }) => sizeBytes));
}

/** @returns whether all files still are what they were described as */
async function joinSame(
  folder: string,
  files: readonly ResultFile[],
  path: string,
  signal: AbortSignal,
): Promise<boolean> {
  const joined = await open(path, "wx");
  try {
    for (const { name, sha256 } of files) {
      const hash = createHash("sha256");
      for await (const bytes of createReadStream(join(folder, name), { signal })) {
        hash.update(bytes);
        await joined.writeFile(bytes);
      }
      if (hash.digest("hex") !== sha256) return false;
    }
    return true;
  } finally {
    await joined.close();
  }
}
