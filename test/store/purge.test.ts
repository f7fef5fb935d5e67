import { expect, test } from "bun:test";
import { openDatabase } from "../../src/db/database.ts";
import { IdempotencyKeys } from "../../src/store/idempotency-keys.ts";
import { Nonces } from "../../src/store/nonces.ts";

const NOW_MS = 1_000;
/** Longer than an idempotency key is kept. */
const LATER_MS = NOW_MS + 48 * 60 * 60 * 1000;

test.each([
  [
    "Nonces",
    () => {
      const database = openDatabase(":memory:");
      const nonces = new Nonces(database);
      const add = (name: string) =>
        void nonces.use({ clientCode: "ada", nonce: name, expiresMs: NOW_MS });
      return { database, add, table: nonces };
    },
  ],
  [
    "IdempotencyKeys",
    () => {
      const database = openDatabase(":memory:");
      const keys = new IdempotencyKeys(database);
      const add = (key: string) => keys.remember("ada", { key, bodyDigest: "" }, "task-1", NOW_MS);
      return { database, add, table: keys };
    },
  ],
])("%s.purge() deletes no more at once than it may", async (_, make) => {
  const { database, add, table } = make();
  await database.write(() => ["a", "b", "c", "d", "e"].forEach(add));
  const purged: number[] = [];
  for (let round = 0; round < 4; round++)
    purged.push(await database.write(() => table.purge(LATER_MS, 2)));
  expect(purged).toEqual([2, 2, 1, 0]);
  database.close();
});
