import { statSync } from "node:fs";

/** Which file is at a path: one that takes its place has another number. Undefined if none is. */
function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

/**
 * Remembers which files an open database has.
 *
 * SQLite goes on with open files that were deleted or replaced: everything that it writes then is gone when it closes them.
 *
 * @param path - of a database that is open, and has been read
 * @returns a function that says what is wrong with them by now; undefined if nothing is
 */
export function watchPlace(path: string): () => string | undefined {
  const files = [
    { name: "the database file", path },
    { name: "the log of the database", path: `${path}-wal` },
  ].map((file) => ({ ...file, opened: identityOf(file.path) }));
  return () => {
    for (const { name, path: at, opened } of files) {
      const now = identityOf(at);
      if (opened === undefined || now === opened) continue;
      return `${name} was ${now === undefined ? "deleted" : "replaced"} while it was open`;
    }
    return undefined;
  };
}
