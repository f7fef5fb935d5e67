import { describe, setDefaultTimeout, test } from "bun:test";
import { range, simulateAll } from "./ranges.ts";
import { simulate } from "./simulate.ts";
import { openStages } from "./world.ts";

/** One seed in place of all, with its trace: PONTUS_SIMULATION_SEED=1234 bun test test/simulation/first-half.test.ts */
const SEED = process.env["PONTUS_SIMULATION_SEED"];
const SCHEDULES_A_TEST = 10_000;

/** Tests the schedules of some seeds. */
export function testSchedules(from: number, to: number): void {
  setDefaultTimeout(10 * 60_000);
  describe("schedules of clients, workers and the machine lose no task", () => {
    if (SEED !== undefined) {
      test(`seed ${SEED}`, async () => {
        const trace = await simulate(await openStages(), Number(SEED));
        console.log(trace.join("\n"));
      });
      return;
    }
    for (let at = from; at < to; at += SCHEDULES_A_TEST)
      test(`from seed ${at} on, ${SCHEDULES_A_TEST} of them`, async () =>
        simulateAll(await openStages(), range(at, at + SCHEDULES_A_TEST)));
  });
}
