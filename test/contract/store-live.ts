import { taskErrorOf } from "../fixtures/failure-of.ts";
import { eventsOf, eventTypes, type StoreBench, startTask } from "../fixtures/store-bench.ts";

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
      const types = await eventTypes(bench, claim.taskId);
      expect(types.slice(-2)).toEqual(["source_lost", "source_back"]);
      expect((await bench.tasks.get("ada", claim.taskId)).status).toBe("RUNNING");
      await bench.tasks.finish(claim, { status: "CANCELLED" });
      const late = await taskErrorOf(bench.tasks.saveSource(claim, "source_lost"));
      expect(late.code).toBe("lease_lost");
    });
  });

  describe("the events of a live task", () => {
    test("tell how far it was, and what each target was sent", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      const progress = (outTimeSeconds: number, sentBytes: Readonly<Record<number, number>>) =>
        ({
          phase: "TRANSCODING",
          ...{ outTimeSeconds, speed: 1, fps: 25, droppedFrames: 3, sentBytes },
        }) as const;
      const [early, late] = [progress(4, { 0: 100, 1: 90 }), progress(9, { 0: 300, 1: 90 })];
      const last = async () => (await eventsOf(bench, claim.taskId)).at(-1);
      expect(await last()).not.toHaveProperty("progress");
      await bench.tasks.saveProgress(claim, early);
      await bench.tasks.saveTarget(claim, 0, { status: "RUNNING" });
      expect(await last()).toMatchObject({ type: "target", target: 0, progress: early });
      await bench.tasks.saveProgress(claim, late);
      await bench.tasks.saveSource(claim, "source_lost");
      expect(await last()).toMatchObject({ type: "source_lost", progress: late });
      const failure = { code: "worker_lost", detail: "Cannot go on" } as const;
      await bench.queue.giveBack(claim, { failure, notBeforeMs: 0, counts: false });
      expect(await last()).toMatchObject({ type: "given_back", progress: late });
      expect(await bench.tasks.get("ada", claim.taskId)).not.toHaveProperty("progress");
    });
  });

  describe("saveTarget() of a live task", () => {
    test("tells of a target that is tried again and again, and keeps the newest reason", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      const reconnecting = (detail: string) =>
        ({ status: "RECONNECTING", failure: { code: "target_lost", detail } }) as const;
      await bench.tasks.saveTarget(claim, 0, reconnecting("one"));
      const events = await eventTypes(bench, claim.taskId);
      await bench.tasks.saveTarget(claim, 0, reconnecting("two"));
      expect(await eventTypes(bench, claim.taskId)).toEqual(events);
      const task = await bench.tasks.get("ada", claim.taskId);
      expect(task.targets[0]).toMatchObject(reconnecting("two"));
    });
  });
}
