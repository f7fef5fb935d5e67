/**
 * Writes the next migration of each kind of database from what changed in its tables, then embeds all of them in its `migrations.gen.ts`,
 * so that the service needs no file beside its code to make its database.
 *
 * Usage: bun run migrations [name]
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PostgresMigration } from "../src/db/postgres/migrate.ts";

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

/** The first line of a migration after which versions of before cannot use the tables any more. */
const BREAKS = "-- breaks versions of before";

/** The migrations of a folder, oldest first. */
export const readMigrations = (folder: string): readonly PostgresMigration[] =>
  readdirSync(folder)
    .sort()
    .map((name) => {
      const text = readFileSync(join(folder, name, "migration.sql"), "utf8");
      const isBreaking = text.startsWith(`${BREAKS}\n`);
      const statements = (isBreaking ? text.slice(BREAKS.length) : text)
        .split("--> statement-breakpoint")
        .map((statement) => statement.trim());
      return { name, statements, ...(isBreaking && { breaks: true }) };
    });

/** What a program that does not know a migration can go on with: new tables, columns that its own rows may lack, and indexes. */
const ADDITIVE = [
  /^CREATE TABLE /,
  /^CREATE INDEX /,
  /^DROP INDEX /,
  /^ALTER TABLE "\w+" ADD COLUMN (?!.*NOT NULL)/s,
  /^ALTER TABLE "\w+" ADD COLUMN .* DEFAULT .*NOT NULL/s,
];

/** Whether nodes of the version before a migration go on while and after it is made. */
export const isAdditive = ({ statements }: PostgresMigration): boolean =>
  statements.every(
    (statement) =>
      ADDITIVE.some((form) => form.test(statement)) || isOfNewTable(statement, statements),
  );

/** What is added to a table that the same migration makes. */
function isOfNewTable(statement: string, statements: readonly string[]): boolean {
  const name = /^(?:CREATE UNIQUE INDEX .* ON|ALTER TABLE) "(\w+)"/.exec(statement)?.[1];
  return statements.some((each) => each.startsWith(`CREATE TABLE "${name}"`));
}

/** The text of `migrations.gen.ts` for a folder of migrations. */
export function embedMigrations(folder: string): string {
  return `// Made by scripts/write-migrations.ts from ${folder}: do not edit.
/** The SQL of every migration, oldest first; a database remembers how many it has. Versions of before cannot use the tables after one that \`breaks\`. */
export const MIGRATIONS: readonly {
  readonly name: string;
  readonly statements: readonly string[];
  readonly breaks?: true;
}[] = ${JSON.stringify(readMigrations(folder), undefined, 2)};
`;
}

if (import.meta.main)
  for (const dialect of DIALECTS) {
    const migrations = `${dialect.folder}/migrations`;
    generateMigration(dialect, migrations, process.argv[2] ?? "change");
    writeFileSync(`${dialect.folder}/migrations.gen.ts`, embedMigrations(migrations));
  }
