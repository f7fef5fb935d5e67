import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Queue } from "../../src/queue/queue.ts";
import { eventually } from "../fixtures/service.ts";
import { aWorker, claimTask, QUEUE_LIMITS, type StoreBench } from "../fixtures/store-bench.ts";
import { type BenchOptions, WORKER_ID, workerBench } from "../fixtures/worker-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** A queue of which single calls are listened to or spoiled. */
const withCalls = (queue: Queue, calls: Partial<Queue>): Queue =>
  new Proxy(queue, {
    // Its methods read private fields, so they are called on the queue itself.
    get: (real, name: keyof Queue) => calls[name] ?? real[name]?.bind(real),
  });

/** A worker over a queue that counts how often each lease was renewed. */
async function countingBench(options?: Pick<BenchOptions, "endsLate" | "options">) {
  const beats = { count: 0 };
  const bench = await workerBench({
    ...options,
    deps: ({ queue }) => ({
      queue: withCalls(queue, {
        heartbeat: async (claim) => {
          const pulse = await queue.heartbeat(claim);
          beats.count += 1;
          return pulse;
        },
      }),
    }),
  });
  /** Resolves when all that runs has been renewed at the time that the clock shows now. */
  const nextBeat = async () => {
    const before = beats.count;
    // One may be under way that has read the clock before.
    await eventually(() => (beats.count >= before + 2 ? true : undefined));
  };
  return { ...bench, nextBeat };
}

describe("Worker", () => {
  test("claims as many at a time as it has free slots, where its queue can", async () => {
    const asked: number[] = [];
    const { worker, ...bench } = await workerBench({
      options: { slots: 3 },
      deps: ({ queue }) => ({
        queue: withCalls(queue, {
          claimMany: async (self, max) => {
            asked.push(max);
            const works = [await queue.claim(self), await queue.claim(self)];
            return works.filter((work) => work !== undefined);
          },
        }),
      }),
    });
    // It finds nothing at its start.
    await eventually(() => asked[0]);
    await Promise.all([bench.add(), bench.add()]);
    await eventually(() => (worker.running === 2 ? true : undefined));
    for (const run of [await bench.nextRun(), await bench.nextRun()]) run.letGo();
    await eventually(() => (worker.running === 0 ? true : undefined));
    expect(Math.max(...asked)).toBe(3);
    expect(asked).toContain(1);
  });

  test("runs a task from its claim to its delivery, and leaves nothing in scratch", async () => {
    const bench = await workerBench();
    const id = await bench.add();
    const run = await bench.nextRun();
    expect(await bench.task(id)).toMatchObject({ status: "RUNNING", attempt: 1 });
    expect(bench.worker.running).toBe(1);
    run.letGo();
    const task = await bench.until(id, "SUCCESS");
    expect(task.targets[0]).toMatchObject({
      status: "SUCCESS",
      output: { container: "mp4", video: { codec: "h264" } },
    });
    const { size } = await stat(join(bench.root, "out-1.mp4"));
    expect(task.targets[0]?.output?.sizeBytes).toBe(size);
    expect(await readdir(bench.scratch)).toEqual([]);
    await eventually(() => (bench.worker.running === 0 ? true : undefined));
  });

  test("runs as many tasks at once as it has slots, and the next when one has ended", async () => {
    const bench = await workerBench({ options: { slots: 2 } });
    const ids = [await bench.add(), await bench.add(), await bench.add()] as const;
    const runs = [await bench.nextRun(), await bench.nextRun()];
    expect(await bench.queue.depth()).toEqual({ pending: 1, running: 2 });
    expect(bench.worker.running).toBe(bench.worker.slots);
    for (const run of runs) run.letGo();
    for (const id of ids.slice(0, 2)) await bench.until(id, "SUCCESS");
    (await bench.nextRun()).letGo();
    await bench.until(ids[2], "SUCCESS");
  });

  test("goes on after the queue has failed", async () => {
    const broken = { claims: 0 };
    const bench = await workerBench({
      deps: ({ queue }) => ({
        queue: withCalls(queue, {
          claim: (worker) => {
            broken.claims += 1;
            return broken.claims === 1
              ? Promise.reject(new Error("the disk is full"))
              : queue.claim(worker);
          },
        }),
      }),
    });
    const id = await bench.add();
    (await bench.nextRun()).letGo();
    await bench.until(id, "SUCCESS");
    expect(broken.claims).toBeGreaterThan(1);
  });

  test("refuses tasks where there is no disk and the engine needs one", async () => {
    const bench = await workerBench({ options: { scratch: undefined } });
    const id = await bench.add();
    const task = await eventually(async () => {
      const now = await bench.task(id);
      return now.attempts[0]?.failure && now;
    });
    expect(task.attempts[0]?.failure?.code).toBe("encoder_missing");
  });

  test("ends a run that takes too long", async () => {
    const bench = await workerBench({ options: { taskTimeoutMs: 500 } });
    const id = await bench.add();
    const task = await bench.until(id, "FAILED");
    expect(task.failure).toEqual({
      code: "deadline",
      detail: `Cannot finish in time: the limit is 0.5 s (of the source "${bench.root}/in.mp4")`,
    });
  });
});

