import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { drizzle } from "drizzle-orm/node-sqlite";
import type { Connection } from "./connection.ts";

/** Opens a file, or `:memory:`, with Deno's `node:sqlite`. */
export function openSqlite(path: string): Connection {
  const client = new DatabaseSync(path);
  return {
    orm: drizzle({ client }),
    // A sync in a thread takes 250 µs of CPU, and many creates come a little later for it (Deno 2.9.6).
    syncsApart: false,
    // Not exec: its errors lack SQLite's code (Deno 2.9.6).
    execute: (sql) => {
      client.prepare(sql).all();
    },
    value: (sql) => Object.values(client.prepare(sql).get() ?? {})[0],
    row: (sql) => Object.values(client.prepare(sql).get() ?? {}),
    ask: (sql) => {
      const statement = client.prepare(sql);
      return () => Object.values(statement.get() ?? {})[0];
    },
    prepare: (sql) => {
      const statement = client.prepare(sql);
      return () => {
        statement.run();
      };
    },
    statement: (sql) => {
      const statement = client.prepare(sql);
      return (params) => statement.run(...(params as SQLInputValue[]));
    },
    question: (sql) => {
      const statement = client.prepare(sql);
      return (params) => statement.get(...(params as SQLInputValue[])) !== undefined;
    },
    close: () => client.close(),
  };
}
