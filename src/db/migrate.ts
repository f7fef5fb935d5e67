import type { Connection } from "./connection.ts";

/** A step of the schema: SQL statements that run together or not at all. */
export type Migration = { readonly name: string; readonly statements: readonly string[] };

/**
 * Brings a database to the newest schema; does nothing if it has that already.
 *
 * Not Drizzle's own migrator: that reads which migrations are applied before its transaction begins, so one of two
 * processes that start together on a new file fails. `user_version` holds the number of migrations applied.
 *
 * @throws {Error} if the database was made by a newer version of this program
 */
export function migrate(connection: Connection, migrations: readonly Migration[]): void {
  connection.execute("BEGIN IMMEDIATE");
  try {
    const applied = Number(connection.value("PRAGMA user_version"));
    if (applied > migrations.length)
      throw new Error("Cannot open database: a newer version of this program made it");
    for (const { statements } of migrations.slice(applied)) statements.forEach(connection.execute);
    connection.execute(`PRAGMA user_version = ${migrations.length}`);
    connection.execute("COMMIT");
  } catch (error) {
    connection.execute("ROLLBACK");
    throw error;
  }
}
