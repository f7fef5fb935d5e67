import { taskErrorOf } from "../fixtures/failure-of.ts";
import { aFailure, claimTask, type StoreBench, startTask } from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

const aLog = (line: string) => ({ lines: [line], decisions: [`decided ${line}`] });

/** What holds for the logs of tasks' runs, as a part of `taskStoreContract`. */
export function keepingLogs(
  make: () => Promise<StoreBench>,
  { describe, test, expect }: Harness,
): void {
  const giveBack = (bench: StoreBench, claim: Parameters<typeof bench.queue.giveBack>[0]) =>
    bench.queue.giveBack(claim, { failure: aFailure, notBeforeMs: 0, counts: false });

  describe("saveLog() and logs()", () => {
    test("keep one log for each attempt: the last that was saved", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      expect(await bench.tasks.logs("ada", claim.taskId)).toEqual([]);
      for (const line of ["a", "b"]) await bench.tasks.saveLog(claim, aLog(line));
      await giveBack(bench, claim);
      const { claim: next } = await claimTask(bench, "worker-2");
      await bench.tasks.saveLog(next, aLog("c"));
      expect(await bench.tasks.logs("ada", claim.taskId)).toEqual([
        { attempt: 1, ...aLog("b") },
        { attempt: 2, ...aLog("c") },
      ]);
    });

    test("refuse a run that has lost its lease, and another client", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await giveBack(bench, claim);
      expect((await taskErrorOf(bench.tasks.saveLog(claim, aLog("late")))).code).toBe("lease_lost");
      expect(await bench.tasks.logs("ada", claim.taskId)).toEqual([]);
      expect((await taskErrorOf(bench.tasks.logs("bob", claim.taskId))).code).toBe("no_such_task");
    });

    test("keep those of the newest 20 attempts", async () => {
      const bench = await make();
      let { claim } = await startTask(bench);
      for (let attempt = 1; attempt <= 21; attempt += 1) {
        await bench.tasks.saveLog(claim, aLog(String(attempt)));
        await giveBack(bench, claim);
        ({ claim } = await claimTask(bench));
      }
      const kept = await bench.tasks.logs("ada", claim.taskId);
      expect(kept.map(({ attempt }) => attempt)).toEqual(
        Array.from({ length: 20 }, (_, at) => at + 2),
      );
    });
  });
}
