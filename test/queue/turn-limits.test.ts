import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { aFailure, aWorker, createTask } from "../fixtures/store-bench.ts";
import { aClient, createMany } from "../fixtures/weighted-clients.ts";

setDefaultTimeout(60_000);

type Bench = ReturnType<typeof sqliteBench>;

const waiting = { phase: "FETCHING", speed: 0, fps: 0 } as const;

describe("the limit of running tasks", () => {
  test("leaves a client out until one of them ends, however many of its tasks are due", async () => {
    const bench = sqliteBench(":memory:", { runningMax: 2 });
    await createMany(bench, "ada", 5);
    await createMany(bench, "bob", 1);
    const claims = [];
    for (let i = 0; i < 3; i++) claims.push(await bench.queue.claim(aWorker()));
    expect(claims.map((work) => work?.task.clientCode)).toEqual(["ada", "bob", "ada"]);
    expect(await bench.queue.claim(aWorker())).toBeUndefined();
    // A worker would ask again at once if it were told of a task that it cannot take.
    expect(await bench.queue.nextDueMs(aWorker())).toBeUndefined();
    const [first] = claims;
    if (first) await bench.tasks.finish(first.claim, { status: "FAILED", failure: aFailure });
    expect((await bench.queue.claim(aWorker()))?.task.clientCode).toBe("ada");
    expect(await bench.queue.claim(aWorker())).toBeUndefined();
  });

  test("counts what the client runs anywhere", async () => {
    const bench = sqliteBench(":memory:", { runningMax: 1 });
    await createMany(bench, "ada", 2);
    expect(await bench.queue.claim(aWorker("w1"))).toBeDefined();
    expect(await bench.queue.claim(aWorker("w2"))).toBeUndefined();
  });

  test("is that of the client's record, where it has one", async () => {
    const bench = sqliteBench(":memory:", { runningMax: 2 });
    await bench.clients.seed([aClient("ada", 1, 1), aClient("bob", 1, 0)]);
    await createMany(bench, "ada", 3);
    await createMany(bench, "bob", 4);
    const claimed: (string | undefined)[] = [];
    for (let i = 0; i < 6; i++) claimed.push((await bench.queue.claim(aWorker()))?.task.clientCode);
    expect(claimed).toEqual(["ada", "bob", "bob", "bob", "bob", undefined]);
  });
});

describe("the limit of live tasks that wait for their sources", () => {
  const aLiveTask = { isLive: true, sourceUrl: "srt://:9000?mode=listener" };
  const claimUrl = async ({ queue }: Bench, workerId?: string) =>
    (await queue.claim(aWorker(workerId)))?.task.sourceUrl;

  test("leaves slots to other tasks, of the same client too, until a source has come", async () => {
    const bench = sqliteBench(":memory:", { liveWaitingMax: 2 });
    for (let i = 0; i < 3; i++) await createTask(bench, { ...aLiveTask, priority: 10 });
    const first = await bench.queue.claim(aWorker());
    expect(await claimUrl(bench)).toBe(aLiveTask.sourceUrl);
    expect(await bench.queue.claim(aWorker())).toBeUndefined();
    expect(await bench.queue.nextDueMs(aWorker())).toBeUndefined();
    await createTask(bench, { priority: -10 });
    expect(await claimUrl(bench)).toBe("file:///media/in.mp4");
    expect(await bench.queue.claim(aWorker())).toBeUndefined();
    // So says the worker while it waits.
    if (first) await bench.tasks.saveProgress(first.claim, { ...waiting, outTimeSeconds: 0 });
    expect(await bench.queue.claim(aWorker())).toBeUndefined();
    if (first) await bench.tasks.saveProgress(first.claim, { ...waiting, outTimeSeconds: 0.04 });
    expect(await claimUrl(bench)).toBe(aLiveTask.sourceUrl);
  });

  test("is that of each service", async () => {
    const bench = sqliteBench(":memory:", { liveWaitingMax: 1 });
    for (let i = 0; i < 3; i++) await createTask(bench, aLiveTask);
    expect(await claimUrl(bench, "w1")).toBe(aLiveTask.sourceUrl);
    expect(await claimUrl(bench, "w1")).toBeUndefined();
    expect(await claimUrl(bench, "w2")).toBe(aLiveTask.sourceUrl);
  });

  test("keeps the order of a client's live and other tasks where it is not reached", async () => {
    const bench = sqliteBench(":memory:", { liveWaitingMax: 9 });
    const made: string[] = [];
    for (const [isLive, priority] of [
      [false, 0],
      [true, 0],
      [false, 1],
      [true, 2],
    ] as const)
      made.push(await createTask(bench, { isLive, priority }));
    const claimed = [];
    for (const _ of made) claimed.push((await bench.queue.claim(aWorker()))?.claim.taskId);
    expect(claimed.map((id) => made.indexOf(id ?? ""))).toEqual([3, 2, 0, 1]);
  });
});
