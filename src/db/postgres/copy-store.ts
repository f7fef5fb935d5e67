import { existsSync } from "node:fs";
import { asc, getColumns, getTableName, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { getTableConfig, type SQLiteColumn, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { openSqlite } from "#sqlite";
import { TaskError } from "../../task/errors.ts";
import type { Connection } from "../connection.ts";
import { openDatabase } from "../database.ts";
import * as lite from "../schema.ts";
import { translateSqliteError } from "../sqlite-errors.ts";
import { watchedFiles as liteWatchedFiles } from "../tables/watched-files.ts";
import type { PostgresDatabase } from "./postgres.ts";
import * as clients from "./tables/clients.ts";
import * as tasks from "./tables/tasks.ts";
import * as upkeep from "./tables/upkeep.ts";

/** Each table of a store, after those that it refers to; `seq` where rows have one. */
const TABLES: readonly (readonly [SQLiteTable, PgTable])[] = [
  [lite.clients, clients.clients],
  [lite.profiles, clients.profiles],
  [lite.turns, clients.turns],
  [lite.nonces, clients.nonces],
  [lite.idempotencyKeys, clients.idempotencyKeys],
  [lite.tasks, tasks.tasks],
  [lite.events, tasks.events],
  [lite.taskLogs, tasks.taskLogs],
  [lite.activeTargets, tasks.activeTargets],
  [lite.profileUses, tasks.profileUses],
  [lite.leftovers, upkeep.leftovers],
  [lite.notifications, upkeep.notifications],
  [lite.deliveries, upkeep.deliveries],
  [liteWatchedFiles, upkeep.watchedFiles],
];
/** Rows of one statement: below PostgreSQL's 65,535 parameters with the widest table. */
const ROWS = 500;

/** How many rows of a table were copied. */
export type Copied = { readonly table: string; readonly rows: number };

/**
 * Copies all that a service keeps in a SQLite file into an empty database on PostgreSQL, all or nothing. The file is locked meanwhile, so
 * that a service on it can change nothing, and stays as it is.
 *
 * @returns what was copied
 * @throws {TaskError} `service_unavailable` if either cannot be used, `task_conflict` if the other database is not empty
 */
export async function copyStore(
  path: string,
  database: PostgresDatabase,
): Promise<readonly Copied[]> {
  if (!existsSync(path))
    throw new TaskError("service_unavailable", `Cannot copy "${path}": there is no such file`);
  // Brings it to the newest schema.
  openDatabase(path).close();
  const source = openSqlite(path);
  try {
    lock(source);
    return await database.write(async () => {
      await refuseUnlessEmpty(database);
      const copied: Copied[] = [];
      for (const [from, to] of TABLES) copied.push(await copyTable(source, database, from, to));
      return copied;
    });
  } finally {
    source.close();
  }
}

function lock(source: Connection): void {
  try {
    source.execute("BEGIN IMMEDIATE");
  } catch (error) {
    throw translateSqliteError(error);
  }
}

/** A row by the names of its columns in the code. */
type Row = Readonly<Record<string, unknown>>;

async function refuseUnlessEmpty({ execute }: PostgresDatabase): Promise<void> {
  for (const table of ["clients", "tasks", "events"]) {
    const { rows } = await execute(`select 1 from ${table} limit 1`);
    if (rows.length > 0)
      throw new TaskError(
        "task_conflict",
        `Cannot copy: the database has rows in "${table}" already`,
      );
  }
}

async function copyTable(
  source: Connection,
  { orm, execute }: PostgresDatabase,
  from: SQLiteTable,
  to: PgTable,
): Promise<Copied> {
  const name = getTableName(to);
  let rows = 0;
  for (const page of pagesOf(source, from)) {
    await orm.insert(to).values(page as never);
    rows += page.length;
  }
  const { rows: counted } = await execute(`select count(*)::int as rows from ${name}`);
  if ((counted[0] as { rows: number }).rows !== rows)
    throw new Error(`Cannot copy "${name}": ${rows} rows were written, but others are there`);
  if (keyOf(from)[0]?.name === "seq")
    await execute(`select setval(sequence, greatest(nextval(sequence), (select coalesce(max(seq), 1) from ${name})))
      from (select pg_get_serial_sequence('${name}', 'seq')::regclass as sequence) as its`);
  return { table: name, rows };
}

/** The rows of a table in the order of its key, a page at a time. */
function* pagesOf({ orm }: Connection, table: SQLiteTable): Generator<readonly Row[]> {
  const key = keyOf(table);
  const columns = sql.join([...key], sql`, `);
  let last: Row | undefined;
  do {
    const values = last && key.map((column) => sql`${last?.[nameOf(table, column)]}`);
    const rest = values && sql`(${columns}) > (${sql.join(values, sql`, `)})`;
    const query = orm
      .select()
      .from(table)
      .where(rest)
      .orderBy(...key.map(asc))
      .limit(ROWS);
    const page: readonly Row[] = query.all();
    if (page.length > 0) yield page;
    last = page.length === ROWS ? page.at(-1) : undefined;
  } while (last);
}

/** The columns of a table's primary key. */
function keyOf(table: SQLiteTable): readonly SQLiteColumn[] {
  const { columns, primaryKeys } = getTableConfig(table);
  const single = columns.filter(({ primary }) => primary);
  return single.length > 0 ? single : (primaryKeys[0]?.columns ?? []);
}

/** What the code calls a column. */
const nameOf = (table: SQLiteTable, column: SQLiteColumn): string =>
  Object.entries(getColumns(table)).find(([, { name }]) => name === column.name)?.[0] ?? "";
