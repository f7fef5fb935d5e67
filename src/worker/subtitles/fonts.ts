import { copyFile, mkdir, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { TaskError } from "../../task/errors.ts";

const EXTENSIONS = [".ttf", ".otf", ".ttc", ".otc"];
/** All of them are read for each run. */
const BYTES_MAX = 256 << 20;

/**
 * Copies the fonts of an operator's folder into another one, where every engine finds them, also in a sandbox.
 *
 * @param from - absolute path; its own folders are not looked into
 * @throws {TaskError} `internal` if it cannot be read, or holds too much
 */
export async function copyFonts(from: string, to: string, signal: AbortSignal): Promise<void> {
  await mkdir(to, { recursive: true });
  const names = await readdir(from).catch((cause: unknown) => {
    throw new TaskError("internal", "Cannot read the folder of PONTUS_FONTS", { cause });
  });
  let bytes = 0;
  for (const name of names.filter((one) => EXTENSIONS.includes(extname(one).toLowerCase()))) {
    signal.throwIfAborted();
    const path = join(from, name);
    const info = await stat(path).catch(() => undefined);
    if (!info?.isFile()) continue;
    bytes += info.size;
    if (bytes > BYTES_MAX)
      throw new TaskError(
        "internal",
        `Cannot use the fonts of PONTUS_FONTS: they have more than ${BYTES_MAX} bytes`,
      );
    await copyFile(path, join(to, name));
  }
}
