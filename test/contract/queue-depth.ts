import {
  aFailure,
  aWorker,
  claimTask,
  createTask,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<StoreBench>;

const RUN_FAILURE = { failure: aFailure, notBeforeMs: 0, counts: true };

/** What a queue tells of the work that waits. */
export function tellingDepth(make: Make, { describe, test, expect }: Harness): void {
  describe("nextDueMs() and depth()", () => {
    test("know of nothing in an empty queue", async () => {
      const { queue } = await make();
      expect(await queue.nextDueMs(aWorker())).toBeUndefined();
      expect(await queue.depth()).toEqual({ pending: 0, running: 0 });
      expect(await queue.oldestDueMs()).toBeUndefined();
    });

    test("tell since when the oldest task that is due has waited", async () => {
      const bench = await make();
      const { clock, queue } = bench;
      const createdMs = clock.nowMs;
      const { claim } = await startTask(bench);
      expect(await queue.oldestDueMs()).toBeUndefined();
      clock.nowMs += 10;
      await createTask(bench);
      clock.nowMs += 10;
      expect(await queue.oldestDueMs()).toBe(createdMs + 10);
      // The older one, which has waited since its run ended; while it waits for its next try it is not due.
      await queue.giveBack(claim, RUN_FAILURE);
      expect(await queue.oldestDueMs()).toBe(createdMs + 20);
      const again = await claimTask(bench);
      await queue.giveBack(again.claim, { ...RUN_FAILURE, notBeforeMs: clock.nowMs + 60_000 });
      expect(await queue.oldestDueMs()).toBe(createdMs + 10);
    });

    test("count what is due, what waits and what runs", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await startTask(bench);
      expect(await bench.queue.nextDueMs(aWorker())).toBeUndefined();
      const notBeforeMs = bench.clock.nowMs + 1;
      await bench.queue.giveBack(claim, { ...RUN_FAILURE, notBeforeMs });
      expect(await bench.queue.nextDueMs(aWorker())).toBe(notBeforeMs);
      await bench.tasks.cancel("ada", await createTask(bench));
      await createTask(bench);
      expect(await bench.queue.nextDueMs(aWorker())).toBeLessThanOrEqual(bench.clock.nowMs);
      expect(await bench.queue.depth()).toEqual({ pending: 2, running: 1 });
    });
  });
}
