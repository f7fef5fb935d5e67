import { expect, setDefaultTimeout, test } from "bun:test";
import { eventually } from "../fixtures/service.ts";
import { workerBench } from "../fixtures/worker-bench.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

test("a worker that may claim nothing finishes what runs, or hands it back, and goes on later", async () => {
  let mayClaim = true;
  const bench = await workerBench({ options: { slots: 2 }, deps: { mayClaim: () => mayClaim } });
  const { worker } = bench;
  // It has looked for tasks once.
  await eventually(() => (worker.isIdle ? true : undefined));
  const ids = [await bench.add(), await bench.add(), await bench.add()] as const;
  const runs = [await bench.nextRun(), await bench.nextRun()] as const;
  mayClaim = false;
  runs[0].letGo();
  await eventually(() => (worker.running === 1 ? true : undefined));
  expect(worker.isIdle).toBe(false);
  expect(worker.handBack()).toBe(1);
  // It ends already.
  expect(worker.handBack()).toBe(0);
  await eventually(() => (worker.isIdle ? true : undefined));
  const tasks = await Promise.all(ids.map(bench.task));
  expect(tasks.map(({ status }) => status).toSorted()).toEqual(["PENDING", "PENDING", "SUCCESS"]);
  const given = tasks.find(({ status, attempt }) => status === "PENDING" && attempt === 1);
  expect(given?.attempts[0]?.failure?.code).toBe("shutdown");
  mayClaim = true;
  bench.queue.announceWork();
  for (const run of [await bench.nextRun(), await bench.nextRun()]) run.letGo();
  for (const id of ids) await bench.until(id, "SUCCESS");
});
