import { taskErrorOf } from "../fixtures/failure-of.ts";
import { eventTypes, type StoreBench, startTask } from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** What holds for live tasks, as a part of `taskStoreContract`. */
export function livingTasks(
  make: () => Promise<StoreBench>,
  { describe, test, expect }: Harness,
): void {
  describe("saveSource()", () => {
    test("is an event of a task that goes on", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await bench.tasks.saveSource(claim, "source_lost");
      await bench.tasks.saveSource(claim, "source_back");
      const types = eventTypes(bench, claim.taskId);
      expect(types.slice(-2)).toEqual(["source_lost", "source_back"]);
      expect((await bench.tasks.get("ada", claim.taskId)).status).toBe("RUNNING");
      await bench.tasks.finish(claim, { status: "CANCELLED" });
      const late = await taskErrorOf(bench.tasks.saveSource(claim, "source_lost"));
      expect(late.code).toBe("lease_lost");
    });
  });

  describe("saveTarget() of a live task", () => {
    test("tells of a target that is tried again and again, and keeps the newest reason", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      const reconnecting = (detail: string) =>
        ({ status: "RECONNECTING", failure: { code: "target_lost", detail } }) as const;
      await bench.tasks.saveTarget(claim, 0, reconnecting("one"));
      const events = eventTypes(bench, claim.taskId);
      await bench.tasks.saveTarget(claim, 0, reconnecting("two"));
      expect(eventTypes(bench, claim.taskId)).toEqual(events);
      const task = await bench.tasks.get("ada", claim.taskId);
      expect(task.targets[0]).toMatchObject(reconnecting("two"));
    });
  });
}
