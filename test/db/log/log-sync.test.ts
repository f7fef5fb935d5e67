import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { LogSync } from "../../../src/db/log/log-sync.ts";
import { openSqlite } from "../../../src/db/sqlite.bun.ts";
import { logSyncContract } from "../../contract/log-sync.ts";
import { tempFolder } from "../../fixtures/clips.ts";

// A sync to a busy disk takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

logSyncContract({ describe, test, expect });

/** Whether another process finds a database held. A lock of the same process would tell nothing: it is lost with any descriptor of its file. */
function isHeldForOthers(path: string): boolean {
  const program =
    'const { Database } = require("bun:sqlite"); try { new Database(process.argv[1]).run("BEGIN IMMEDIATE"); console.log("free"); } catch (error) { console.log(error.code); }';
  const { stdout } = spawnSync(process.execPath, ["-e", program, path], { encoding: "utf8" });
  expect(["free", "SQLITE_BUSY"]).toContain(stdout.trim());
  return stdout.trim() === "SQLITE_BUSY";
}

test("LogSync lets go of the log without a lock of SQLite", () => {
  const path = join(tempFolder(), "tasks.sqlite");
  const connection = openSqlite(path);
  connection.execute("PRAGMA journal_mode = WAL");
  connection.execute("CREATE TABLE t (name TEXT)");
  const log = LogSync.open(connection, path);
  connection.execute("BEGIN IMMEDIATE");
  connection.execute("INSERT INTO t VALUES ('a')");
  expect(isHeldForOthers(path)).toBe(true);
  expect(log).toBeInstanceOf(LogSync);
  log?.close();
  expect(isHeldForOthers(path)).toBe(true);
  connection.execute("COMMIT");
  expect(isHeldForOthers(path)).toBe(false);
});
