import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { PostgresDatabase } from "../../../src/db/postgres/postgres.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { FleetServer } from "../../fixtures/fleet-bench.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const fleet = new FleetServer();
let database: PostgresDatabase;

beforeAll(async () => {
  await fleet.start();
  database = await fleet.open(undefined, { againMs: 100 });
  await database.write(() => database.execute("create table counts (x int)"));
});

afterAll(() => fleet.stop());

const add = (x: number) => database.execute("insert into counts values ($1)", [x]);

const rowsOf = (x: number) =>
  database.read(async () => {
    const { rows } = await database.execute("select 1 from counts where x = $1", [x]);
    return rows.length;
  });

describe("write()", () => {
  test("does not take for written what a statement that failed has undone", async () => {
    const done: string[] = [];
    const written = database.write(async () => {
      await add(1);
      database.afterCommit(() => done.push("told"));
      await database.execute("select 1 / 0").catch(() => {});
    });
    await expect(written).rejects.toThrow("the error of one of its statements was passed over");
    expect([await rowsOf(1), done]).toEqual([0, []]);
  });

  test("lets go of its connection before what is done afterwards, which has none", async () => {
    let later: Promise<unknown> | undefined;
    await database.write(async () => {
      await database.write(() => add(3));
      database.afterCommit(() => {
        later = database.execute("select 1").catch((error: unknown) => error);
      });
    });
    expect(String(await later)).toContain("neither in a read nor in a write");
    expect(await rowsOf(3)).toBe(1);
  });
});

describe("an error of the server", () => {
  const fails = (code: string) =>
    database.write(() =>
      database.execute(
        `do $$ begin raise exception 'its own words' using errcode = '${code}'; end $$`,
      ),
    );

  test.each([
    ["08006", "the connection to it broke"],
    ["25006", "it takes no writes now"],
    ["40001", "others change the same rows"],
    ["40P01", "others change the same rows"],
    ["53100", "its disk is full"],
    ["53200", "it has no room left"],
    ["53300", "it has too many connections"],
    ["55P03", "others hold the same rows"],
    ["57014", "it took too long"],
    ["57P01", "it is being stopped or started"],
    ["58030", "its machine fails"],
    ["XX001", "its files are damaged"],
    ["XX002", "its files are damaged"],
  ])("with %p is told without its own words", async (code, reason) => {
    expect(await taskErrorOf(fails(code))).toMatchObject({
      code: "service_unavailable",
      message: `Cannot use the database: ${reason}`,
    });
  });

  test("that is about the statement is told as it is", async () => {
    await expect(fails("22003")).rejects.toThrow("its own words");
  });
});
