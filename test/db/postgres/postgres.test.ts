import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { MIGRATIONS } from "../../../src/db/postgres/migrations.gen.ts";
import { openPostgres, type PostgresDatabase } from "../../../src/db/postgres/postgres.ts";
import { TaskError } from "../../../src/task/errors.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { FleetServer } from "../../fixtures/fleet-bench.ts";
import { eventually } from "../../fixtures/service.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const fleet = new FleetServer();
beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

/** A database with a table of two rows. */
async function pair(): Promise<{ url: string; database: PostgresDatabase }> {
  const url = await fleet.database();
  const database = await fleet.open(url);
  await database.write(async () => {
    await database.execute("create table pairs (id int primary key, x int not null)");
    await database.execute("insert into pairs values (1, 0), (2, 0)");
  });
  return { url, database };
}

const rowsOf = (database: PostgresDatabase) =>
  database.read(async () => (await database.execute("select x from pairs order by id")).rows);

const add = (database: PostgresDatabase, id: number) =>
  database.execute("update pairs set x = x + 1 where id = $1", [id]);

test("a node that is frozen in a transaction loses its locks before others give up waiting for them", async () => {
  const database = await fleet.open();
  const ofSettings = `select name, setting::int as ms from pg_settings
    where name in ('idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout')`;
  const { rows } = await database.read(() => database.execute(ofSettings));
  const ms = Object.fromEntries(
    (rows as { name: string; ms: number }[]).map((row) => [row.name, row.ms]),
  );
  expect(ms["idle_in_transaction_session_timeout"]).toBeGreaterThan(0);
  expect(ms["idle_in_transaction_session_timeout"]).toBeLessThan(ms["lock_timeout"] ?? 0);
  expect(ms["lock_timeout"]).toBeLessThan(ms["statement_timeout"] ?? 0);
});

test("statements are planned for tables that will have grown, whatever they hold now", async () => {
  const { database } = await pair();
  const plan = (text: string) =>
    database.write(async () => {
      await database.execute("analyze pairs");
      return JSON.stringify((await database.execute(`explain ${text}`)).rows);
    });
  expect(await plan("select x from pairs where id = 1")).not.toContain("Seq Scan");
  await database.write(() =>
    database.execute("insert into pairs select n, n from generate_series(3, 2000) as n"),
  );
  const joined = "select from pairs as one join pairs as other on other.id = one.id";
  expect(await plan(joined)).toContain("Nested Loop");
});

describe("write()", () => {
  test("keeps all of its statements or none", async () => {
    const { database } = await pair();
    await database.write(() => add(database, 1));
    const failing = database.write(async () => {
      await add(database, 1);
      throw new TaskError("task_conflict", "no");
    });
    expect((await taskErrorOf(failing)).code).toBe("task_conflict");
    expect(await rowsOf(database)).toEqual([{ x: 1 }, { x: 0 }]);
  });

  test("is part of the write that it is called in", async () => {
    const { database } = await pair();
    const failing = database.write(async () => {
      await database.write(() => add(database, 1));
      expect(await rowsOf(database)).toEqual([{ x: 1 }, { x: 0 }]);
      throw new TaskError("task_conflict", "no");
    });
    await taskErrorOf(failing);
    expect(await rowsOf(database)).toEqual([{ x: 0 }, { x: 0 }]);
  });

  test("does what is to be done afterwards once, and only after a commit", async () => {
    const { database } = await pair();
    const done: string[] = [];
    await database.write(async () => {
      await add(database, 1);
      database.afterCommit(() => done.push("kept"));
      expect(done).toEqual([]);
    });
    const failing = database.write(async () => {
      database.afterCommit(() => done.push("undone"));
      throw new TaskError("task_conflict", "no");
    });
    await taskErrorOf(failing);
    expect(done).toEqual(["kept"]);
  });

  test("begins anew in what an ended one has left running", async () => {
    const { database } = await pair();
    const { promise: isCommitted, resolve: commit } = Promise.withResolvers<void>();
    let left: Promise<unknown> | undefined;
    await database.write(async () => {
      await add(database, 1);
      left = isCommitted.then(() =>
        database.write(async () => {
          await add(database, 2);
          throw new TaskError("task_conflict", "no");
        }),
      );
    });
    commit();
    expect((await taskErrorOf(left ?? Promise.resolve())).code).toBe("task_conflict");
    expect(await rowsOf(database)).toEqual([{ x: 1 }, { x: 0 }]);
  });

  test("is a mistake of the code inside a read, which would not hold it together", async () => {
    const { database } = await pair();
    const inRead = database.read(() => database.write(() => add(database, 1)));
    await expect(inRead).rejects.toThrow("Cannot write: this is in a read");
    expect(await rowsOf(database)).toEqual([{ x: 0 }, { x: 0 }]);
  });

  test("runs again where two lock each other out, and both are kept", async () => {
    const { database } = await pair();
    let tries = 0;
    const both = async (first: number, second: number) =>
      database.write(async () => {
        tries += 1;
        await add(database, first);
        // So that each holds its first row when it asks for the other's.
        if (tries <= 2) await sleep(200);
        await add(database, second);
      });
    await Promise.all([both(1, 2), both(2, 1)]);
    expect(tries).toBe(3);
    expect(await rowsOf(database)).toEqual([{ x: 2 }, { x: 2 }]);
  });

  test("leaves nothing of one that breaks behind for the next on its connection", async () => {
    const { database } = await pair();
    await expect(
      database.write(() => database.execute("insert into pairs values (1, 5)")),
    ).rejects.toThrow("duplicate key");
    await Promise.all(Array.from({ length: 20 }, () => database.write(() => add(database, 2))));
    expect(await rowsOf(database)).toEqual([{ x: 0 }, { x: 20 }]);
  });

  test("is refused where the server takes no writes", async () => {
    const url = await fleet.server.createDatabase();
    const before = await fleet.open(url);
    const reading = `${url}&options=-c%20default_transaction_read_only%3Don`;
    expect(await taskErrorOf(openPostgres(reading))).toMatchObject({
      code: "service_unavailable",
      message: "Cannot use the database: it takes no writes now",
    });
    await before.checkWritable();
    const name = new URL(url).pathname.slice(1);
    await fleet.server.query(`alter database ${name} set default_transaction_read_only = on`);
    await fleet.server.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    );
    expect((await taskErrorOf(before.checkWritable())).code).toBe("service_unavailable");
  });
});

