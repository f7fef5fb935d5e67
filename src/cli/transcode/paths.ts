import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { errnoOf } from "../../lib/errno-of.ts";
import { CliError, EXIT } from "../exit.ts";

/** A place to read from or to write to: what the service is told, and the folder that it needs for it. */
export type Place = {
  readonly address: string;
  /** Undefined of what is no file. */
  readonly folder: string | undefined;
};

const isAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** The path that a text means; undefined if it is an address of something else. */
function pathOf(text: string): string | undefined {
  if (text.startsWith("file://")) return fileURLToPath(text);
  return isAddress(text) ? undefined : resolve(text);
}

/** Where a source is: links are followed, as the caller may read what they lead to. @throws {CliError} if there is none */
export function sourcePlace(text: string): Place {
  const path = pathOf(text);
  if (path === undefined) return { address: text, folder: undefined };
  try {
    const real = realpathSync(path);
    return { address: pathToFileURL(real).href, folder: dirname(real) };
  } catch (error) {
    const why = errnoOf(error) === "ENOENT" ? "there is no such file" : (error as Error).message;
    throw new CliError(EXIT.usage, `Cannot read ${JSON.stringify(path)}: ${why}`);
  }
}

/**
 * Where a target is; its folder is made.
 *
 * @param mayReplace - whether a file that is there may go
 * @throws {CliError} if it may not, or there can be no such folder
 */
export function targetPlace(text: string, mayReplace: boolean): Place {
  const path = pathOf(text);
  if (path === undefined) return { address: text, folder: undefined };
  if (!mayReplace && existsSync(path))
    throw new CliError(
      EXIT.usage,
      `Cannot write ${JSON.stringify(path)}: it is there already; --overwrite replaces it`,
    );
  try {
    mkdirSync(dirname(path), { recursive: true });
    const folder = realpathSync(dirname(path));
    return { address: pathToFileURL(join(folder, basename(path))).href, folder };
  } catch (error) {
    throw new CliError(
      EXIT.usage,
      `Cannot write ${JSON.stringify(path)}: ${(error as Error).message}`,
    );
  }
}
