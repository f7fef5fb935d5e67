import { range, simulateAll } from "../simulation/ranges.ts";
import { openStages } from "../simulation/world.ts";
import { harness } from "./harness.ts";

harness.describe("schedules of clients, workers and the machine", () => {
  harness.test("lose no task", async () => simulateAll(await openStages(), range(0, 1_000)));
});
