import { expect, setDefaultTimeout, test } from "bun:test";
import { runMany } from "../fixtures/many-tasks.ts";

// A busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

/** `bun run soak --only fleet` has 10,000. */
const TASKS = 2_000;

test("many small tasks over four workers: each ends once, and every worker has a share", async () => {
  const { shares, wrongs } = await runMany(TASKS, 4);
  expect(wrongs).toEqual([]);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBe(TASKS);
  expect(Math.min(...shares)).toBeGreaterThan(0);
});
