import { taskErrorOf } from "../fixtures/failure-of.ts";
import {
  aFailure,
  anOutput,
  aTargetOf,
  claimTask,
  createTask,
  eventsOf,
  eventTypes,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<StoreBench>;

const PROGRESS = {
  phase: "TRANSCODING",
  percent: 40,
  outTimeSeconds: 1.5,
  speed: 2,
  fps: 50,
} as const;

/** What holds for every task store: what becomes of a task, and who may write it. */
export function taskLifeContract(name: string, make: Make, harness: Harness): void {
  harness.describe(name, () => {
    cancelling(make, harness);
    retrying(make, harness);
    saving(make, harness);
    finishing(make, harness);
    fencing(make, harness);
  });
}

function cancelling(make: Make, { describe, test, expect }: Harness): void {
  describe("cancel()", () => {
    test("ends a pending task", async () => {
      const bench = await make();
      const id = await createTask(bench);
      const task = await bench.tasks.cancel("ada", id);
      expect(task).toMatchObject({ status: "CANCELLED", endMs: bench.clock.nowMs });
      expect(task.targets[0]?.status).toBe("CANCELLED");
      expect(task.failure).toBeUndefined();
      expect(await eventTypes(bench, id)).toEqual(["created", "target", "ended"]);
      expect(await bench.queue.claim({ id: "w", engine: "native" })).toBeUndefined();
    });

    test("asks a running task to stop, and tells it once", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await bench.tasks.cancel("ada", claim.taskId);
      const task = await bench.tasks.cancel("ada", claim.taskId);
      expect(task).toMatchObject({ status: "RUNNING", cancelRequested: true });
      expect(await eventTypes(bench, claim.taskId)).toEqual([
        "created",
        "started",
        "cancel_requested",
      ]);
      expect((await taskErrorOf(bench.tasks.mayPublish(claim))).code).toBe("cancelled");
    });

    test("is refused when the task has ended", async () => {
      const bench = await make();
      const id = await createTask(bench);
      await bench.tasks.cancel("ada", id);
      expect((await taskErrorOf(bench.tasks.cancel("ada", id))).code).toBe("task_conflict");
    });
  });
}

function retrying(make: Make, { describe, test, expect }: Harness): void {
  const targets = [aTargetOf("a"), aTargetOf("b")];

  /** A task whose first target was delivered before it failed. */
  async function failedTask(bench: StoreBench): Promise<string> {
    const { claim } = await startTask(bench, { targets });
    await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
    await bench.tasks.saveProgress(claim, PROGRESS);
    await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
    return claim.taskId;
  }

  describe("retry()", () => {
    test("makes a failed task pending again, but for what was delivered", async () => {
      const bench = await make();
      const id = await failedTask(bench);
      const failed = await bench.tasks.get("ada", id);
      bench.clock.nowMs += 1000;
      const task = await bench.tasks.retry("ada", id);
      const {
        failure: _,
        startMs: __,
        endMs: ___,
        progress: ____,
        engine: _____,
        ...kept
      } = failed;
      expect(task).toEqual({
        ...kept,
        status: "PENDING",
        targets: [
          { url: "file:///media/a.mp4", status: "SUCCESS", output: anOutput },
          { url: "file:///media/b.mp4", status: "PENDING" },
        ],
      });
      expect((await eventTypes(bench, id)).at(-1)).toBe("retried");
      const work = await claimTask(bench);
      expect(work).toMatchObject({ claim: { taskId: id, attempt: 2 }, failures: 0 });
      expect(work.task.startMs).toBe(bench.clock.nowMs);
    });

    test("holds the undelivered targets again", async () => {
      const bench = await make();
      await bench.tasks.retry("ada", await failedTask(bench));
      await createTask(bench, { targets: [aTargetOf("a")] });
      const error = await taskErrorOf(createTask(bench, { targets: [aTargetOf("b")] }));
      expect(error.code).toBe("task_conflict");
    });

    test("is refused while another task writes a target, and changes nothing", async () => {
      const bench = await make();
      const id = await failedTask(bench);
      const before = await bench.tasks.get("ada", id);
      await createTask(bench, { targets: [aTargetOf("b")] });
      expect((await taskErrorOf(bench.tasks.retry("ada", id))).code).toBe("task_conflict");
      expect(await bench.tasks.get("ada", id)).toEqual(before);
    });

    test("takes a cancelled task, which then is no longer asked to stop", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await bench.tasks.cancel("ada", claim.taskId);
      await bench.tasks.finish(claim, { status: "SUCCESS" });
      const task = await bench.tasks.retry("ada", claim.taskId);
      expect(task).toMatchObject({ status: "PENDING", cancelRequested: false });
    });

    test("is refused for a task that is pending, running or a success", async () => {
      const bench = await make();
      const id = await createTask(bench);
      const codeOf = async () => (await taskErrorOf(bench.tasks.retry("ada", id))).code;
      expect(await codeOf()).toBe("task_conflict");
      const { claim } = await claimTask(bench);
      expect(await codeOf()).toBe("task_conflict");
      await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
      await bench.tasks.finish(claim, { status: "SUCCESS" });
      expect(await codeOf()).toBe("task_conflict");
    });
  });
}

