/**
 * Writes the next migration from what changed in `src/db/schema.ts` and `src/db/tables/`, then embeds all of them in `migrations.gen.ts`, so
 * that the service needs no file beside its code to make its database.
 *
 * Usage: bun run migrations [name]
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = "src/db/migrations";

/** Writes into a folder of migrations what the schema has and they lack; nothing where they agree. */
export function generateMigration(folder: string, name: string): void {
  const kit = ["node_modules/drizzle-kit/bin.cjs", "generate", "--dialect", "sqlite"];
  const where = ["--schema", "src/db/{schema,tables/*}.ts", "--out", folder, "--name", name];
  execFileSync(process.execPath, [...kit, ...where], { stdio: ["ignore", "ignore", "inherit"] });
}

/** The text of `migrations.gen.ts` for a folder of migrations. */
export function embedMigrations(folder: string): string {
  const migrations = readdirSync(folder)
    .sort()
    .map((name) => ({
      name,
      statements: readFileSync(join(folder, name, "migration.sql"), "utf8")
        .split("--> statement-breakpoint")
        .map((statement) => statement.trim()),
    }));
  return `// Made by scripts/write-migrations.ts from src/db/migrations: do not edit.
/** The SQL of every migration, oldest first; a database remembers how many it has. */
export const MIGRATIONS: readonly { readonly name: string; readonly statements: readonly string[] }[] =
  ${JSON.stringify(migrations, undefined, 2)};
`;
}

if (import.meta.main) {
  generateMigration(FOLDER, process.argv[2] ?? "change");
  writeFileSync("src/db/migrations.gen.ts", embedMigrations(FOLDER));
}
