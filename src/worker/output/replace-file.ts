import { rename, writeFile } from "node:fs/promises";

/** Writes a small file atomically: a crash of the service leaves the old one or the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}
