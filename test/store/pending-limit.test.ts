import { expect, test } from "bun:test";
import { PendingLimit } from "../../src/store/pending-limit.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";

test("PendingLimit.takePlace() refuses nothing for places that a transaction took which was rolled back", async () => {
  const { database } = sqliteBench();
  const limit = new PendingLimit(database);
  // So large that it is counted once in this time.
  const max = 100_000;
  const taking = database.write(() =>
    Array.from({ length: 0.6 * max }, () => limit.takePlace("ada", max)).filter(Boolean),
  );
  // Has the whole batch run a second time.
  const thrown = database.write(() => {
    throw new Error("undone");
  });
  await expect(thrown).rejects.toThrow("undone");
  expect(await taking).toEqual([]);
  database.close();
});
