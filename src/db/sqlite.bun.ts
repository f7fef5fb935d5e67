import { Database, type SQLQueryBindings } from "bun:sqlite";
import { drizzle } from "drizzle-orm/bun-sqlite";
import type { Connection } from "./connection.ts";

/** Opens a file, or `:memory:`, with Bun's own SQLite. */
export function openSqlite(path: string): Connection {
  const client = new Database(path, { create: true, readwrite: true });
  return {
    orm: drizzle({ client }),
    syncsApart: true,
    execute: (sql) => client.run(sql),
    value: (sql) => client.query(sql).values()[0]?.[0],
    row: (sql) => client.query(sql).values()[0] ?? [],
    ask: (sql) => {
      const statement = client.prepare(sql);
      return () => statement.values()[0]?.[0];
    },
    prepare: (sql) => {
      const statement = client.prepare(sql);
      return () => statement.run();
    },
    statement: (sql) => {
      const statement = client.prepare<unknown, SQLQueryBindings[]>(sql);
      return (params) => statement.run(...(params as SQLQueryBindings[]));
    },
    question: (sql) => {
      const statement = client.prepare<unknown, SQLQueryBindings[]>(sql);
      return (params) => statement.get(...(params as SQLQueryBindings[])) !== null;
    },
    close: () => client.close(),
  };
}
