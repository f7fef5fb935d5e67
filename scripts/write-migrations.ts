/**
 * Writes the next migration of each kind of database from what changed in its tables, then embeds all of them in its `migrations.gen.ts`,
 * so that the service needs no file beside its code to make its database.
 *
 * Usage: bun run migrations [name]
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The kinds of databases: Drizzle's name, their tables, and the folder that has `migrations` and `migrations.gen.ts`. */
export const DIALECTS = [
  { dialect: "sqlite", schema: "src/db/{schema,tables/*}.ts", folder: "src/db" },
  { dialect: "postgresql", schema: "src/db/postgres/tables/*.ts", folder: "src/db/postgres" },
] as const;

type Dialect = (typeof DIALECTS)[number];

/** Writes into a folder of migrations what the tables have and they lack; nothing where they agree. */
export function generateMigration({ dialect, schema }: Dialect, out: string, name: string): void {
  const kit = ["node_modules/drizzle-kit/bin.cjs", "generate", "--dialect", dialect];
  const where = ["--schema", schema, "--out", out, "--name", name];
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
  return `// Made by scripts/write-migrations.ts from ${folder}: do not edit.
/** The SQL of every migration, oldest first; a database remembers how many it has. */
export const MIGRATIONS: readonly { readonly name: string; readonly statements: readonly string[] }[] =
  ${JSON.stringify(migrations, undefined, 2)};
`;
}

if (import.meta.main)
  for (const dialect of DIALECTS) {
    const migrations = `${dialect.folder}/migrations`;
    generateMigration(dialect, migrations, process.argv[2] ?? "change");
    writeFileSync(`${dialect.folder}/migrations.gen.ts`, embedMigrations(migrations));
  }
