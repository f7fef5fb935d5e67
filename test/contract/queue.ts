import { taskErrorOf } from "../fixtures/failure-of.ts";
import {
  aFailure,
  anOutput,
  aTargetOf,
  aWorker,
  claimTask,
  createTask,
  eventsOf,
  eventTypes,
  QUEUE_LIMITS,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";
import { tellingDepth } from "./queue-depth.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<StoreBench>;

const RUN_FAILURE = { failure: aFailure, notBeforeMs: 0, counts: true };

/** What holds for every queue. */
export function queueContract(name: string, make: Make, harness: Harness): void {
  harness.describe(name, () => {
    claiming(make, harness);
    beating(make, harness);
    givingBack(make, harness);
    recovering(make, harness);
    tellingDepth(make, harness);
    listening(make, harness);
  });
}

function claiming(make: Make, { describe, test, expect }: Harness): void {
  describe("claim()", () => {
    test("finds nothing where nothing waits", async () => {
      const { queue } = await make();
      expect(await queue.claim(aWorker())).toBeUndefined();
    });

    test("takes the highest priority first, then the oldest", async () => {
      const bench = await make();
      const ids: string[] = [];
      for (const priority of [0, -10, 5, 0, 10, 5]) ids.push(await createTask(bench, { priority }));
      const claimed: number[] = [];
      for (const _ of ids) claimed.push(ids.indexOf((await claimTask(bench)).claim.taskId));
      expect(claimed).toEqual([4, 2, 5, 0, 3, 1]);
      expect(await bench.queue.claim(aWorker())).toBeUndefined();
    });

    test("gives clients turns, and asks for priorities only within one", async () => {
      const bench = await make();
      const made: string[] = [];
      for (const priority of [10, 9]) made.push(await createTask(bench, { priority }));
      for (const priority of [-10, -9])
        made.push(await createTask(bench, { clientCode: "bob", priority }));
      const claimed: number[] = [];
      for (const _ of made) claimed.push(made.indexOf((await claimTask(bench)).claim.taskId));
      expect(claimed).toEqual([0, 3, 1, 2]);
    });

    test("starts the task and gives all that is needed to run it", async () => {
      const bench = await make();
      const id = await createTask(bench);
      bench.clock.nowMs += 1000;
      const work = await claimTask(bench);
      const task = await bench.tasks.get("ada", id);
      const startMs = bench.clock.nowMs;
      expect(task).toMatchObject({ status: "RUNNING", attempt: 1, engine: "native", startMs });
      expect(task.attempts).toEqual([{ attempt: 1, startMs, engine: "native" }]);
      expect(work).toMatchObject({ claim: { taskId: id, attempt: 1 }, task, failures: 0 });
      expect(work.assignments).toMatchObject([{ targets: [0] }]);
      expect((await eventsOf(bench, id))[1]).toEqual({
        taskId: id,
        sequence: 2,
        timeMs: startMs,
        type: "started",
        status: "RUNNING",
        attempt: 1,
      });
    });

    test("gives each task to one of many that ask together", async () => {
      const bench = await make();
      for (let i = 0; i < 5; i++) await createTask(bench);
      const claims = await Promise.all(
        Array.from({ length: 9 }, (_, i) => bench.queue.claim(aWorker(`worker-${i}`))),
      );
      const ids = claims.flatMap((work) => (work ? [work.claim.taskId] : []));
      expect(ids).toHaveLength(5);
      expect(new Set(ids).size).toBe(5);
    });
  });
}

function beating(make: Make, { describe, test, expect }: Harness): void {
  describe("heartbeat()", () => {
    test("tells what became of the claim", async () => {
      const { queue, tasks, ...bench } = await make();
      const { claim } = await startTask({ queue, tasks, ...bench });
      expect(await queue.heartbeat(claim)).toBe("held");
      await tasks.cancel("ada", claim.taskId);
      expect(await queue.heartbeat(claim)).toBe("cancel_requested");
      await tasks.finish(claim, { status: "CANCELLED" });
      expect(await queue.heartbeat(claim)).toBe("lost");
    });

    test("keeps a lease from running out", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      bench.clock.nowMs += QUEUE_LIMITS.leaseMs - 1;
      expect(await bench.queue.expireLeases()).toBe(0);
      await bench.queue.heartbeat(claim);
      bench.clock.nowMs += QUEUE_LIMITS.leaseMs - 1;
      expect(await bench.queue.expireLeases()).toBe(0);
      bench.clock.nowMs += 1;
      expect(await bench.queue.expireLeases()).toBe(1);
      expect(await bench.queue.heartbeat(claim)).toBe("lost");
    });
  });
}

