import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { TaskError } from "../../src/task/errors.ts";
import type { TargetResult } from "../../src/task/task.ts";
import { aWorker, eventTypes, QUEUE_LIMITS } from "../fixtures/store-bench.ts";
import { WORKER_ID, workerBench } from "../fixtures/worker-bench.ts";

const isDone = (result: unknown): boolean => (result as TargetResult).status === "SUCCESS";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

describe("Worker whose task is cancelled", () => {
  test("ends its run at once where that is announced", async () => {
    const bench = await workerBench({ options: { leaseMs: 3_600_000 } });
    const id = await bench.add();
    const { signal } = await bench.nextRun();
    await bench.tasks.cancel("ada", id);
    bench.queue.announceCancel(id);
    const task = await bench.until(id, "CANCELLED");
    expect(signal.reason).toMatchObject({ code: "cancelled" });
    expect(task.targets[0]?.status).not.toBe("SUCCESS");
    expect(await readdir(bench.root)).toEqual(["in.mp4"]);
  });

  test("ends its run with the next renewal where nobody announced it", async () => {
    const bench = await workerBench();
    const id = await bench.add();
    await bench.nextRun();
    await bench.tasks.cancel("ada", id);
    await bench.until(id, "CANCELLED");
    expect((await eventTypes(bench, id)).at(-1)).toBe("ended");
  });

  test("lets other tasks go on", async () => {
    const bench = await workerBench({ options: { slots: 2 } });
    const ids = [await bench.add(), await bench.add()] as const;
    const runs = [await bench.nextRun(), await bench.nextRun()];
    const other = runs.find(({ request }) => request.folder.includes(ids[1]));
    await bench.tasks.cancel("ada", ids[0]);
    bench.queue.announceCancel(ids[0]);
    await bench.until(ids[0], "CANCELLED");
    other?.letGo();
    await bench.until(ids[1], "SUCCESS");
  });
});

describe("Worker whose run fails", () => {
  const stalled = new TaskError("encoder_stalled", "Cannot go on: no progress");

  test("tries again after a delay that doubles, and gives up after the last attempt", async () => {
    const bench = await workerBench();
    const id = await bench.add();
    for (const delayMs of [2_000, 4_000]) {
      (await bench.nextRun()).fail(stalled);
      await bench.until(id, "PENDING");
      const waitMs = ((await bench.queue.nextDueMs(aWorker())) ?? 0) - bench.clock.nowMs;
      // Give or take a quarter.
      expect(Math.abs(waitMs - delayMs)).toBeLessThanOrEqual(delayMs / 4);
      expect(await bench.queue.claim(aWorker("worker-2"))).toBeUndefined();
      bench.pass(waitMs);
    }
    const last = await bench.nextRun();
    last.request.onProgress({ outTimeSeconds: 12.46, speed: 1, fps: 25, frames: 300 });
    last.fail(stalled);
    const task = await bench.until(id, "FAILED");
    const detail = `${stalled.message}, at 12.5 s (of the source "${bench.root}/in.mp4")`;
    expect(task.failure).toEqual({ code: "encoder_stalled", detail });
    expect(task.attempts.map(({ failure }) => failure?.code)).toEqual(
      Array.from({ length: QUEUE_LIMITS.attemptsMax }, () => "encoder_stalled"),
    );
  });

  test("keeps with its end what it began with, what its encoder said, and why it ended", async () => {
    const bench = await workerBench();
    const id = await bench.add();
    const run = await bench.nextRun();
    run.request.onLog("[libx264] [info] a line");
    run.fail(stalled);
    await bench.until(id, "PENDING");
    const [log] = await bench.tasks.logs("ada", id);
    expect(log?.lines).toEqual(["[libx264] [info] a line"]);
    expect(log?.decisions.map((sentence) => sentence.split(/[:,]/)[0])).toEqual([
      "Begins with the engine native",
      "The source is mov",
      "targets[0] will be mp4",
      "Runs ffmpeg (copy)",
      "Ends (encoder_stalled)",
    ]);
    expect(log?.decisions.at(-1)).toContain(stalled.message);
  });

  test("does not count runs whose failure passes by itself, holds no slot for them, and gives up after the time for it", async () => {
    const bench = await workerBench();
    const away = new TaskError("target_unreachable", "Cannot write the target: nobody answers");
    const id = await bench.add();
    for (let attempt = 1; attempt <= 2 * QUEUE_LIMITS.attemptsMax; attempt += 1) {
      (await bench.nextRun()).fail(away);
      await bench.until(
        id,
        ({ status, attempts }) => status === "PENDING" && attempts.length === attempt,
      );
      bench.pass(3_600_000 / 8);
    }
    bench.pass(3_600_000);
    (await bench.nextRun()).fail(away);
    const task = await bench.until(id, "FAILED");
    expect(task.failure?.code).toBe("target_unreachable");
  });

  test("succeeds with a later attempt", async () => {
    const bench = await workerBench();
    const id = await bench.add();
    (await bench.nextRun()).fail(stalled);
    await bench.until(id, "PENDING");
    bench.pass(2_500);
    (await bench.nextRun()).letGo();
    const task = await bench.until(id, "SUCCESS");
    expect(task.attempts).toHaveLength(2);
    expect(task.failure).toBeUndefined();
  });

  test.each(["mayPublish", "saveTarget"] as const)(
    "asks for %s until the store is free, and delivers a target once",
    async (verb) => {
      let refusals = 2;
      const bench = await workerBench({
        deps: ({ tasks }) => ({
          store: new Proxy(tasks, {
            get: (real, name: keyof typeof tasks) =>
              name !== verb
                ? real[name].bind(real)
                : async (...args: readonly unknown[]) => {
                    const isLater = name === "saveTarget" && !isDone(args[2]);
                    if (!isLater && refusals > 0) {
                      refusals -= 1;
                      throw new TaskError("service_unavailable", "Cannot write: another process");
                    }
                    return Reflect.apply(real[name], real, args);
                  },
          }),
        }),
      });
      const id = await bench.add();
      (await bench.nextRun()).letGo();
      expect(await bench.until(id, "SUCCESS")).toMatchObject({ attempt: 1 });
      expect(refusals).toBe(0);
    },
  );

  test("gives up at once where another try is in vain", async () => {
    const bench = await workerBench();
    const id = await bench.add();
    (await bench.nextRun()).fail(new TaskError("option_invalid", "Cannot encode: no"));
    const task = await bench.until(id, "FAILED");
    expect(task.failure?.code).toBe("option_invalid");
    expect(task.attempts).toHaveLength(1);
  });

  test("tells its caller nothing of what it does not know", async () => {
    const bench = await workerBench();
    const id = await bench.add();
    (await bench.nextRun()).fail(new Error("secret"));
    const task = await bench.until(id, "PENDING");
    expect(task.attempts[0]?.failure?.code).toBe("internal");
    expect(JSON.stringify(task)).not.toContain("secret");
  });

  test("goes on with the next task after one that takes every worker down", async () => {
    const bench = await workerBench();
    const poison = await bench.add({ priority: 10 });
    const next = await bench.add();
    for (let attempt = 1; attempt <= QUEUE_LIMITS.attemptsMax; attempt += 1) {
      const { request } = await bench.nextRun();
      expect(request.folder).toEndWith(`${poison}-${attempt}`);
      // As the next worker does that finds this one dead.
      await bench.queue.takeOver(WORKER_ID);
    }
    (await bench.nextRun()).letGo();
    await bench.until(next, "SUCCESS");
    expect(await bench.task(poison)).toMatchObject({
      status: "FAILED",
      failure: { code: "worker_lost" },
    });
  });
});
