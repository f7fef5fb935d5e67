import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../src/db/database.ts";
import { tempFolder } from "../fixtures/clips.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

function aDatabase() {
  const path = join(tempFolder(), "tasks.sqlite");
  return { path, database: openDatabase(path) };
}

describe("lack", () => {
  test("is none while the files are in place, whatever is written", async () => {
    const { database } = aDatabase();
    expect(database.lack()).toBeUndefined();
    await database.checkWritable();
    database.orm.values("PRAGMA wal_checkpoint(TRUNCATE)");
    expect(database.lack()).toBeUndefined();
    database.close();
  });

  test("says that the file was deleted, until it is back", () => {
    const { path, database } = aDatabase();
    renameSync(path, `${path}.away`);
    expect(database.lack()).toBe("the database file was deleted while it was open");
    renameSync(`${path}.away`, path);
    expect(database.lack()).toBeUndefined();
    database.close();
  });

  test("says that the file was replaced", () => {
    const { path, database } = aDatabase();
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
    expect(database.lack()).toBe("the database file was replaced while it was open");
    database.close();
  });

  test("says that the log was deleted", () => {
    const { path, database } = aDatabase();
    rmSync(`${path}-wal`);
    expect(database.lack()).toBe("the log of the database was deleted while it was open");
    database.close();
  });

  test("is none in memory", () => {
    const database = openDatabase(":memory:");
    expect(database.lack()).toBeUndefined();
    database.close();
  });
});
