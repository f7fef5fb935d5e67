import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { purgeExpired } from "../../src/worker/purge-expired.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { createTask } from "../fixtures/store-bench.ts";

setDefaultTimeout(60_000);

test("purgeExpired() removes the recordings of a task that was deleted long before, as a service finds it that was down", async () => {
  const { tasks, clock, ...bench } = sqliteBench();
  const id = await createTask({ tasks, clock, ...bench });
  await tasks.cancel("ada", id);
  await tasks.remove("ada", id);
  const recordings = tempFolder();
  mkdirSync(join(recordings, id));
  clock.nowMs += 3_600_000;
  const rows = () => bench.database.orm.values("SELECT count(*) FROM tasks");
  const expiring = { tasks, kept: { sweep: async () => {} }, recordings };
  await purgeExpired({ ...expiring, isKeeper: () => false });
  expect(readdirSync(recordings)).toEqual([]);
  expect(rows()).toEqual([[1]]);
  // Its rows are gone, too, once one removes them that does so for all nodes.
  await purgeExpired({ ...expiring, isKeeper: () => true });
  expect(rows()).toEqual([[0]]);
});
