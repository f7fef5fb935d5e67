import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "../../src/db/database.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import type { StoreBench } from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Bench = Pick<StoreBench, "clients"> & { readonly database: Database };

const nonceOf = (nonce: string) => ({ clientCode: "ada", nonce, expiresMs: 1 });
/** What no page of the file has room for. */
const LARGE = "x".repeat(1_000_000);

/** What the stores tell of trouble with their SQLite file, on every driver. @param open - a file, new or not */
export function databaseContract(
  name: string,
  open: (path: string) => Bench,
  { describe, test, expect }: Harness,
): void {
  describe(name, () => {
    const newPath = () => join(tempFolder(), "tasks.sqlite");

    test("says that the disk is full, and goes on when there is room again", async () => {
      const { clients, database } = open(newPath());
      database.orm.values("PRAGMA max_page_count = 100");
      const { code, message } = await taskErrorOf(clients.useNonce(nonceOf(LARGE)));
      expect([code, message]).toEqual([
        "service_unavailable",
        "Cannot use the database: the disk is full",
      ]);
      database.orm.values("PRAGMA max_page_count = 10000");
      await clients.useNonce(nonceOf(LARGE));
      database.close();
    });

    test("says that another process holds the file, and goes on when it is free", async () => {
      const path = newPath();
      const [{ clients, database }, other] = [open(path), open(path)];
      database.orm.values("PRAGMA busy_timeout = 0");
      other.database.orm.values("BEGIN IMMEDIATE");
      const { code, message } = await taskErrorOf(clients.useNonce(nonceOf("1")));
      expect([code, message]).toEqual([
        "service_unavailable",
        "Cannot use the database: another process holds it",
      ]);
      other.database.orm.values("ROLLBACK");
      await clients.useNonce(nonceOf("1"));
      for (const each of [database, other.database]) each.close();
    });

    test("says that its file is damaged, to one who reads it", async () => {
      const path = newPath();
      const before = open(path).database;
      const numbers = (query: string) => before.orm.values(query).flat().map(Number);
      const [pageBytes = 0] = numbers("PRAGMA page_size");
      const pages = numbers("SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'clients'");
      before.orm.values("PRAGMA wal_checkpoint(TRUNCATE)");
      before.close();
      const bytes = readFileSync(path);
      for (const page of pages) bytes.fill(0xff, (page - 1) * pageBytes, page * pageBytes);
      writeFileSync(path, bytes);
      const { clients, database } = open(path);
      const { code, message } = await taskErrorOf(clients.byPublicKey("pk-a"));
      expect([code, message]).toEqual([
        "service_unavailable",
        "Cannot use the database: its file is damaged",
      ]);
      database.close();
    });

    test("has what was being written when it was closed", async () => {
      const path = newPath();
      const before = open(path);
      const written = before.clients.useNonce(nonceOf("1"));
      before.database.close();
      await written;
      const { clients, database } = open(path);
      expect((await taskErrorOf(clients.useNonce(nonceOf("1")))).code).toBe("request_replayed");
      database.close();
    });
  });
}
