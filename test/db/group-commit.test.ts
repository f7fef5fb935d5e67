import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Connection } from "../../src/db/connection.ts";
import { GroupCommit } from "../../src/db/group-commit.ts";
import { openSqlite } from "../../src/db/sqlite.bun.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** A database with one table, and how often a transaction was committed. */
function aConnection(path = ":memory:"): Connection & { readonly committed: () => number } {
  const connection = openSqlite(path);
  connection.execute("PRAGMA foreign_keys = ON");
  connection.execute("CREATE TABLE IF NOT EXISTS parts (name TEXT PRIMARY KEY, data BLOB)");
  connection.execute(
    "CREATE TABLE IF NOT EXISTS uses (part REFERENCES parts DEFERRABLE INITIALLY DEFERRED)",
  );
  let commits = 0;
  const prepare = (sql: string) => {
    const run = connection.prepare(sql);
    if (sql !== "COMMIT") return run;
    return () => {
      run();
      commits++;
    };
  };
  return { ...connection, prepare, committed: () => commits };
}

const add = (connection: Connection, name: string) => () =>
  connection.execute(`INSERT INTO parts VALUES ('${name}', NULL)`);

const names = (connection: Connection): unknown =>
  connection.value("SELECT group_concat(name, ',') FROM (SELECT name FROM parts ORDER BY name)");

/** For each promise whether it was kept, or the message of its refusal. */
const outcomes = async (promises: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(promises)).map((result) =>
    result.status === "fulfilled" ? "kept" : String(result.reason.message),
  );

describe("GroupCommit", () => {
  test("commits once for all writes of a turn, in their order", async () => {
    const connection = aConnection();
    const commits = new GroupCommit(connection);
    const counts = await Promise.all(
      ["a", "b", "c"].map((name) =>
        commits.write(() => {
          add(connection, name)();
          return connection.value("SELECT count(*) FROM parts");
        }),
      ),
    );
    expect(counts).toEqual([1, 2, 3]);
    expect(connection.committed()).toBe(1);
  });

  test("splits a turn that writes more than one transaction may hold", async () => {
    const connection = aConnection();
    const commits = new GroupCommit(connection, { unitsMax: 2 });
    await Promise.all(
      ["a", "b", "c", "d", "e"].map((name) => commits.write(add(connection, name))),
    );
    expect(connection.committed()).toBe(3);
    expect(names(connection)).toBe("a,b,c,d,e");
  });

  test("resolves after the commit, not before", async () => {
    const path = join(tempFolder(), "a.sqlite");
    const connection = aConnection(path);
    const reader = openSqlite(path);
    await new GroupCommit(connection).write(add(connection, "a"));
    expect(names(reader)).toBe("a");
  });

  test("does what is to be done afterwards once for each unit that is kept, before its writer goes on", async () => {
    const path = join(tempFolder(), "a.sqlite");
    const connection = aConnection(path);
    const reader = openSqlite(path);
    const commits = new GroupCommit(connection);
    const told: string[] = [];
    const write = (name: string, failure?: Error) =>
      commits
        .write(() => {
          commits.afterwards(() => told.push(`${name} sees ${names(reader)}`));
          add(connection, name)();
          if (failure) throw failure;
        })
        .then(
          () => told.push(`${name} is kept`),
          () => told.push(`${name} is refused`),
        );
    await Promise.all([write("a"), write("b", new Error("no")), write("c")]);
    expect(told).toEqual([
      ...["a sees a,c", "c sees a,c"],
      ...["a is kept", "b is refused", "c is kept"],
    ]);
    // A commit that fails leaves nothing to be done either.
    const use = () => connection.execute("INSERT INTO uses VALUES ('missing')");
    const failed = commits.write(() => {
      commits.afterwards(() => told.push("never"));
      use();
    });
    await outcomes([failed, commits.write(add(connection, "d"))]);
    await commits.write(add(connection, "e"));
    expect(told).not.toContain("never");
  });

  test("refuses a unit that throws alone, with all it wrote", async () => {
    const connection = aConnection();
    const commits = new GroupCommit(connection);
    const twice = () => {
      add(connection, "b")();
      add(connection, "a")();
    };
    const writes = [add(connection, "a"), twice, add(connection, "c")];
    expect(await outcomes(writes.map((unit) => commits.write(unit)))).toEqual([
      "kept",
      expect.stringContaining("UNIQUE"),
      "kept",
    ]);
    expect(names(connection)).toBe("a,c");
  });

  test("refuses every unit where the commit fails, and goes on", async () => {
    const connection = aConnection();
    const commits = new GroupCommit(connection);
    const dangling = () => connection.execute("INSERT INTO uses VALUES ('none')");
    const error = await taskErrorOf(
      Promise.all([commits.write(add(connection, "a")), commits.write(dangling)]),
    );
    expect(error.code).toBe("service_unavailable");
    expect(String(error.cause)).toContain("FOREIGN KEY");
    expect(names(connection)).toBeNull();
    await commits.write(add(connection, "b"));
    expect(names(connection)).toBe("b");
  });

  test("refuses every unit while another process holds the file, and goes on", async () => {
    const path = join(tempFolder(), "a.sqlite");
    const connection = aConnection(path);
    const other = openSqlite(path);
    other.execute("BEGIN IMMEDIATE");
    const commits = new GroupCommit(connection, { busyMs: 20 });
    const writes = ["a", "b"].map((name) => taskErrorOf(commits.write(add(connection, name))));
    for (const write of writes) expect((await write).code).toBe("service_unavailable");
    other.execute("COMMIT");
    await commits.write(add(connection, "c"));
    expect(names(connection)).toBe("c");
  });

  test("refuses at once what comes while too many wait for another process", async () => {
    const path = join(tempFolder(), "a.sqlite");
    const connection = aConnection(path);
    const other = openSqlite(path);
    other.execute("BEGIN IMMEDIATE");
    const commits = new GroupCommit(connection, { unitsMax: 1 });
    const waiting = Array.from({ length: 10_000 }, () => commits.write(() => {}));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { code, message } = await taskErrorOf(commits.write(() => {}));
    expect([code, message]).toEqual([
      "service_unavailable",
      "Cannot write: too many wait for the database",
    ]);
    other.execute("COMMIT");
    await Promise.all(waiting);
  });

  test("says that the disk is full, and goes on when there is room again", async () => {
    const connection = aConnection();
    const commits = new GroupCommit(connection);
    const fill = () => connection.execute("INSERT INTO parts VALUES ('big', zeroblob(1000000))");
    connection.value("PRAGMA max_page_count = 10");
    const error = await taskErrorOf(commits.write(fill));
    expect(error.code).toBe("service_unavailable");
    expect(String(error.cause)).toContain("full");
    connection.value("PRAGMA max_page_count = 10000");
    await commits.write(fill);
    expect(names(connection)).toBe("big");
  });

  test("refuses statements that go on after their transaction", async () => {
    const connection = aConnection();
    const write = new GroupCommit(connection).write(async () => add(connection, "a")());
    await expect(write).rejects.toThrow("go on after their transaction");
    expect(names(connection)).toBeNull();
  });

  test("commits what waits when it is closed, and refuses what comes later", async () => {
    const connection = aConnection();
    const commits = new GroupCommit(connection, { unitsMax: 1 });
    const waiting = ["a", "b"].map((name) => commits.write(add(connection, name)));
    commits.close();
    expect(names(connection)).toBe("a,b");
    await Promise.all(waiting);
    const error = await taskErrorOf(commits.write(add(connection, "c")));
    expect(error.code).toBe("service_unavailable");
  });
});
