import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { openSqlite } from "#sqlite";
import type { Connection } from "../../src/db/connection.ts";
import { GroupCommit } from "../../src/db/group-commit.ts";
import { type DataSync, shortOrApart } from "../../src/db/log/data-sync.ts";
import { LogSync } from "../../src/db/log/log-sync.ts";
import { reading } from "../../src/db/log/reading.ts";
import { tempFolder } from "../fixtures/clips.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

const PAGE = 4096;

/** Fails as a disk does. */
const failing = () => new Error("EIO: i/o error, fdatasync");

/** A disk whose syncs wait to be let through, and which of them fail. */
class Disk {
  readonly #waiting: (() => void)[] = [];
  syncs = 0;
  isHeld = false;
  fails = 0;

  readonly dataSync: typeof fdatasync = Object.assign(
    (file: number, done: (error: NodeJS.ErrnoException | null) => void) => {
      this.syncs += 1;
      const go = () => {
        if (this.fails === 0) return fdatasync(file, done);
        this.fails -= 1;
        done(failing());
      };
      if (this.isHeld) this.#waiting.push(go);
      else go();
    },
    { __promisify__: fdatasync.__promisify__ },
  );

  letGo(): void {
    this.isHeld = false;
    for (const go of this.#waiting.splice(0)) go();
  }
}

/** A database in a file, whose commits are synced by a disk of the test, or as is given. */
function aBench(dataSync?: DataSync) {
  const path = join(tempFolder(), "tasks.sqlite");
  const connection = openSqlite(path);
  connection.execute(`PRAGMA page_size = ${PAGE}`);
  connection.execute("PRAGMA journal_mode = WAL");
  connection.execute("CREATE TABLE t (name TEXT)");
  const disk = new Disk();
  const log = LogSync.open(connection, path, dataSync ?? disk.dataSync);
  if (!log) throw new Error("the log is not synced apart");
  const commits = new GroupCommit(connection, { log });
  const add = (name: string) =>
    commits.write(() => connection.execute(`INSERT INTO t VALUES ('${name}')`));
  const read = reading(commits, log);
  return { path, connection, disk, log, commits, add, read, names: () => names(connection) };
}

const names = (connection: Connection) => connection.value("SELECT group_concat(name, '') FROM t");

/** The log cannot be written again then. */
function damageLastPage(path: string): void {
  const file = openSync(`${path}-wal`, "r+");
  writeSync(file, Buffer.alloc(PAGE), 0, PAGE, statSync(`${path}-wal`).size - PAGE);
  closeSync(file);
}

/** Lets the event loop turn a few times. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "kept",
    (error: Error) => error.message,
  );

const REFUSED = "Cannot use the database: the disk fails to take its log";

/** Syncing the log of a database apart from its commits, on every driver. */
export function logSyncContract({ describe, test, expect }: Harness): void {
  describe("reading", () => {
    test("answers with what another connection has committed once that is synced", async () => {
      const { path, disk, read, names } = aBench();
      openSqlite(path).execute("INSERT INTO t VALUES ('a')");
      disk.isHeld = true;
      const told: unknown[] = [];
      const found = read(names).then((value) => told.push(value));
      await turns();
      expect([told, disk.syncs]).toEqual([[], 1]);
      disk.letGo();
      await found;
      expect(told).toEqual(["a"]);
    });

    test("is refused while it is not sure that all is on disk", async () => {
      const { path, disk, add, read, names } = aBench();
      disk.fails = 1;
      disk.isHeld = true;
      const written = outcome(add("a"));
      await turns();
      damageLastPage(path);
      disk.letGo();
      expect(await written).toBe(REFUSED);
      expect(await outcome(read(names))).toBe(REFUSED);
    });
  });

  describe("LogSync", () => {
    test("has nobody hear of a commit that is not on disk, and nothing begin meanwhile", async () => {
      const { disk, commits, add, names } = aBench();
      disk.isHeld = true;
      const told: string[] = [];
      const first = add("a").then(() => told.push("a"));
      await turns();
      const second = add("b").then(() => told.push("b"));
      await turns();
      expect([told, disk.syncs, names()]).toEqual([[], 1, "a"]);
      expect(commits.syncing).toBeInstanceOf(Promise);
      disk.letGo();
      await Promise.all([first, second]);
      expect([told, disk.syncs, names()]).toEqual([["a", "b"], 2, "ab"]);
      expect(commits.syncing).toBe(undefined);
    });

    test("leaves SQLite to sync what has no log, or one that cannot be opened", () => {
      const memory = openSqlite(":memory:");
      expect(LogSync.open(memory, ":memory:")).toBe(undefined);
      const elsewhere = join(tempFolder(), "elsewhere.sqlite");
      const { connection } = aBench();
      connection.execute("PRAGMA synchronous = FULL");
      expect(LogSync.open(connection, elsewhere)).toBe(undefined);
      expect(Number(connection.value("PRAGMA synchronous"))).toBe(2);
    });

    test("writes the log again after a sync that failed, and answers once that is on disk", async () => {
      const { path, disk, log, add, names } = aBench();
      await add("a");
      const before = readFileSync(`${path}-wal`);
      disk.fails = 1;
      expect(await outcome(add("b"))).toBe("kept");
      expect(log.isInDoubt).toBe(false);
      expect(readFileSync(`${path}-wal`).subarray(0, before.length)).toEqual(before);
      await add("c");
      expect([names(), disk.syncs]).toEqual(["abc", 3]);
    });

    test("refuses what it cannot write again, reads and writes nothing upon that, and goes on once it can", async () => {
      const { path, disk, log, add, names } = aBench();
      await add("a");
      disk.fails = 1;
      disk.isHeld = true;
      const written = outcome(add("b"));
      await turns();
      // As if the system had dropped the page: what is read instead is what the disk has.
      const at = statSync(`${path}-wal`).size - PAGE;
      const page = readFileSync(`${path}-wal`).subarray(at);
      const file = openSync(`${path}-wal`, "r+");
      writeSync(file, Buffer.alloc(PAGE), 0, PAGE, at);
      disk.letGo();
      expect(await written).toBe(REFUSED);
      expect(log.isInDoubt).toBe(true);
      expect(await outcome(log.sync())).toBe(REFUSED);
      expect(await outcome(add("c"))).toBe(REFUSED);
      writeSync(file, page, 0, PAGE, at);
      closeSync(file);
      while ((await outcome(add("d"))) !== "kept") await turns();
      expect(log.isInDoubt).toBe(false);
      expect(names()).toBe("abd");
    });

    test("has nobody hear of a commit whose sync succeeds after one that had failed", async () => {
      const { path, disk, log, add } = aBench();
      await add("a");
      disk.fails = 1;
      disk.isHeld = true;
      const read = outcome(log.sync());
      const written = outcome(add("b"));
      await turns();
      damageLastPage(path);
      disk.letGo();
      expect([await read, await written]).toEqual([REFUSED, REFUSED]);
    });

    test("refuses what a sync that is done at once could not take, and tells and shows nothing of it", async () => {
      let sync = fdatasyncSync;
      const { path, connection, commits, add, read, names } = aBench(
        shortOrApart((file) => sync(file)),
      );
      await add("a");
      sync = () => {
        damageLastPage(path);
        throw failing();
      };
      const told: string[] = [];
      const write = commits.write(() => {
        connection.execute("INSERT INTO t VALUES ('b')");
        commits.afterwards(() => told.push("b"));
      });
      const [written, before] = await Promise.all([outcome(write), read(names)]);
      expect([written, before, told]).toEqual([REFUSED, "a", []]);
      sync = fdatasyncSync;
      expect([await outcome(read(names)), await outcome(add("c"))]).toEqual([REFUSED, REFUSED]);
    });

    test("syncs once for all who ask while it syncs", async () => {
      const { disk, log } = aBench();
      disk.isHeld = true;
      const asked = [log.sync()];
      await turns();
      for (let each = 0; each < 9; each += 1) asked.push(log.sync());
      await turns();
      expect(disk.syncs).toBe(1);
      disk.letGo();
      await Promise.all(asked);
      expect(disk.syncs).toBe(2);
    });

    test("waits for another process that writes before it writes the log again", async () => {
      const { path, disk, add } = aBench();
      const other = openSqlite(path);
      disk.fails = 1;
      disk.isHeld = true;
      const written = outcome(add("a"));
      await turns();
      other.execute("BEGIN IMMEDIATE");
      disk.letGo();
      await turns();
      other.execute("ROLLBACK");
      expect(await written).toBe("kept");
    });

    test("syncs what another connection has committed, once", async () => {
      const { path, disk, log, add } = aBench();
      const other = openSqlite(path);
      await add("a");
      expect(log.covering()).toBe(undefined);
      other.execute("INSERT INTO t VALUES ('b')");
      const { syncs } = disk;
      await log.covering();
      expect(disk.syncs).toBe(syncs + 1);
      expect(log.covering()).toBe(undefined);
      other.execute("INSERT INTO t VALUES ('c')");
      disk.fails = 1;
      // Another's commit is mended as well.
      expect(await outcome(log.covering() ?? Promise.reject(new Error("nothing")))).toBe("kept");
    });

    test("commits what waits when it is closed, synced at once, and ends what is under way", async () => {
      const { path, connection, disk, log, commits, add } = aBench();
      disk.isHeld = true;
      const first = outcome(add("a"));
      await turns();
      const second = outcome(add("b"));
      commits.close();
      expect(await second).toBe("kept");
      connection.close();
      log.close();
      disk.letGo();
      expect(await first).toBe("kept");
      expect(names(openSqlite(path))).toBe("ab");
    });

    test("goes on with a log that begins anew or is emptied", async () => {
      const { path, connection, add, names } = aBench();
      await add("a");
      connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      await add("b");
      connection.execute("PRAGMA wal_checkpoint(RESTART)");
      await add("c");
      expect(names()).toBe("abc");
      expect(statSync(`${path}-wal`).size).toBeGreaterThan(PAGE);
    });
  });
}
