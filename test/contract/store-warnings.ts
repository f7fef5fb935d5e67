import {
  aFailure,
  claimTask,
  eventTypes,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

const NAME = { code: "target_name", message: "A name that says something else" } as const;
const OTHER = { code: "target_name", message: "Another name that does" } as const;

/** What holds for the warnings of tasks, as a part of `taskStoreContract`. */
export function warningOf(
  make: () => Promise<StoreBench>,
  { describe, test, expect }: Harness,
): void {
  describe("saveWarnings()", () => {
    test("adds each once, over all runs of a task", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      const stored = async () => (await bench.tasks.get("ada", claim.taskId)).warnings;
      expect(await stored()).toBeUndefined();
      await bench.tasks.saveWarnings(claim, [NAME]);
      expect(await stored()).toEqual([NAME]);
      const reason = { failure: aFailure, notBeforeMs: 0, counts: false };
      await bench.queue.giveBack(claim, reason);
      const { claim: next } = await claimTask(bench, "worker-2");
      await bench.tasks.saveWarnings(next, [NAME, OTHER]);
      expect(await stored()).toEqual([NAME, OTHER]);
      expect((await eventTypes(bench, claim.taskId)).at(-1)).toBe("started");
    });

    test("takes back those of a kind that hold no longer, and leaves no empty list", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      const stored = async () => (await bench.tasks.get("ada", claim.taskId)).warnings;
      const away = { code: "source_awaited", message: "Nobody publishes it" } as const;
      await bench.tasks.saveWarnings(claim, [away]);
      await bench.tasks.saveWarnings(claim, [NAME], "source_awaited");
      expect(await stored()).toEqual([NAME]);
      await bench.tasks.saveWarnings(claim, [], "target_name");
      expect(await stored()).toBeUndefined();
    });
  });
}