describe("Worker that holds a lease", () => {
  test("renews it as long as the task runs", async () => {
    const bench = await countingBench();
    const id = await bench.add();
    const run = await bench.nextRun();
    for (let i = 0; i < 3; i += 1) {
      bench.clock.nowMs += QUEUE_LIMITS.leaseMs - 1;
      await bench.nextBeat();
    }
    expect(await bench.queue.expireLeases()).toBe(0);
    run.letGo();
    expect((await bench.until(id, "SUCCESS")).attempts).toHaveLength(1);
  });

  test("ends its run once another has taken the task over, and writes nothing of it", async () => {
    const bench = await workerBench();
    const id = await bench.add();
    const { signal } = await bench.nextRun();
    await bench.queue.takeOver(WORKER_ID);
    const other = await claimTask(bench, "worker-2");
    expect(other.claim).toMatchObject({ taskId: id, attempt: 2 });
    await eventually(() => (bench.worker.running === 0 ? true : undefined));
    expect(signal.reason).toMatchObject({ code: "lease_lost" });
    const task = await bench.task(id);
    expect(task).toMatchObject({ status: "RUNNING", attempt: 2 });
    expect(task.attempts[0]?.failure?.code).toBe("worker_lost");
    expect(await bench.queue.heartbeat(other.claim)).toBe("held");
    expect(await readdir(bench.scratch)).toEqual([]);
  });

  test("renews that of its own later run while the one before it still ends", async () => {
    const bench = await countingBench({ endsLate: true, options: { slots: 2 } });
    const id = await bench.add();
    const first = await bench.nextRun();
    await bench.queue.takeOver(WORKER_ID);
    bench.pass(60_000);
    const second = await bench.nextRun();
    expect(first.signal.reason).toMatchObject({ code: "lease_lost" });
    expect(bench.worker.running).toBe(2);
    for (let i = 0; i < 2; i += 1) {
      bench.clock.nowMs += QUEUE_LIMITS.leaseMs - 1;
      // Of each of the two runs.
      for (const _ of [first, second]) await bench.nextBeat();
    }
    expect(await bench.task(id)).toMatchObject({ status: "RUNNING", attempt: 2 });
    first.letGo();
    await eventually(() => (bench.worker.running === 1 ? true : undefined));
    bench.queue.announceCancel(id);
    await eventually(() => (second.signal.aborted ? true : undefined));
    expect(second.signal.reason).toMatchObject({ code: "cancelled" });
    second.letGo();
    await eventually(() => (bench.worker.running === 0 ? true : undefined));
  });

  test("takes up what another let run out", async () => {
    const bench = await workerBench({ options: { slots: 0 } });
    const id = await bench.add();
    await claimTask(bench, "worker-2");
    bench.clock.nowMs += QUEUE_LIMITS.leaseMs;
    const task = await bench.until(id, "PENDING");
    expect(task.attempts[0]?.failure?.code).toBe("worker_lost");
  });
});

describe("Worker that has neighbours", () => {
  test("looks for dead ones again and again, and takes up what they had at once", async () => {
    let isDead = false;
    const recovered = (bench: StoreBench) => async () => {
      if (!isDead) return 0;
      isDead = false;
      return await bench.queue.takeOver("dead");
    };
    const bench = await workerBench({
      deps: (stores) => ({ recover: recovered(stores) }),
      options: { slots: 0 },
    });
    const id = await bench.add();
    await bench.queue.claim({ id: "dead", engine: "native" });
    isDead = true;
    const task = await bench.until(id, "PENDING");
    expect(task.attempts[0]?.failure?.code).toBe("worker_lost");
    isDead = true;
    await eventually(() => (isDead ? undefined : true));
  });
});

describe("Worker.stop()", () => {
  test("gives running tasks back, undiminished and due at once, and claims no more", async () => {
    const bench = await workerBench();
    const id = await bench.add();
    const waiting = await bench.add();
    const { signal } = await bench.nextRun();
    await bench.worker.stop();
    expect(signal.reason).toMatchObject({ code: "shutdown" });
    expect(await bench.task(id)).toMatchObject({
      status: "PENDING",
      attempts: [{ failure: { code: "shutdown" } }],
    });
    expect((await bench.task(waiting)).attempts).toEqual([]);
    const work = await bench.queue.claim(aWorker("worker-2"));
    expect(work).toMatchObject({ claim: { taskId: id, attempt: 2 }, failures: 0 });
    expect(bench.worker.running).toBe(0);
  });

  test("keeps leases until the last run has ended", async () => {
    const bench = await countingBench({ endsLate: true });
    const id = await bench.add();
    const run = await bench.nextRun();
    const stopped = bench.worker.stop();
    expect(run.signal.aborted).toBeTrue();
    for (let i = 0; i < 2; i += 1) {
      bench.clock.nowMs += QUEUE_LIMITS.leaseMs - 1;
      await bench.nextBeat();
    }
    expect(await bench.task(id)).toMatchObject({ status: "RUNNING", attempt: 1 });
    run.letGo();
    await stopped;
    expect(await bench.task(id)).toMatchObject({
      status: "PENDING",
      attempts: [{ failure: { code: "shutdown" } }],
    });
  });

  test("waits for no target that is being cleared up", async () => {
    const asked = Promise.withResolvers<void>();
    const sweep = async (signal: AbortSignal) => {
      asked.resolve();
      await once(signal, "abort");
    };
    const bench = await workerBench({ deps: { sweep } });
    await asked.promise;
    await bench.worker.stop();
  });

  test("resolves where nothing runs, and when it is called again", async () => {
    const bench = await workerBench();
    await bench.worker.stop();
    await bench.worker.stop();
    await bench.add();
    expect(await bench.queue.depth()).toEqual({ pending: 1, running: 0 });
  });
});