function saving(make: Make, { describe, test, expect }: Harness): void {
  describe("saveProgress()", () => {
    test("is read at once and is no event", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await bench.tasks.saveProgress(claim, PROGRESS);
      expect((await bench.tasks.get("ada", claim.taskId)).progress).toEqual(PROGRESS);
      expect(await eventTypes(bench, claim.taskId)).toEqual(["created", "started"]);
    });
  });

  describe("saveTarget()", () => {
    test("tells each new state of a target once", async () => {
      const bench = await make();
      const targets = [aTargetOf("a"), aTargetOf("b")];
      const { claim } = await startTask(bench, { targets });
      await bench.tasks.saveTarget(claim, 1, { status: "RUNNING" });
      await bench.tasks.saveTarget(claim, 1, { status: "RUNNING" });
      await bench.tasks.saveTarget(claim, 1, { status: "FAILED", failure: aFailure });
      expect((await bench.tasks.get("ada", claim.taskId)).targets).toEqual([
        { url: "file:///media/a.mp4", status: "PENDING" },
        { url: "file:///media/b.mp4", status: "FAILED", failure: aFailure },
      ]);
      expect((await eventsOf(bench, claim.taskId)).slice(2)).toMatchObject([
        { type: "target", status: "RUNNING", target: 1, targetStatus: "RUNNING" },
        { type: "target", status: "RUNNING", target: 1, targetStatus: "FAILED", failure: aFailure },
      ]);
    });

    test("refuses a target that the task has not", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await expect(bench.tasks.saveTarget(claim, 1, { status: "RUNNING" })).rejects.toThrow(
        "Cannot save target 1",
      );
    });
  });

  describe("mayPublish()", () => {
    test("lets the holder of a task publish", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await bench.tasks.mayPublish(claim);
    });
  });
}

function finishing(make: Make, { describe, test, expect }: Harness): void {
  const targets = [aTargetOf("a"), aTargetOf("b")];

  describe("finish()", () => {
    test("ends a success", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
      bench.clock.nowMs += 5000;
      await bench.tasks.finish(claim, { status: "SUCCESS" });
      const task = await bench.tasks.get("ada", claim.taskId);
      const { nowMs } = bench.clock;
      expect(task).toMatchObject({ status: "SUCCESS", endMs: nowMs, engine: "native" });
      expect(task.failure).toBeUndefined();
      expect(task.attempts).toEqual([
        { attempt: 1, startMs: nowMs - 5000, endMs: nowMs, engine: "native" },
      ]);
      expect((await eventsOf(bench, claim.taskId)).at(-1)).toMatchObject({
        type: "ended",
        status: "SUCCESS",
      });
    });

    test("does not call a success what was not delivered", async () => {
      const bench = await make();
      const { claim } = await startTask(bench, { targets });
      await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
      const error = await taskErrorOf(bench.tasks.finish(claim, { status: "SUCCESS" }));
      expect(error.code).toBe("internal");
      expect((await bench.tasks.get("ada", claim.taskId)).status).toBe("RUNNING");
    });

    test("gives a failure to the task, its run and the targets that were not reached", async () => {
      const bench = await make();
      const { claim } = await startTask(bench, { targets });
      await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
      await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
      const task = await bench.tasks.get("ada", claim.taskId);
      expect(task).toMatchObject({ status: "FAILED", failure: aFailure });
      expect(task.attempts[0]?.failure).toEqual(aFailure);
      expect(task.targets.map(({ status }) => status)).toEqual(["SUCCESS", "FAILED"]);
      expect(task.targets[1]?.failure).toEqual(aFailure);
      expect((await eventsOf(bench, claim.taskId)).slice(-2)).toMatchObject([
        { type: "target", target: 1, targetStatus: "FAILED", status: "FAILED" },
        { type: "ended", status: "FAILED", failure: aFailure },
      ]);
    });

    test.each([
      { status: "SUCCESS" },
      { status: "FAILED", failure: aFailure },
      { status: "CANCELLED" },
    ] as const)("is CANCELLED where that was asked for, told %p", async (outcome) => {
      const bench = await make();
      const { claim } = await startTask(bench, { targets });
      await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
      await bench.tasks.cancel("ada", claim.taskId);
      await bench.tasks.finish(claim, outcome);
      const task = await bench.tasks.get("ada", claim.taskId);
      expect(task).toMatchObject({ status: "CANCELLED", cancelRequested: true });
      expect(task.failure).toBeUndefined();
      expect(task.targets.map(({ status }) => status)).toEqual(["SUCCESS", "CANCELLED"]);
      expect(task.attempts[0]?.endMs).toBe(bench.clock.nowMs);
    });
  });
}

function fencing(make: Make, { describe, test, expect }: Harness): void {
  describe("a worker that lost its claim", () => {
    test.each(["given back", "claimed again", "finished", "never held"])(
      "writes nothing of a task that was %s",
      async (how) => {
        const bench = await make();
        const { claim } = await startTask(bench);
        const failure = aFailure;
        if (how === "finished") await bench.tasks.finish(claim, { status: "FAILED", failure });
        else if (how !== "never held")
          await bench.queue.giveBack(claim, { failure, notBeforeMs: 0, counts: false });
        if (how === "claimed again") await claimTask(bench, "worker-2");
        const stale = how === "never held" ? { ...claim, attempt: 2 } : claim;
        const before = await bench.tasks.get("ada", claim.taskId);
        const calls = [
          () => bench.tasks.saveProgress(stale, PROGRESS),
          () => bench.tasks.saveTarget(stale, 0, { status: "RUNNING" }),
          () => bench.tasks.saveWarnings(stale, []),
          () => bench.tasks.mayPublish(stale),
          () => bench.tasks.finish(stale, { status: "SUCCESS" }),
          () => bench.queue.giveBack(stale, { failure, notBeforeMs: 0, counts: true }),
        ];
        for (const call of calls) expect((await taskErrorOf(call())).code).toBe("lease_lost");
        expect(await bench.queue.heartbeat(stale)).toBe("lost");
        expect(await bench.tasks.get("ada", claim.taskId)).toEqual(before);
      },
    );
  });
}