function givingBack(make: Make, { describe, test, expect }: Harness): void {
  describe("giveBack()", () => {
    test("makes the task pending with its run closed and its undelivered targets open", async () => {
      const bench = await make();
      const targets = ["a", "b", "c"].map(aTargetOf);
      const { claim, task: started } = await startTask(bench, { targets });
      await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
      await bench.tasks.saveTarget(claim, 1, { status: "FAILED", failure: aFailure });
      await bench.tasks.saveTarget(claim, 2, { status: "RUNNING" });
      bench.clock.nowMs += 1000;
      await bench.queue.giveBack(claim, RUN_FAILURE);
      const task = await bench.tasks.get("ada", claim.taskId);
      expect(task).toMatchObject({ status: "PENDING", startMs: started.startMs, attempt: 1 });
      expect(task.attempts).toMatchObject([{ endMs: bench.clock.nowMs, failure: aFailure }]);
      expect(task.targets).toEqual([
        { url: "file:///media/a.mp4", status: "SUCCESS", output: anOutput },
        { url: "file:///media/b.mp4", status: "PENDING" },
        { url: "file:///media/c.mp4", status: "PENDING" },
      ]);
      expect((await eventsOf(bench, claim.taskId)).at(-1)).toMatchObject({
        type: "given_back",
        status: "PENDING",
        failure: aFailure,
      });
    });

    test("keeps the first start over all runs, and counts failures apart from attempts", async () => {
      const bench = await make();
      const first = await startTask(bench);
      bench.clock.nowMs += 1000;
      await bench.queue.giveBack(first.claim, { ...RUN_FAILURE, counts: false });
      const second = await claimTask(bench);
      expect(second).toMatchObject({ claim: { attempt: 2 }, failures: 0 });
      expect(second.task.startMs).toBe(first.task.startMs ?? 0);
      await bench.queue.giveBack(second.claim, RUN_FAILURE);
      expect(await claimTask(bench)).toMatchObject({ claim: { attempt: 3 }, failures: 1 });
    });

    test("hides the task until it is due, and no other", async () => {
      const bench = await make();
      const { claim } = await startTask(bench, { priority: 10 });
      const notBeforeMs = bench.clock.nowMs + 5000;
      await bench.queue.giveBack(claim, { ...RUN_FAILURE, notBeforeMs });
      const other = await createTask(bench);
      expect((await claimTask(bench)).claim.taskId).toBe(other);
      bench.clock.nowMs = notBeforeMs - 1;
      expect(await bench.queue.claim(aWorker())).toBeUndefined();
      expect(await bench.queue.nextDueMs(aWorker())).toBe(notBeforeMs);
      bench.clock.nowMs = notBeforeMs;
      await createTask(bench);
      expect((await claimTask(bench)).claim.taskId).toBe(claim.taskId);
    });

    test("ends a task that was asked to stop, and frees its targets", async () => {
      const bench = await make();
      const targets = [aTargetOf("a")];
      const { claim } = await startTask(bench, { targets });
      await bench.tasks.cancel("ada", claim.taskId);
      await bench.queue.giveBack(claim, RUN_FAILURE);
      expect((await bench.tasks.get("ada", claim.taskId)).status).toBe("CANCELLED");
      expect((await eventTypes(bench, claim.taskId)).at(-1)).toBe("ended");
      await createTask(bench, { targets });
    });

    test("is refused to one who lost the claim", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await bench.queue.giveBack(claim, RUN_FAILURE);
      const again = await taskErrorOf(bench.queue.giveBack(claim, RUN_FAILURE));
      expect(again.code).toBe("lease_lost");
    });
  });
}

