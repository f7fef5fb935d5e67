import { statSync } from "node:fs";
import type { Place } from "./report.ts";

/** Which file is at a path: one that takes its place has another number. Undefined if none is. */
function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

/**
 * Remembers files that a process has just opened.
 *
 * It goes on with open files that were deleted or replaced: everything that it writes then is gone when it closes them.
 *
 * @returns a function that says what is wrong with them by now, as a sentence part; undefined if nothing is
 */
export function watchFiles(files: readonly Place[]): () => string | undefined {
  const opened = files.map((file) => ({ ...file, identity: identityOf(file.path) }));
  return () => {
    for (const { name, path, identity } of opened) {
      const now = identityOf(path);
      if (identity === undefined || now === identity) continue;
      return `${name} was ${now === undefined ? "deleted" : "replaced"} while it was open`;
    }
    return undefined;
  };
}
