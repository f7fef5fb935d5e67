import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { openSqlite } from "../../src/db/sqlite.bun.ts";
import { queueContract } from "../contract/queue.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { aFailure, aWorker, claimTask, createTask } from "../fixtures/store-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

queueContract("SqliteQueue", async () => sqliteBench(), { describe, test, expect });

test("SqliteQueue hides no task for a year where the clock is set back by one", async () => {
  const bench = sqliteBench();
  const id = await createTask(bench);
  const { claim } = await claimTask(bench);
  const notBeforeMs = bench.clock.nowMs + 1_800_000;
  await bench.queue.giveBack(claim, { failure: aFailure, counts: true, notBeforeMs });
  expect(await bench.queue.claim(aWorker())).toBeUndefined();
  bench.clock.nowMs -= 365 * 86_400_000;
  expect(await bench.queue.nextDueMs(aWorker())).toBe(bench.clock.nowMs);
  expect((await claimTask(bench)).claim).toEqual({ taskId: id, attempt: 2 });
});

describe("SqliteQueue on a file that another process has open", () => {
  test("gives each task to one of them", async () => {
    const path = join(tempFolder(), "shared.sqlite");
    const benches = [sqliteBench(path), sqliteBench(path)] as const;
    const ids = await Promise.all(Array.from({ length: 60 }, () => createTask(benches[0])));
    const drain = async ({ queue }: (typeof benches)[number], worker: string) => {
      const taken: string[] = [];
      for (;;) {
        const work = await queue.claim(aWorker(worker));
        if (!work) return taken;
        taken.push(work.claim.taskId);
      }
    };
    const taken = await Promise.all(
      benches.flatMap((bench, i) => [drain(bench, `w${i}`), drain(bench, `w${i}`)]),
    );
    expect(taken.flat().sort()).toEqual([...ids].sort());
    expect(taken.slice(0, 2).flat()).not.toBeEmpty();
    expect(taken.slice(2).flat()).not.toBeEmpty();
    for (const { database } of benches) database.close();
  });

  test("waits for no writer if it has nothing to write", async () => {
    const path = join(tempFolder(), "locked.sqlite");
    const { queue, database } = sqliteBench(path);
    const writer = openSqlite(path);
    writer.execute("BEGIN IMMEDIATE");
    expect(await queue.claim(aWorker())).toBeUndefined();
    expect(await queue.takeOver("gone")).toBe(0);
    expect(await queue.expireLeases()).toBe(0);
    writer.close();
    database.close();
  });
});