test("a statement that is a transaction by itself writes, is refused as one is, and is none of another call", async () => {
  const { database } = await pair();
  await database.alone(() => add(database, 1));
  expect(await rowsOf(database)).toEqual([{ x: 1 }, { x: 0 }]);
  await expect(
    database.alone(() => database.execute("insert into pairs values (1, 5)")),
  ).rejects.toThrow("duplicate key");
  for (const call of [database.read, database.write])
    await expect(call(() => database.alone(() => add(database, 1)))).rejects.toThrow(
      "inside of another call",
    );
  expect(await rowsOf(database)).toEqual([{ x: 1 }, { x: 0 }]);
});

test("queries outside of calls are a mistake of the code", async () => {
  const { database } = await pair();
  await expect(database.execute("select 1")).rejects.toThrow("neither in a read nor in a write");
});

describe("listen()", () => {
  test("hears what others commit, and not what they undo", async () => {
    const { url, database } = await pair();
    const other = await fleet.open(url);
    const heard: string[] = [];
    other.listen("pontus", (payload) => heard.push(payload));
    // Told once at the beginning, as some may have been missed.
    expect(await eventually(() => (heard.length === 1 ? heard : undefined))).toEqual([""]);
    const notify = (text: string) =>
      database.write(async () => {
        await database.execute("select pg_notify('pontus', $1)", [text]);
        if (text === "undone") throw new TaskError("task_conflict", "no");
      });
    await taskErrorOf(notify("undone"));
    await notify("kept");
    expect(await eventually(() => (heard.length === 2 ? heard : undefined))).toEqual(["", "kept"]);
  });

  test("hears what a write has all nodes told, once for many, and nothing of what was rolled back", async () => {
    const { url, database: other } = await pair();
    const database = await openPostgres(url);
    const heard: string[] = [];
    other.listen("pontus", (payload) => heard.push(payload));
    await eventually(() => (heard.length === 1 ? true : undefined));
    const notify = (...texts: readonly string[]) =>
      database.write(async () => {
        for (const text of texts) database.notify("pontus", text);
        if (texts.includes("undone")) throw new TaskError("task_conflict", "no");
      });
    await taskErrorOf(notify("undone"));
    await notify("same", "same", "other");
    await eventually(() => (heard.includes("other") ? true : undefined));
    expect(heard).toEqual(["", "same", "other"]);
    // What is written last is told before it is closed.
    await notify("last");
    await database.close();
    expect(await eventually(() => heard[3])).toBe("last");
  });

  test("connects again where its connection is cut, and tells that some may have been missed", async () => {
    const { url, database } = await pair();
    const heard: string[] = [];
    const stop = database.listen("pontus", (payload) => heard.push(payload));
    await eventually(() => (heard.length === 1 ? true : undefined));
    await fleet.server.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pontus listener'",
      url,
    );
    expect(await eventually(() => (heard.length === 2 ? heard : undefined))).toEqual(["", ""]);
    stop();
    await database.write(() => database.execute("select pg_notify('pontus', 'later')"));
    await sleep(100);
    expect(heard).toEqual(["", ""]);
    // Who listens again may have missed some.
    database.listen("pontus", (payload) => heard.push(payload));
    expect(await eventually(() => (heard.length === 3 ? heard : undefined))).toEqual(["", "", ""]);
  });
});

describe("openPostgres()", () => {
  test("lets nodes that start together on an empty database all have it", async () => {
    const url = await fleet.server.createDatabase();
    await Promise.all(Array.from({ length: 5 }, () => fleet.open(url)));
    expect(await fleet.server.query("select version from pontus_schema", url)).toEqual([
      { version: MIGRATIONS.length },
    ]);
  });

  test("gives no place of an event again after the database was restored", async () => {
    const url = await fleet.server.createDatabase();
    await fleet.open(url);
    const next = async () =>
      Number(
        (await fleet.server.query("select nextval('events_seq_seq') as place", url))[0]?.["place"],
      );
    const before = await next();
    await fleet.server.query("select setval('events_seq_seq', 1)", url);
    await fleet.open(url);
    expect(await next()).toBeGreaterThan(before);
  });

  test("says why it cannot be opened", async () => {
    const { message } = await taskErrorOf(
      openPostgres(`postgres://pontus@localhost/x?host=${encodeURIComponent("/nowhere")}`),
    );
    expect(message).toBe("Cannot use the database: it cannot be reached");
    await expect(openPostgres(fleet.server.url("missing"))).rejects.toThrow(pg.DatabaseError);
  });
});
