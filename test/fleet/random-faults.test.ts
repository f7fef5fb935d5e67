import { expect, setDefaultTimeout, test } from "bun:test";
import { wearFleet } from "../fixtures/random-faults.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(300_000);

/** Restarts PostgreSQL, kills a node that answers calls, stops a worker, drops connections, kills a worker. `bun run soak --only fleet` has 50 others. */
const SEED = 334;

test("a fleet that faults befall loses and doubles nothing", async () => {
  const { wrongs, tasks } = await wearFleet({ seed: SEED, faults: 5 });
  expect(wrongs).toEqual([]);
  expect(tasks).toBeGreaterThan(0);
});
