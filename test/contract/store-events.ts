import { taskErrorOf } from "../fixtures/failure-of.ts";
import {
  aFailure,
  anOutput,
  aTargetOf,
  createTask,
  eventsOf,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** What holds for the log of every task store, as a part of `taskStoreContract`. */
export function readingEvents(
  make: () => Promise<StoreBench>,
  { describe, test, expect }: Harness,
): void {
  describe("events()", () => {
    test("tell a task's whole life, oldest first, each with its time", async () => {
      const bench = await make();
      const { nowMs } = bench.clock;
      const { claim } = await startTask(bench, { targets: [aTargetOf("a"), aTargetOf("b")] });
      bench.clock.nowMs += 1000;
      await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
      await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
      const { taskId } = claim;
      const running = { taskId, status: "RUNNING", attempt: 1 } as const;
      const failed = { taskId, timeMs: nowMs + 1000, status: "FAILED", attempt: 1 } as const;
      expect(await eventsOf(bench, taskId)).toEqual([
        { taskId, sequence: 1, timeMs: nowMs, type: "created", status: "PENDING", attempt: 0 },
        { ...running, sequence: 2, timeMs: nowMs, type: "started" },
        {
          ...running,
          sequence: 3,
          timeMs: nowMs + 1000,
          ...{ type: "target", target: 0, targetStatus: "SUCCESS" },
        },
        {
          ...failed,
          sequence: 4,
          ...{ type: "target", target: 1, targetStatus: "FAILED", failure: aFailure },
        },
        { ...failed, sequence: 5, type: "ended", failure: aFailure },
      ]);
    });

    test("are read in parts, from behind the last one that is known", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await bench.tasks.finish(claim, { status: "CANCELLED" });
      const read = async (afterSequence: number, limit: number) => {
        const events = await bench.tasks.events("ada", claim.taskId, { afterSequence, limit });
        return events.map(({ sequence }) => sequence);
      };
      expect(await read(0, 2)).toEqual([1, 2]);
      expect(await read(2, 100)).toEqual([3, 4]);
      expect(await read(4, 100)).toEqual([]);
    });

    test("are those of one task, and for its client alone", async () => {
      const bench = await make();
      const [id, other] = [await createTask(bench), await createTask(bench)];
      await bench.tasks.cancel("ada", other);
      expect((await eventsOf(bench, id)).map(({ type }) => type)).toEqual(["created"]);
      const all = { afterSequence: 0, limit: 100 };
      for (const [client, task] of [
        ["bob", id],
        ["ada", "3125"],
      ] as const)
        expect((await taskErrorOf(bench.tasks.events(client, task, all))).code).toBe(
          "no_such_task",
        );
    });
  });
}
