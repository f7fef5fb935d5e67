import type pg from "pg";
import { TaskError } from "../../task/errors.ts";
import { LOCKS } from "./locks.ts";
import { MIGRATIONS } from "./migrations.gen.ts";

/**
 * Brings a database to the newest schema, in one transaction; of nodes that start together one does it and the others wait.
 *
 * @throws {TaskError} `service_unavailable` if a newer version of this program made the tables
 */
export async function migratePostgres(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    if ((await unapplied(client)).length > 0) await bringUp(client);
    await keepPlaces(client);
    client.release();
  } catch (error) {
    // Whatever is left of its transaction ends with it.
    client.release(true);
    throw error;
  }
}

async function bringUp(client: pg.PoolClient): Promise<void> {
  await client.query("begin");
  await client.query("select pg_advisory_xact_lock($1)", [LOCKS.MIGRATION]);
  await client.query("create table if not exists pontus_schema (version integer not null)");
  for (const { statements } of await unapplied(client))
    for (const statement of statements) await client.query(statement);
  await client.query("delete from pontus_schema");
  await client.query("insert into pontus_schema values ($1)", [MIGRATIONS.length]);
  await client.query("commit");
}

async function unapplied(client: pg.PoolClient): Promise<typeof MIGRATIONS> {
  const { rows: tables } = await client.query(
    "select to_regclass('pontus_schema') is not null as is_there",
  );
  const { rows } = tables[0]?.is_there
    ? await client.query("select version from pontus_schema")
    : { rows: [] };
  const applied = Number(rows[0]?.version ?? 0);
  if (applied > MIGRATIONS.length)
    throw new TaskError(
      "service_unavailable",
      "Cannot open the database: a newer version of this program made it",
    );
  return MIGRATIONS.slice(applied);
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
