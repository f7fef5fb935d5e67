import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import pg from "pg";
import { migratePostgres, type PostgresMigration } from "../../../src/db/postgres/migrate.ts";
import { MIGRATIONS } from "../../../src/db/postgres/migrations.gen.ts";
import { openPostgres, type PostgresDatabase } from "../../../src/db/postgres/postgres.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { type FleetNode, FleetServer } from "../../fixtures/fleet-bench.ts";
import { anOutput, aWorker, createTask, eventTypes } from "../../fixtures/store-bench.ts";

setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
const opened: PostgresDatabase[] = [];
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await fleet.stop();
});

/** What the version after this one might add. */
const ADDED: PostgresMigration = {
  name: "added",
  statements: [
    'ALTER TABLE "tasks" ADD COLUMN "shade" text',
    `ALTER TABLE "tasks" ADD COLUMN "tone" text DEFAULT 'grey' NOT NULL`,
    'CREATE TABLE "shades" ("name" text PRIMARY KEY)',
    'CREATE INDEX "tasks_tone" ON "tasks" ("tone")',
  ],
};
const NEXT: readonly PostgresMigration[] = [...MIGRATIONS, ADDED];
const BREAKING: readonly PostgresMigration[] = [
  ...MIGRATIONS,
  { ...ADDED, breaks: true },
  { name: "after", statements: ['ALTER TABLE "shades" ADD COLUMN "number" integer'] },
];
const NEWER = "Cannot open the database: a newer version of this program made it";

/** Starts a node of another version, as far as the tables go. */
async function upgrade(
  url: string,
  migrations: readonly PostgresMigration[] = NEXT,
  options: pg.PoolConfig = {},
): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, ...options });
  try {
    await migratePostgres(pool, migrations);
  } finally {
    await pool.end();
  }
}

/** Opens tables as this version does. */
async function open(url: string): Promise<PostgresDatabase> {
  const database = await openPostgres(url);
  opened.push(database);
  return database;
}

const standing = async (url: string) =>
  (await fleet.server.query("select version, oldest from pontus_schema", url))[0];

/** Creates a task and runs it. @returns its id */
async function live(node: FleetNode): Promise<string> {
  const id = await createTask(node);
  const work = await node.queue.claim(aWorker());
  if (!work) throw new Error("there is no task");
  await node.tasks.saveProgress(work.claim, {
    phase: "TRANSCODING",
    outTimeSeconds: 0,
    speed: 1,
    fps: 0,
  });
  await node.queue.heartbeat(work.claim);
  await node.tasks.saveTarget(work.claim, 0, { status: "SUCCESS", output: anOutput });
  await node.tasks.finish(work.claim, { status: "SUCCESS" });
  return id;
}

describe("an upgrade that adds to the tables", () => {
  test("lets nodes of the version before go on while it is made, and after it", async () => {
    const old = await fleet.node();
    const ids = [await live(old)];
    let isMade = false;
    const upgrading = upgrade(old.url).then(() => {
      isMade = true;
    });
    do ids.push(await live(old));
    while (!isMade);
    await upgrading;
    ids.push(await live(old));
    for (const id of ids) {
      expect((await old.tasks.get("ada", id)).status).toBe("SUCCESS");
      const types = await eventTypes(old, id);
      expect([types[0], types.at(-1)]).toEqual(["created", "ended"]);
    }
    await old.database.checkWritable();
    expect(await standing(old.url)).toEqual({ version: MIGRATIONS.length + 1, oldest: 1 });
  });

  test("lets them start again, and leaves the tables as they are", async () => {
    const url = await fleet.database();
    await upgrade(url);
    const again = await fleet.node({ url });
    const id = await live(again);
    expect((await again.tasks.get("ada", id)).status).toBe("SUCCESS");
    expect(await standing(url)).toEqual({ version: MIGRATIONS.length + 1, oldest: 1 });
    await upgrade(url);
  });

  test("is made once, where nodes of both versions start together", async () => {
    const url = await fleet.server.createDatabase();
    const starts = Array.from({ length: 3 }, () => [upgrade(url), open(url)]).flat();
    await Promise.all(starts);
    expect(await standing(url)).toEqual({ version: MIGRATIONS.length + 1, oldest: 1 });
  });

  test("is made whole or not at all", async () => {
    const url = await fleet.database();
    const broken = { name: "broken", statements: [...ADDED.statements, "CREATE TABEL x ()"] };
    await expect(upgrade(url, [...MIGRATIONS, broken])).rejects.toThrow("TABEL");
    const [{ shades } = {}] = await fleet.server.query("select to_regclass('shades') shades", url);
    expect(shades).toBeNull();
    expect(await standing(url)).toEqual({ version: MIGRATIONS.length, oldest: 1 });
    await upgrade(url);
  });

  test("is waited for longer than the locks of others are", async () => {
    const url = await fleet.database();
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    // As one that makes an index of a large table, which 7_032_016 stands for.
    await holder.query("select pg_advisory_lock(7032016)");
    const waiting = upgrade(url, NEXT, { lock_timeout: 50, statement_timeout: 50 });
    const isWaiting = `select count(*)::int as number from pg_stat_activity
      where datname = current_database() and wait_event = 'advisory'
        and now() - query_start > interval '200 ms'`;
    while ((await holder.query(isWaiting)).rows[0].number === 0);
    await holder.end();
    await waiting;
    expect(await standing(url)).toMatchObject({ version: MIGRATIONS.length + 1 });
  });
});

describe("an upgrade that breaks versions of before", () => {
  test("has them end at their start, and say that they are not ready where they run", async () => {
    const old = await fleet.node();
    await upgrade(old.url, BREAKING);
    expect(await standing(old.url)).toEqual({
      version: MIGRATIONS.length + 2,
      oldest: MIGRATIONS.length + 1,
    });
    const refusal = { code: "service_unavailable", message: NEWER };
    expect(await taskErrorOf(openPostgres(old.url))).toMatchObject(refusal);
    expect(await taskErrorOf(old.database.checkWritable())).toMatchObject(refusal);
    // One that knows it, and not what came after.
    await upgrade(old.url, BREAKING.slice(0, -1));
  });

  test("tables of before upgrades were told apart are used as they are, and refused once they are newer", async () => {
    const url = await fleet.database();
    await fleet.server.query("alter table pontus_schema drop column oldest", url);
    const database = await open(url);
    await database.checkWritable();
    await fleet.server.query("update pontus_schema set version = version + 1", url);
    expect((await taskErrorOf(openPostgres(url))).message).toBe(NEWER);
  });
});