function recovering(make: Make, { describe, test, expect }: Harness): void {
  describe("takeOver()", () => {
    test("puts back what the dead worker held, due at once, and nothing of others", async () => {
      const bench = await make();
      for (let i = 0; i < 3; i++) await createTask(bench);
      const lost = [await claimTask(bench, "dead"), await claimTask(bench, "dead")];
      const { claim } = await claimTask(bench, "alive");
      expect(await bench.queue.takeOver("dead")).toBe(2);
      expect(await bench.queue.takeOver("dead")).toBe(0);
      expect(await bench.queue.heartbeat(claim)).toBe("held");
      for (const { claim } of lost) {
        const work = await claimTask(bench, "alive");
        expect(work).toMatchObject({ claim: { taskId: claim.taskId, attempt: 2 }, failures: 1 });
        expect(work.task.attempts[0]?.failure?.code).toBe("worker_lost");
      }
    });

    test("gives a task up that took its worker down for the last permitted time", async () => {
      const bench = await make();
      const id = await createTask(bench);
      for (let attempt = 1; attempt <= QUEUE_LIMITS.attemptsMax; attempt++) {
        await claimTask(bench, "dead");
        expect(await bench.queue.takeOver("dead")).toBe(1);
      }
      const task = await bench.tasks.get("ada", id);
      expect(task).toMatchObject({ status: "FAILED", failure: { code: "worker_lost" } });
      expect(task.attempts).toHaveLength(QUEUE_LIMITS.attemptsMax);
      expect(task.targets[0]?.status).toBe("FAILED");
      expect(await bench.queue.claim(aWorker())).toBeUndefined();
    });

    test("counts from anew after the caller's retry", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
      await bench.tasks.retry("ada", claim.taskId);
      await claimTask(bench, "dead");
      await bench.queue.takeOver("dead");
      expect(await claimTask(bench)).toMatchObject({ claim: { attempt: 3 }, failures: 1 });
    });

    test("ends what was asked to stop, whatever its failures", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await bench.tasks.cancel("ada", claim.taskId);
      await bench.queue.takeOver("worker-1");
      const task = await bench.tasks.get("ada", claim.taskId);
      expect(task.status).toBe("CANCELLED");
      expect(task.attempts[0]?.failure?.code).toBe("worker_lost");
    });
  });

  describe("expireLeases()", () => {
    test("puts back what its worker never renewed, in each of its runs", async () => {
      const bench = await make();
      const id = await createTask(bench);
      for (const attempt of [1, 2]) {
        expect((await claimTask(bench)).claim).toEqual({ taskId: id, attempt });
        bench.clock.nowMs += QUEUE_LIMITS.leaseMs - 1;
        expect(await bench.queue.expireLeases()).toBe(0);
        bench.clock.nowMs += 1;
        expect(await bench.queue.expireLeases()).toBe(1);
      }
    });
  });
}

function listening(make: Make, { describe, test, expect }: Harness): void {
  describe("listen()", () => {
    test("is told of work and of cancels until it ends", async () => {
      const { queue } = await make();
      const heard: string[] = [];
      const end = queue.listen({
        onWork: () => heard.push("work"),
        onCancel: (taskId) => heard.push(taskId),
      });
      queue.announceWork();
      queue.announceCancel("task-1");
      end();
      queue.announceWork();
      expect(heard).toEqual(["work", "task-1"]);
    });
  });
}
