import { TaskError } from "../task/errors.ts";
import type { Connection } from "./connection.ts";

/** A step of the schema: SQL statements that run together or not at all. */
export type Migration = { readonly name: string; readonly statements: readonly string[] };

/**
 * Brings a database to the newest schema; writes nothing if it has that already.
 *
 * Not Drizzle's own migrator: that reads which migrations are applied before its transaction begins, so one of two
 * processes that start together on a new file fails. `user_version` holds the number of migrations applied.
 *
 * @throws {TaskError} `service_unavailable` if the database was made by a newer version of this program
 */
export function migrate(connection: Connection, migrations: readonly Migration[]): void {
  // Most starts find nothing to do. They take no lock and write nothing, which works on a full disk too.
  if (unapplied(connection, migrations).length === 0) return;
  connection.execute("BEGIN IMMEDIATE");
  try {
    for (const { statements } of unapplied(connection, migrations))
      statements.forEach(connection.execute);
    connection.execute(`PRAGMA user_version = ${migrations.length}`);
    connection.execute("COMMIT");
  } catch (error) {
    rollBack(connection);
    throw error;
  }
}

function unapplied(connection: Connection, migrations: readonly Migration[]): readonly Migration[] {
  const applied = Number(connection.value("PRAGMA user_version"));
  if (applied > migrations.length)
    throw new TaskError(
      "service_unavailable",
      "Cannot open the database: a newer version of this program made it",
    );
  return migrations.slice(applied);
}

function rollBack(connection: Connection): void {
  try {
    connection.execute("ROLLBACK");
  } catch {
    // SQLite has rolled it back itself, as it does on a full disk; the first error says why.
  }
}
