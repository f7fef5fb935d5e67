import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  DIALECTS,
  embedMigrations,
  generateMigration,
  isAdditive,
  readMigrations,
} from "../../scripts/write-migrations.ts";
import { openDatabase, openWhenFree } from "../../src/db/database.ts";
import { migrate } from "../../src/db/migrate.ts";
import { MIGRATIONS } from "../../src/db/migrations.gen.ts";
import { openSqlite } from "../../src/db/sqlite.bun.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { aWorker, createTask } from "../fixtures/store-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

describe.each(DIALECTS)("migrations.gen.ts of $dialect", (dialect) => {
  const folder = join(dialect.folder, "migrations");

  test("holds what the folder of migrations holds", () => {
    const embedded = readFileSync(join(dialect.folder, "migrations.gen.ts"), "utf8");
    expect(embedded).toBe(embedMigrations(folder));
  });

  test("makes the schema that the code describes", () => {
    const copy = join(tempFolder(), "migrations");
    cpSync(folder, copy, { recursive: true });
    generateMigration(dialect, copy, "forgotten");
    expect(readdirSync(copy)).toEqual(readdirSync(folder));
  });
});

describe("migrations of PostgreSQL", () => {
  test("add to the tables, so that nodes are upgraded one by one, or say that they do not", () => {
    const wrong = readMigrations("src/db/postgres/migrations").filter(
      (one) => !one.breaks && !isAdditive(one),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test.each([
    ['CREATE TABLE "a" ("x" text NOT NULL)', true],
    ['CREATE INDEX "a_x" ON "tasks" ("x")', true],
    ['DROP INDEX "a_x"', true],
    ['ALTER TABLE "tasks" ADD COLUMN "x" text', true],
    [`ALTER TABLE "tasks" ADD COLUMN "x" text DEFAULT '' NOT NULL`, true],
    ['ALTER TABLE "tasks" ADD COLUMN "x" text NOT NULL', false],
    ['CREATE UNIQUE INDEX "a_x" ON "tasks" ("x")', false],
    ['ALTER TABLE "tasks" ADD CONSTRAINT "x_y" FOREIGN KEY ("x") REFERENCES "y"("z")', false],
    ['ALTER TABLE "tasks" DROP COLUMN "x"', false],
    ['ALTER TABLE "tasks" RENAME COLUMN "x" TO "y"', false],
    ['ALTER TABLE "tasks" ALTER COLUMN "x" SET NOT NULL', false],
    ['DROP TABLE "tasks"', false],
    ['UPDATE "tasks" SET "x" = 1', false],
  ])("%s: additive %p", (statement, is) => {
    expect(isAdditive({ name: "", statements: [statement] })).toBe(is);
  });

  test("may add anything to a table of their own", () => {
    const statements = [
      'CREATE TABLE "a" ("x" text)',
      'CREATE UNIQUE INDEX "a_x" ON "a" ("x")',
      'ALTER TABLE "a" ADD CONSTRAINT "x_y" FOREIGN KEY ("x") REFERENCES "y"("z")',
    ];
    expect(isAdditive({ name: "", statements })).toBe(true);
  });

  test("say so by their first line", () => {
    const folder = tempFolder();
    for (const [name, first] of [
      ["1_first", ""],
      ["2_second", "-- breaks versions of before\n"],
    ] as const) {
      mkdirSync(join(folder, name));
      const text = `${first}DROP TABLE "a";\n--> statement-breakpoint\nDROP TABLE "b";`;
      writeFileSync(join(folder, name, "migration.sql"), text);
    }
    const statements = ['DROP TABLE "a";', 'DROP TABLE "b";'];
    expect(readMigrations(folder)).toEqual([
      { name: "1_first", statements },
      { name: "2_second", statements, breaks: true },
    ]);
  });
});

describe("migrate", () => {
  const first = { name: "first", statements: ["CREATE TABLE a (x)", "INSERT INTO a VALUES (1)"] };
  const second = { name: "second", statements: ["CREATE TABLE b (x)"] };

  test("runs each migration once", () => {
    const connection = openSqlite(":memory:");
    migrate(connection, [first]);
    migrate(connection, [first, second]);
    migrate(connection, [first, second]);
    expect(connection.value("SELECT count(*) FROM a, b")).toBe(0);
    expect(connection.value("SELECT count(*) FROM a")).toBe(1);
  });

  test("runs a migration whole or not at all", () => {
    const connection = openSqlite(":memory:");
    const broken = { name: "broken", statements: ["CREATE TABLE b (x)", "CREATE TABEL c (x)"] };
    expect(() => migrate(connection, [first, broken])).toThrow("TABEL");
    expect(connection.value("SELECT count(*) FROM sqlite_schema")).toBe(0);
    migrate(connection, [first, second]);
  });

  test("refuses a database of a newer version", () => {
    const connection = openSqlite(":memory:");
    migrate(connection, [first, second]);
    expect(() => migrate(connection, [first])).toThrow("a newer version of this program made it");
  });
});

describe("openDatabase", () => {
  test("makes missing folders, and finds everything again the next time", async () => {
    const path = join(tempFolder(), "not", "yet", "tasks.sqlite");
    const bench = sqliteBench(path);
    const id = await createTask(bench);
    bench.database.close();
    const again = sqliteBench(path);
    expect((await again.tasks.get("ada", id)).id).toBe(id);
    again.database.close();
  });

  test("leaves syncing of commits to a thread, and keeps references", () => {
    const database = openDatabase(join(tempFolder(), "tasks.sqlite"));
    const settings = ["journal_mode", "synchronous", "foreign_keys"].map((name) =>
      database.orm.values(`PRAGMA ${name}`).flat().at(0),
    );
    expect(settings).toEqual(["wal", 1, 1]);
    database.close();
  });

  test("waits for a process that is about to write to the new file", async () => {
    const path = join(tempFolder(), "tasks.sqlite");
    const holder = spawn(process.execPath, [
      "-e",
      'const { Database } = require("bun:sqlite"); globalThis.db = new Database(process.argv[1]); db.run("BEGIN IMMEDIATE"); console.log("held"); setTimeout(() => process.exit(), 300)',
      path,
    ]);
    await once(holder.stdout, "data");
    let waits = 0;
    const database = await openWhenFree(path, { limitMs: 60_000, onWait: () => waits++ });
    expect(database.orm.values("PRAGMA journal_mode")).toEqual([["wal"]]);
    expect(waits).toBe(1);
    database.close();
  });

  test("stops waiting for another process at the limit, and when it is told to", async () => {
    const path = join(tempFolder(), "tasks.sqlite");
    const holder = openSqlite(path);
    holder.execute("BEGIN EXCLUSIVE");
    const { code, message } = await taskErrorOf(openWhenFree(path, { limitMs: 1 }));
    expect([code, message]).toEqual([
      "service_unavailable",
      "Cannot use the database: another process holds it",
    ]);
    const stop = new AbortController();
    const opening = openWhenFree(path, {
      limitMs: 600_000,
      signal: stop.signal,
      onWait: () => setImmediate(() => stop.abort()),
    });
    await expect(opening).rejects.toThrow("aborted");
    holder.close();
  });

  test("writes nothing where the schema is current", () => {
    const path = join(tempFolder(), "tasks.sqlite");
    const first = openDatabase(path);
    const other = openSqlite(path);
    // Whoever wrote would be refused.
    other.execute("BEGIN IMMEDIATE");
    openDatabase(path).close();
    other.execute("ROLLBACK");
    for (const each of [first, other]) each.close();
  });

  test("lets processes that start together on a new file all have it", async () => {
    const path = join(tempFolder(), "tasks.sqlite");
    const open = async () =>
      promisify(execFile)(process.execPath, [
        "-e",
        'const { openWhenFree } = await import(process.argv[1]); await openWhenFree(process.argv[2], { limitMs: 60_000 }); console.log("open")',
        join(import.meta.dirname, "../../src/db/database.ts"),
        path,
      ]);
    const outputs = await Promise.all([open(), open(), open(), open()]);
    expect(outputs.map(({ stdout }) => stdout)).toEqual(Array(4).fill("open\n"));
  });
});

describe("a database that an older version made", () => {
  const COLUMNS =
    "id, client_code, profile_name, status, priority, create_ms, attempt, failures, cancel_requested, event_sequence, attempts, targets, source_url, custom_profiles, assignments";
  const insert = (seq: number, client: string, url: string) =>
    `INSERT INTO tasks (seq, ${COLUMNS}) VALUES (${seq}, 'id-${seq}', '${client}', 'video_mp4_transmux', 'PENDING', 0, ${seq}, 0, 0, 0, 1, '[]', '[{"url":"o${seq}.mp4","key":"k${seq}","status":"PENDING"}]', '${url}', '[]', '[]')`;
  const versions = MIGRATIONS.slice(0, -1).map(({ name }, at) => [at + 1, name] as const);

  test.each(versions)("is upgraded with all that it holds: %d migrations, %s", async (number) => {
    const path = join(tempFolder(), "old.sqlite");
    const old = openSqlite(path);
    migrate(old, MIGRATIONS.slice(0, number));
    for (const statement of [
      insert(1, "ada", "SRT://:9000?mode=listener"),
      insert(2, "ada", "file:///media/in.mp4"),
      "INSERT INTO events (task_seq, sequence, time_ms, type, status, attempt) VALUES (1, 1, 1, 'created', 'PENDING', 0)",
      "INSERT INTO active_targets (key, task_seq) VALUES ('k1', 1), ('k2', 2)",
      "INSERT INTO profile_uses (client_code, profile_name, task_seq) VALUES ('ada', 'mine', 2)",
      "INSERT INTO clients (client_code, public_key, private_key, strong_only, disabled) VALUES ('ada', 'pk', 'secret', 0, 0)",
    ])
      old.execute(statement);
    // Versions that know live tasks mark them when they are created.
    if (old.value("SELECT count(*) FROM pragma_table_info('tasks') WHERE name = 'is_live'") === 1)
      old.execute("UPDATE tasks SET is_live = true WHERE seq = 1");
    old.close();
    const bench = sqliteBench(path, { liveWaitingMax: 1 });
    expect(await bench.clients.byPublicKey("pk")).toMatchObject({
      clientCode: "ada",
      privateKey: "secret",
      weight: 1,
      second: null,
      notification: null,
      webhookSecrets: null,
      reach: null,
    });
    expect(await bench.tasks.events("ada", "id-1", { afterSequence: 0, limit: 9 })).toHaveLength(1);
    const target = [{ url: "o.mp4", key: "k1" }];
    expect((await taskErrorOf(createTask(bench, { targets: target }))).code).toBe("task_conflict");
    expect((await taskErrorOf(bench.profiles.remove("ada", "mine"))).code).toBe(
      "profile_not_empty",
    );
    const claims = [await bench.queue.claim(aWorker()), await bench.queue.claim(aWorker())];
    expect(claims.map((work) => work?.claim.taskId)).toEqual(["id-1", "id-2"]);
    const liveAgain = await createTask(bench, { isLive: true });
    expect(await bench.queue.claim(aWorker())).toBeUndefined();
    expect(await bench.queue.claim(aWorker("w2"))).toMatchObject({ claim: { taskId: liveAgain } });
    bench.database.close();
  });
});
