import { openSqlite } from "#sqlite";
import type { Connection } from "./connection.ts";
import { isBusy } from "./sqlite-errors.ts";

/** A connection that nobody refers to is collected, and its lock gone with it: what is held is held here. */
const HELD = new Set<Connection>();

/**
 * Holds a file for this process, until it is let go or the process ends, however it ends. By SQLite's lock on it, which
 * every system and both runtimes have; a pid says less, and a sandbox may not look at the processes of others.
 *
 * @param path - of a file for nothing else; made where it is missing, in a folder that is there
 * @returns lets it go; nothing where another holds it
 */
export function holdFile(path: string): (() => void) | undefined {
  const connection = openSqlite(path);
  try {
    connection.execute("BEGIN EXCLUSIVE");
    HELD.add(connection);
    return () => {
      HELD.delete(connection);
      connection.close();
    };
  } catch (error) {
    connection.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}
