import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { openDatabase } from "../../src/db/database.ts";
import { nonces } from "../../src/db/schema.ts";

const things = sqliteTable("things", {
  name: text().notNull(),
  isLive: integer("is_live", { mode: "boolean" }),
  facts: text({ mode: "json" }).$type<{ readonly a: number }>(),
  double: integer(),
});

test("statementOf writes what Drizzle writes, by each column's own form, and says what it changed", async () => {
  const database = openDatabase(":memory:");
  const { orm, statement } = database;
  try {
    orm.run(sql`create table things (name text, is_live integer, facts text, "double" integer)`);
    const built = orm.insert(things).values({
      name: sql.placeholder("name"),
      isLive: sql.placeholder("isLive"),
      facts: sql.placeholder("facts"),
      double: sql`${sql.placeholder("half")} * ${2}`,
    });
    const insert = statement(built);
    const values = { name: "a", isLive: true, facts: { a: 1 }, half: 21 };
    built.prepare().run(values);
    expect(await database.write(() => insert.run(values))).toMatchObject({
      changes: 1,
      lastInsertRowid: 2,
    });
    await database.write(() => insert.run({ name: "b", isLive: null, facts: null, half: 0 }));
    const whole = { name: "a", isLive: true, facts: { a: 1 }, double: 42 };
    expect(orm.select().from(things).all()).toEqual([
      whole,
      whole,
      { name: "b", isLive: null, facts: null, double: 0 },
    ]);
    expect(orm.values(sql`select typeof(is_live), facts from things limit 1`)).toEqual([
      ["integer", '{"a":1}'],
    ]);
    expect(() => insert.run({ name: "c", isLive: null, facts: null })).toThrow('it lacks "half"');
  } finally {
    database.close();
  }
});

test("statementOf refuses what the table refuses, as the service's own error", async () => {
  const database = openDatabase(":memory:");
  const insert = database.statement(
    database.orm.insert(nonces).values({
      clientCode: sql.placeholder("clientCode"),
      nonce: sql.placeholder("nonce"),
      expiresMs: 1,
    }),
  );
  const write = () => database.write(() => insert.run({ clientCode: "a", nonce: "1" }));
  await write();
  await expect(write()).rejects.toThrow("UNIQUE constraint failed");
  database.close();
});
