import { getLogger } from "@logtape/logtape";
import type pg from "pg";
import { TaskError } from "../../task/errors.ts";
import { LOCKS } from "./locks.ts";
import { MIGRATIONS } from "./migrations.gen.ts";

const log = getLogger(["pontus", "database"]);

/** How long one that brings a large database up to date may take, and how long others wait for it. */
const MIGRATION_MS_MAX = 3_600_000;

/** Of programs that know fewer migrations than a database has, those work that know the last one that `breaks`; of a database of before, none. */
export const STANDING = `select version, coalesce((to_jsonb(pontus_schema) ->> 'oldest')::integer, version) as oldest
  from pontus_schema`;

const NEWER = "Cannot open the database: a newer version of this program made it";

/** A step of the schema; one that `breaks` leaves tables that programs that do not know it cannot use. */
export type PostgresMigration = {
  readonly name: string;
  readonly statements: readonly string[];
  readonly breaks?: true;
};

/** How the tables stand: how many migrations they have had, and how many a program has to know to use them. */
type Standing = { readonly version: number; readonly oldest: number };

/**
 * Brings a database to the newest schema, in one transaction; of nodes that start together one does it and the others wait. Tables that a newer version has
 * brought further are left as they are: nodes of the version before go on beside it.
 *
 * @param migrations - those that this program knows
 * @throws {TaskError} `service_unavailable` if a newer version of this program has changed the tables so that this one cannot use them
 */
export async function migratePostgres(
  pool: pg.Pool,
  migrations: readonly PostgresMigration[] = MIGRATIONS,
): Promise<void> {
  const client = await pool.connect();
  try {
    const standing = await standingOf(client);
    if (standing.version < migrations.length) await bringUp(client, migrations);
    refuseNewer(standing, migrations.length);
    if (standing.version > migrations.length)
      log.warn(
        "A newer version of this program has brought the database up to date: replace this node soon",
      );
    await keepPlaces(client);
    client.release();
  } catch (error) {
    // Whatever is left of its transaction ends with it.
    client.release(true);
    throw error;
  }
}

/** Refuses tables that need a newer version than this one. @throws {TaskError} `service_unavailable` */
export function refuseNewer({ oldest }: Pick<Standing, "oldest">, known = MIGRATIONS.length): void {
  if (oldest > known) throw new TaskError("service_unavailable", NEWER);
}

async function bringUp(
  client: pg.PoolClient,
  migrations: readonly PostgresMigration[],
): Promise<void> {
  const run = (text: string, values: readonly unknown[] = []) =>
    // As long as the server's own limit.
    client.query({ text, values: [...values], query_timeout: MIGRATION_MS_MAX } as pg.QueryConfig);
  await run("begin");
  await run(`set local statement_timeout = ${MIGRATION_MS_MAX}`);
  const { rows } = await run("select current_setting('lock_timeout') as limit");
  await run(`set local lock_timeout = ${MIGRATION_MS_MAX}`);
  await run("select pg_advisory_xact_lock($1)", [LOCKS.MIGRATION]);
  // Tables are waited for no longer than by other calls: whoever comes after waits as long.
  await run("select set_config('lock_timeout', $1, true)", [rows[0]?.["limit"]]);
  await run("create table if not exists pontus_schema (version integer not null)");
  await run("alter table pontus_schema add column if not exists oldest integer");
  const before = await standingOf(client);
  refuseNewer(before, migrations.length);
  const lacking = migrations.slice(before.version);
  for (const { statements } of lacking) for (const statement of statements) await run(statement);
  if (lacking.length > 0) {
    await run("delete from pontus_schema");
    await run("insert into pontus_schema (version, oldest) values ($1, $2)", [
      migrations.length,
      oldestOf(migrations),
    ]);
  }
  await run("commit");
}

/** How many migrations a program has to know to use tables that have had all of these. */
const oldestOf = (migrations: readonly PostgresMigration[]): number =>
  Math.max(1, migrations.findLastIndex(({ breaks }) => breaks) + 1);

async function standingOf(client: pg.PoolClient): Promise<Standing> {
  const { rows: tables } = await client.query(
    "select to_regclass('pontus_schema') is not null as is_there",
  );
  const { rows } = tables[0]?.is_there ? await client.query(STANDING) : { rows: [] };
  const { version = 0, oldest = 0 } = rows[0] ?? {};
  return { version, oldest };
}

/**
 * Places of events grow with the clock, 1,000 a millisecond, so that none is given again after the database was restored from a
 * backup: followers of the log go on from places.
 */
async function keepPlaces(client: pg.PoolClient): Promise<void> {
  // Only ever forward: others may take places meanwhile.
  await client.query(`select setval(sequence, place) from (select
    pg_get_serial_sequence('events', 'seq') as sequence,
    nextval(pg_get_serial_sequence('events', 'seq')) as last,
    (extract(epoch from clock_timestamp()) * 1000000)::bigint as place) as now
    where place > last`);
}
