import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres, type PostgresDatabase } from "../../../src/db/postgres/postgres.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { PostgresServer } from "../../fixtures/postgres-server.ts";
import { eventually } from "../../fixtures/service.ts";

setDefaultTimeout(60_000);

let folder: string;
let server: PostgresServer;

beforeEach(async () => {
  // Not the tests' own folder: the names of sockets are short.
  folder = mkdtempSync(join(tmpdir(), "pg-"));
  server = await PostgresServer.start(folder);
});

afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** An open database with an empty table. */
async function counting(againMs: number): Promise<PostgresDatabase> {
  const database = await openPostgres(server.url(), { againMs });
  await database.write(() => database.execute("create table counts (x int)"));
  return database;
}

const insert = (database: PostgresDatabase) => database.execute("insert into counts values (1)");

const countIn = (database: PostgresDatabase): Promise<number> =>
  database.read(async () => (await database.execute("select x from counts")).rows.length);

describe("write()", () => {
  test("is made once, by a server that starts anew in the midst of it", async () => {
    const database = await counting(60_000);
    const { promise: isBack, resolve: goOn } = Promise.withResolvers<void>();
    let begun = 0;
    const writing = Promise.all(
      Array.from({ length: 4 }, () =>
        database.write(async () => {
          await insert(database);
          begun += 1;
          await isBack;
          await insert(database);
        }),
      ),
    );
    await eventually(() => (begun === 4 ? true : undefined));
    await server.stop("SIGQUIT");
    await server.start();
    goOn();
    await writing;
    expect([begun, await countIn(database)]).toEqual([8, 8]);
    await database.close();
  });

  test("is not made again where its commit may have been the last that the server did", async () => {
    const database = await counting(60_000);
    let tries = 0;
    const writing = database.write(async () => {
      tries += 1;
      await insert(database);
      const { rows } = await database.execute("select pg_backend_pid() as pid");
      await server.query(`select pg_terminate_backend(${(rows[0] as { pid: number }).pid}, 10000)`);
    });
    const { code, message } = await taskErrorOf(writing);
    expect([code, message, tries]).toEqual([
      "service_unavailable",
      "Cannot tell whether it was written: the connection to the database broke",
      1,
    ]);
    await database.write(() => insert(database));
    expect(await countIn(database)).toBe(1);
    await database.close();
  });

  test("says that the database is away, and works again once it is back", async () => {
    const database = await counting(200);
    await server.stop();
    const { code, message } = await taskErrorOf(database.checkWritable());
    expect([code, message]).toEqual([
      "service_unavailable",
      "Cannot use the database: it cannot be reached",
    ]);
    await server.start();
    await database.checkWritable();
    await database.close();
  });
});
