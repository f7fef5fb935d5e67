import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres, type PostgresDatabase } from "../../../src/db/postgres/postgres.ts";
import { BossEntries, type EntryOf } from "../../../src/queue/postgres/entries.ts";
import { queueNameOf } from "../../../src/queue/postgres/queue-name.ts";
import { PostgresServer } from "../../fixtures/postgres-server.ts";
import { eventually } from "../../fixtures/service.ts";

setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "pg-"));
const closing: (() => Promise<void>)[] = [];
let server: PostgresServer;

beforeAll(async () => {
  server = await PostgresServer.start(folder);
});

afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await server.stop("SIGQUIT");
  rmSync(folder, { recursive: true, force: true });
});

type Node = { readonly database: PostgresDatabase; readonly entries: BossEntries };

async function nodeOn(url: string): Promise<Node> {
  const database = await openPostgres(url);
  const entries = await BossEntries.open(url, database);
  closing.push(async () => {
    await entries.close();
    await database.close();
  });
  return { database, entries };
}

const anEntry = (changes: Partial<EntryOf> = {}) => ({
  id: randomUUID(),
  clientCode: "ada",
  isLive: false,
  needs: "",
  priority: 0,
  attempt: 0,
  notBeforeMs: null as number | null,
  ...changes,
});

type Ready = ReturnType<typeof anEntry>;

const add = ({ database, entries }: Node, row: Ready) =>
  database.write(() => entries.enqueueAll([row]));
const take = ({ database, entries }: Node, row: EntryOf) =>
  database.write(async () => (await entries.take(queueNameOf(row)))[0]);

describe("BossEntries", () => {
  test("are opened by several nodes at once on an empty database", async () => {
    const url = await server.createDatabase();
    const nodes = await Promise.all([nodeOn(url), nodeOn(url), nodeOn(url)]);
    const row = anEntry();
    await Promise.all(nodes.map((node) => add(node, row)));
    const taken = await Promise.all(nodes.map((node) => take(node, row)));
    expect(taken.filter(Boolean)).toEqual([row.id]);
  });

  test("come in the order of priorities, what ran before first, then in that of their coming", async () => {
    const node = await nodeOn(await server.createDatabase());
    const rows: Ready[] = [];
    for (const [priority, attempt] of [
      [0, 0],
      [-10, 3],
      [10, 0],
      [0, 0],
      [0, 2],
      [1, 0],
    ] as const) {
      const row = anEntry({ priority, attempt });
      rows.push(row);
      await add(node, row);
    }
    const order: number[] = [];
    for (const row of rows) {
      const id = await take(node, row);
      order.push(rows.findIndex((each) => each.id === id));
    }
    expect(order).toEqual([2, 5, 4, 0, 3, 1]);
    expect(await take(node, anEntry())).toBeUndefined();
  });

  test("are not there for tasks that wait for their next try", async () => {
    const node = await nodeOn(await server.createDatabase());
    const row = { ...anEntry(), notBeforeMs: 1 };
    await add(node, row);
    expect(await take(node, row)).toBeUndefined();
  });

  test("are of the transaction in which they are added and taken", async () => {
    const node = await nodeOn(await server.createDatabase());
    const { database, entries } = node;
    const row = anEntry();
    const gone = new Error("gone");
    const failing = database.write(async () => {
      await entries.enqueueAll([row]);
      throw gone;
    });
    expect(await failing.catch((error: unknown) => error)).toBe(gone);
    expect(await take(node, row)).toBeUndefined();
    await add(node, row);
    const undone = database.write(async () => {
      await entries.take(queueNameOf(row));
      throw gone;
    });
    expect(await undone.catch((error: unknown) => error)).toBe(gone);
    expect(await take(node, row)).toBe(row.id);
  });

  test("lie in a queue for each client, kind and need, whatever letters these have", async () => {
    const node = await nodeOn(await server.createDatabase());
    const rows = [
      anEntry(),
      anEntry({ isLive: true }),
      anEntry({ needs: "aac libx264" }),
      anEntry({ clientCode: "ada/aac" }),
      anEntry({ clientCode: "ada_2f" }),
      anEntry({ clientCode: 'O\'Brien \\ "ж🎬" $1 %s' }),
    ];
    expect(new Set(rows.map(queueNameOf)).size).toBe(rows.length);
    await node.database.write(() => node.entries.enqueueAll(rows));
    for (const row of rows) expect(await take(node, row)).toBe(row.id);
    for (const row of rows) expect(await take(node, row)).toBeUndefined();
  });
});

describe("their queues", () => {
  test("are made on a connection that waits for nothing without end", async () => {
    const url = await server.createDatabase();
    const node = await nodeOn(url);
    await server.query(
      `create table waits (statement text);
      create function note() returns trigger language plpgsql as $$ begin
        insert into waits values (current_setting('statement_timeout'));
        return new; end $$;
      create trigger note before insert on pontus_queue.queue execute function note()`,
      url,
    );
    await add(node, anEntry());
    expect(await server.query("select * from waits", url)).toEqual([{ statement: "30s" }]);
  });

  test("are made anew on a server that changed over to one without them, and none is lost for good", async () => {
    const url = await server.createDatabase();
    const node = await nodeOn(url);
    const row = anEntry();
    await add(node, row);
    expect(await take(node, row)).toBe(row.id);
    await server.stop("SIGQUIT");
    await server.start();
    await server.query("delete from pontus_queue.queue", url);
    await add(node, anEntry({ clientCode: "bob" }));
    await eventually(() =>
      add(node, row).then(
        () => true,
        () => undefined,
      ),
    );
    expect(await take(node, row)).toBe(row.id);
  });
});
