import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../../src/db/sqlite.bun.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { pontus } from "../../fixtures/command-line.ts";
import { PostgresServer } from "../../fixtures/postgres-server.ts";
import { sqliteBench } from "../../fixtures/sqlite-bench.ts";
import { aNewTask, anAdmission, claimTask, createTask } from "../../fixtures/store-bench.ts";

setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "pg-"));
let server: PostgresServer;

beforeAll(async () => {
  server = await PostgresServer.start(folder);
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A file with something in each table, more tasks than one page has, one of them deleted, two held by a worker. */
async function filled(): Promise<string> {
  const path = join(tempFolder(), "pontus.db");
  const bench = sqliteBench(path);
  const many = Array.from({ length: 600 }, (_, at) =>
    bench.tasks.create(
      aNewTask({ metadata: { "a\u00e9": `"${at}"`, 2: "b", 1: "c" }, customProfiles: ["mine"] }),
      anAdmission({ idempotency: { key: `key-${at}`, bodyDigest: "d" } }),
    ),
  );
  const ids = await Promise.all(many);
  await claimTask(bench);
  const { claim } = await claimTask(bench);
  await bench.tasks.saveProgress(claim, {
    phase: "encode",
    outTimeSeconds: 1.5,
    percent: 10,
    speed: 2,
    fps: 50,
  } as never);
  await bench.tasks.saveLog(claim, { lines: ["line"], decisions: [] });
  await bench.tasks.cancel("ada", ids[9] ?? "");
  await bench.tasks.remove("ada", ids[9] ?? "");
  await createTask(bench, {
    notification: { url: "https://hooks.example/a", events: ["ended"] },
  });
  await bench.profiles.create("ada", { name: "mine" } as never);
  await bench.leftovers.add({ taskId: ids[0] ?? "", url: "file:///a", key: "file:/a" }, 5);
  bench.database.close();
  const other = openSqlite(path);
  for (const statement of [
    "INSERT INTO clients (client_code, public_key, private_key, is_sealed, strong_only, disabled) VALUES ('ada', 'pk', 'sealed', 1, 0, 1)",
    "INSERT INTO deliveries (task_seq, sequence, state, since_ms, tries) VALUES (1, 1, 'PENDING', 7, 0)",
    "INSERT INTO watched_files (watch, path, version, target_key, task_id) VALUES ('w', 'p', 'v', 'k', 't')",
  ])
    other.execute(statement);
  other.close();
  return path;
}

/** What each table holds, as text in the order of its columns, so that both kinds of database can be compared. */
function rowsOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const text = (value: unknown) =>
    typeof value === "boolean" ? String(Number(value)) : String(value ?? "null");
  return rows
    .map((row) => Object.entries(row))
    .map((cells) => cells.map(([name, value]) => `${name}: ${text(value)}`).join("\n"))
    .sort();
}

function namesIn(path: string, table: string): readonly string[] {
  const sqlite = openSqlite(path);
  const names = sqlite.orm.values<[string]>(`SELECT name FROM pragma_table_info('${table}')`);
  sqlite.close();
  return names.flat();
}

function sqliteRows(path: string, table: string): readonly string[] {
  const sqlite = openSqlite(path);
  const names = namesIn(path, table);
  const rows = sqlite.orm.values<unknown[]>(`SELECT ${names.join(", ")} FROM ${table}`);
  sqlite.close();
  return rowsOf(rows.map((row) => Object.fromEntries(row.map((cell, at) => [names[at], cell]))));
}

async function postgresRows(url: string, path: string, table: string): Promise<readonly string[]> {
  const cells = namesIn(path, table).map((name) => {
    return `case when pg_typeof(${name})::text = 'boolean' then (${name}::text = 'true')::int::text else ${name}::text end as ${name}`;
  });
  return rowsOf(await server.query(`select ${cells.join(", ")} from ${table}`, url));
}

describe("pontus migrate-store", () => {
  test("copies every table, each row as it was, and lets no number be given again", async () => {
    const path = await filled();
    const url = await server.createDatabase();
    const { code, out, err } = await pontus(["migrate-store", path, url, "--json"]);
    expect([code, err]).toEqual([0, ""]);
    const { copied } = JSON.parse(out);
    const sqlite = openSqlite(path);
    const tables = sqlite.orm
      .values<[string]>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
      )
      .flat();
    sqlite.close();
    expect(copied.map(({ table }: { table: string }) => table).sort()).toEqual(tables.sort());
    for (const { table, rows } of copied) {
      const before = sqliteRows(path, table);
      expect(before.length).toBeGreaterThan(0);
      expect(rows).toBe(before.length);
      expect(await postgresRows(url, path, table)).toEqual([...before]);
    }
    const next = "select nextval('tasks_seq_seq')::int as seq";
    const newest = "select max(seq)::int as seq from tasks";
    const [[{ seq = 0 } = {}], [{ seq: last = 0 } = {}]] = await Promise.all([
      server.query(next, url),
      server.query(newest, url),
    ]);
    expect(Number(seq)).toBeGreaterThan(Number(last));
  });

  test("refuses a database that has anything, and changes nothing there", async () => {
    const path = await filled();
    const url = await server.createDatabase();
    expect((await pontus(["migrate-store", path, url])).code).toBe(0);
    const again = await pontus(["migrate-store", path, url]);
    expect([again.code, again.err]).toEqual([
      1,
      'Cannot copy: the database has rows in "clients" already\n',
    ]);
    expect(await postgresRows(url, path, "tasks")).toEqual([...sqliteRows(path, "tasks")]);
  });

  test("copies nothing where it cannot copy all", async () => {
    const path = await filled();
    const url = await server.createDatabase();
    const sqlite = openSqlite(path);
    sqlite.execute("UPDATE watched_files SET gone_ms = 'never'");
    sqlite.close();
    expect((await pontus(["migrate-store", path, url])).code).toBe(1);
    expect(await server.query("select count(*)::int as rows from tasks", url)).toEqual([
      { rows: 0 },
    ]);
  });

  test("waits for nobody that holds the file", async () => {
    const path = await filled();
    const url = await server.createDatabase();
    const holder = openSqlite(path);
    holder.execute("BEGIN IMMEDIATE");
    const { code, err } = await pontus(["migrate-store", path, url]);
    expect([code, err]).toEqual([1, "Cannot use the database: another process holds it\n"]);
    holder.close();
  });

  test.each([
    [["missing.db", "postgres://x@localhost/x?host=/nowhere"], 1, "it cannot be reached"],
    [["missing.db", "mysql://x"], 2, "<to> is no address like postgres://user@host/name"],
  ])("says what is wrong with %p", async (args, code, told) => {
    const ran = await pontus(["migrate-store", ...args]);
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(told)]);
  });
});
