import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSqlite } from "#sqlite";
import type { Database, DatabaseOptions } from "../../src/db/database.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { aPlainClient } from "../fixtures/plain-client.ts";
import type { StoreBench } from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Bench = Pick<StoreBench, "clients"> & { readonly database: Database };

const nonceOf = (nonce: string) => ({ clientCode: "ada", nonce, expiresMs: 1 });
const ADA = aPlainClient("ada", { privateKey: "of ada" });
/** What no page of the file has room for. */
const LARGE = "x".repeat(1_000_000);

/** What the stores tell of trouble with their SQLite file, on every driver. @param open - a file, new or not */
export function databaseContract(
  name: string,
  open: (path: string, options?: DatabaseOptions) => Bench,
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

    test("waits for another process that holds the file, while everything else goes on", async () => {
      const path = newPath();
      const [{ clients, database }, other] = [open(path), open(path)];
      other.database.orm.values("BEGIN IMMEDIATE");
      let isWritten = false;
      const written = clients.useNonce(nonceOf("1")).then(() => {
        isWritten = true;
      });
      // The event loop turns, and readers are not held up.
      for (let turn = 0; turn < 10; turn += 1) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        expect(await clients.count()).toBe(0);
      }
      expect(isWritten).toBe(false);
      other.database.orm.values("ROLLBACK");
      await written;
      for (const each of [database, other.database]) each.close();
    });

    test("shows readers nothing that its writer has not been told is on disk", async () => {
      const { clients, database } = open(newPath());
      const told: string[] = [];
      const written = clients.useNonce(nonceOf("1")).then(() => told.push("written"));
      // After its commit, mostly before its sync.
      await new Promise((resolve) => setImmediate(resolve));
      const rows = () => database.orm.values("SELECT count(*) FROM nonces").flat().at(0);
      const read = database.read(rows).then((count) => told.push(`read ${count}`));
      await Promise.all([written, read]);
      expect(told).toEqual(["written", "read 1"]);
      database.close();
    });

    test("shows that to no reader either that another process has held up", async () => {
      const { clients, database } = open(newPath());
      let told = 0;
      const writing = (async () => {
        for (; told < 100; told += 1) await clients.useNonce(nonceOf(`${told}`));
      })();
      while (told < 100) {
        let tries = 0;
        const [found, toldThen] = await database.read(() => {
          tries += 1;
          if (tries < 3) throw Object.assign(new Error("database is locked"), { errno: 5 });
          return [database.orm.values("SELECT count(*) FROM nonces").flat().at(0), told];
        });
        expect(found).toBe(toldThen);
      }
      await writing;
      database.close();
    });

    test("moves nothing of its log into the file where an erase was refused", async () => {
      const path = newPath();
      const { clients, database } = open(path);
      await clients.useNonce(nonceOf("1"));
      const { size } = statSync(`${path}-wal`);
      const refused = database.erase(() => {
        throw new Error("no");
      });
      expect(await refused.catch((error: Error) => error.message)).toBe("no");
      expect(statSync(`${path}-wal`).size).toBe(size);
      await database.erase(() => {});
      expect(statSync(`${path}-wal`).size).toBe(0);
      database.close();
    });

    test("has readers wait for another process, too", async () => {
      const path = newPath();
      const [{ database }, other] = [open(path), open(path)];
      other.database.orm.values("BEGIN IMMEDIATE");
      // What a reader meets in a process that clears up after a crash: a lock that it needs is taken.
      const read = database.read(() => database.orm.values("BEGIN IMMEDIATE"));
      await new Promise((resolve) => setTimeout(resolve, 5));
      other.database.orm.values("ROLLBACK");
      await read;
      for (const each of [database, other.database]) each.close();
    });

    test("says that another process holds the file for too long, and goes on when it is free", async () => {
      const path = newPath();
      const [{ clients, database }, other] = [open(path, { busyMs: 20 }), open(path)];
      other.database.orm.values("BEGIN IMMEDIATE");
      const writes = [clients.useNonce(nonceOf("1")), clients.useNonce(nonceOf("2"))];
      for (const write of writes) {
        const { code, message } = await taskErrorOf(write);
        expect([code, message]).toEqual([
          "service_unavailable",
          "Cannot use the database: another process holds it",
        ]);
      }
      other.database.orm.values("ROLLBACK");
      await clients.useNonce(nonceOf("1"));
      for (const each of [database, other.database]) each.close();
    });

    test("is given the clients that it has without a write", async () => {
      const path = newPath();
      const [{ clients, database }, other] = [open(path, { busyMs: 1 }), open(path)];
      await clients.seed([ADA]);
      other.database.orm.values("BEGIN IMMEDIATE");
      await clients.seed([ADA]);
      const changed = clients.seed([{ ...ADA, privateKey: "another" }]);
      expect((await taskErrorOf(changed)).code).toBe("service_unavailable");
      other.database.orm.values("ROLLBACK");
      for (const each of [database, other.database]) each.close();
    });

    test("keeps the order of what waits for another process", async () => {
      const path = newPath();
      const [{ database }, other] = [open(path), open(path)];
      other.database.orm.values("BEGIN IMMEDIATE");
      const order: number[] = [];
      const write = (number: number) =>
        database.write(() => number).then((value) => order.push(value));
      const writes = [write(1), write(2)];
      await new Promise((resolve) => setTimeout(resolve, 5));
      writes.push(write(3));
      await new Promise((resolve) => setTimeout(resolve, 5));
      other.database.orm.values("ROLLBACK");
      await Promise.all(writes);
      expect(order).toEqual([1, 2, 3]);
      for (const each of [database, other.database]) each.close();
    });

    test("refuses what waits for another process when it is closed", async () => {
      const path = newPath();
      const [{ clients, database }, other] = [open(path), open(path)];
      other.database.orm.values("BEGIN IMMEDIATE");
      const write = taskErrorOf(clients.useNonce(nonceOf("1")));
      await new Promise((resolve) => setTimeout(resolve, 5));
      database.close();
      expect((await write).code).toBe("service_unavailable");
      other.database.orm.values("ROLLBACK");
      other.database.close();
    });

    test("has room made where the disk is full, and writes what could not be written", async () => {
      const asked: number[] = [];
      const { clients, database } = open(newPath(), {
        makeRoom: () => {
          asked.push(1);
          if (asked.length === 1) database.orm.values("PRAGMA max_page_count = 10000");
          return asked.length === 1;
        },
      });
      database.orm.values("PRAGMA max_page_count = 100");
      await clients.useNonce(nonceOf(LARGE));
      expect(asked).toHaveLength(1);
      database.orm.values("PRAGMA max_page_count = 100");
      expect((await taskErrorOf(clients.useNonce(nonceOf(`2${LARGE}`)))).code).toBe(
        "service_unavailable",
      );
      expect(asked).toHaveLength(2);
      database.close();
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

    test("gives back what is free beyond an eighth of a new file, a little at a time", async () => {
      const path = newPath();
      const { database } = open(path);
      const numberOf = (pragma: string) => Number(database.orm.values(`PRAGMA ${pragma}`)[0]?.[0]);
      expect(await database.giveSpaceBack()).toBe(0);
      database.orm.values("CREATE TABLE filler (x)");
      database.orm.values(
        "INSERT INTO filler SELECT zeroblob(1000000) FROM (VALUES (1), (2), (3), (4), (5), (6)) a, (VALUES (1), (2), (3)) b",
      );
      database.orm.values("DELETE FROM filler");
      const pages = numberOf("page_count");
      expect(pages).toBeGreaterThan(4096 + 128);
      const steps: number[] = [];
      do steps.push(await database.giveSpaceBack());
      while (steps.at(-1) !== 0);
      expect(Math.max(...steps)).toBe(128);
      expect(numberOf("freelist_count")).toBe(4096);
      expect(pages - numberOf("page_count")).toBe(steps.reduce((sum, step) => sum + step));
      database.close();
    });

    test("leaves a file that an older version made as large as it is", async () => {
      const path = newPath();
      const older = openSqlite(path);
      older.execute("CREATE TABLE filler (x)");
      older.close();
      const { database } = open(path);
      database.orm.values("INSERT INTO filler VALUES (zeroblob(20000000))");
      database.orm.values("DELETE FROM filler");
      expect(await database.giveSpaceBack()).toBe(0);
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
