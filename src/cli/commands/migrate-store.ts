import type { Command } from "@commander-js/extra-typings";
import type { Copied } from "../../db/postgres/copy-store.ts";
import { type Context, newCommand } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { json, table } from "../text.ts";

/** Adds `migrate-store`. */
export function addMigrateStoreCommand(program: Command, context: Context): void {
  newCommand(
    program,
    "migrate-store",
    "Copies all tasks, clients, profiles and events from a SQLite file into an empty database on PostgreSQL, all or nothing. Stop the service first; the file stays as it is. The service's secret key goes with it: give the new one the same PONTUS_SECRET_KEY, or its data folder.",
    [
      "migrate-store /var/lib/pontus/pontus.db postgres://pontus@db.example/pontus",
      'migrate-store data/pontus.db "$PONTUS_DATABASE_URL" --json',
    ],
  )
    .argument("<from>", "the SQLite file (PONTUS_DATABASE of the service so far)")
    .argument("<to>", "the address of the database (PONTUS_DATABASE_URL of the fleet)")
    .option("--json", "answer with JSON")
    .action(async (from, to, options) => {
      if (!/^postgres(ql)?:\/\//.test(to))
        throw new CliError(
          EXIT.usage,
          "Cannot copy: <to> is no address like postgres://user@host/name",
        );
      const copied = await copyInto(from, to);
      const shown = copied.map(({ table: name, rows }) => [name, String(rows)] as const);
      context.io.out(options.json ? json({ copied }) : table(["TABLE", "ROWS"], shown));
    });
}

async function copyInto(from: string, to: string): Promise<readonly Copied[]> {
  const [{ openPostgres }, { copyStore }] = await Promise.all([
    import("../../db/postgres/postgres.ts"),
    import("../../db/postgres/copy-store.ts"),
  ]);
  const database = await openPostgres(to);
  try {
    return await copyStore(from, database);
  } finally {
    await database.close();
  }
}
