import { expect, test } from "bun:test";
import { Retention } from "../../src/store/retention.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { aFailure, createTask, startTask } from "../fixtures/store-bench.ts";

const rowsOf = (table: string, { database }: ReturnType<typeof sqliteBench>): number =>
  Number(database.orm.values(`SELECT count(*) FROM ${table}`)[0]?.[0]);

test("Retention.purge() removes no more rows at once than it may, and hides what it has begun", async () => {
  const bench = sqliteBench();
  const retention = new Retention(bench.database, 1);
  const { claim } = await startTask(bench);
  for (let i = 0; i < 11; i++)
    await bench.tasks.saveSource(claim, i % 2 === 0 ? "source_lost" : "source_back");
  await bench.tasks.saveLog(claim, { lines: [], decisions: ["one"] });
  await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
  for (let i = 0; i < 3; i++) await bench.tasks.cancel("ada", await createTask(bench));
  const whole = rowsOf("task_logs", bench) + rowsOf("events", bench) + rowsOf("tasks", bench);
  expect(whole).toBe(1 + 15 + 1 + 3 * (3 + 1));
  const purged: number[] = [];
  const listed: number[] = [];
  let rows: number;
  do {
    rows = await bench.database.write(() => retention.purge(bench.clock.nowMs + 1_000_000, 4));
    purged.push(rows);
    listed.push((await bench.tasks.list("ada", { limit: 9 })).tasks.length);
  } while (rows > 0);
  expect(Math.max(...purged)).toBe(4);
  expect(purged.reduce((sum, number) => sum + number)).toBe(whole);
  expect([listed[0], listed.at(-1)]).toEqual([3, 0]);
  expect([rowsOf("events", bench), rowsOf("tasks", bench)]).toEqual([0, 0]);
  bench.database.close();
});

test("Retention.purge() removes what receivers were told and are still to be told", async () => {
  const bench = sqliteBench();
  const retention = new Retention(bench.database, 1);
  const notification = { url: "https://ada.example/hook" };
  for (let i = 0; i < 2; i++)
    await bench.tasks.cancel("ada", await createTask(bench, { notification }));
  while ((await bench.notifications.take(1, () => 1)).length > 0);
  expect([rowsOf("notifications", bench), rowsOf("deliveries", bench)]).toEqual([2, 2]);
  const purge = () => bench.database.write(() => retention.purge(bench.clock.nowMs + 1_000_000, 2));
  await purge();
  expect(rowsOf("notifications", bench)).toBe(1);
  while ((await purge()) > 0);
  for (const table of ["notifications", "deliveries", "events", "tasks"])
    expect([table, rowsOf(table, bench)]).toEqual([table, 0]);
  bench.database.close();
});

test("Retention keeps tasks for ever where it is told no time", async () => {
  const bench = sqliteBench();
  const retention = new Retention(bench.database, 0);
  await bench.tasks.cancel("ada", await createTask(bench));
  const laterMs = bench.clock.nowMs + 1e12;
  expect(await bench.database.write(() => retention.purge(laterMs, 100))).toBe(0);
  bench.database.close();
});
