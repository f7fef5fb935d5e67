import { expect, setDefaultTimeout, test } from "bun:test";
import { killUnderCreates, lossesOf } from "../fixtures/kill-creates.ts";
import { newHome } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(120_000);

// 20 kills and 20,000 creates: `bun run soak --only kills`.
test("no task that a killed service has acknowledged is lost, stuck or ended twice", async () => {
  const home = newHome();
  const ids = await killUnderCreates(home, { kills: 3, creates: 600 });
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(600);
  expect(await lossesOf(home, ids)).toEqual({ missing: 0, endedWrongly: 0, withGaps: 0 });
});
