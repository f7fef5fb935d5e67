import type { TurnLimits } from "../../src/queue/turns.ts";
import { aFailure, aWorker, createTask, type StoreBench } from "../fixtures/store-bench.ts";
import { aClient, createMany } from "../fixtures/weighted-clients.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = (limits?: Partial<TurnLimits>) => Promise<StoreBench>;

/** How every queue shares slots between clients. */
export function turnsContract(name: string, make: Make, harness: Harness): void {
  harness.describe(name, () => {
    sharing(make, harness);
    limitingRunning(make, harness);
    limitingLive(make, harness);
  });
}

/** Claims a task and ends it at once; its client, or undefined where there is nothing to claim. */
async function serveOne({ queue, tasks }: StoreBench): Promise<string | undefined> {
  const work = await queue.claim(aWorker());
  if (work) await tasks.finish(work.claim, { status: "FAILED", failure: aFailure });
  return work?.task.clientCode;
}

async function serve(bench: StoreBench, number: number): Promise<readonly (string | undefined)[]> {
  const served: (string | undefined)[] = [];
  for (let i = 0; i < number; i++) served.push(await serveOne(bench));
  return served;
}

function sharing(make: Make, { describe, test, expect }: Harness): void {
  describe("turns", () => {
    test("serve one that comes anew at once and again in turn, not behind the urgent tasks of another", async () => {
      const bench = await make();
      await createMany(bench, "ada", 30, 10);
      await serve(bench, 20);
      await createMany(bench, "bob", 3);
      expect(await serve(bench, 7)).toEqual(["bob", "ada", "bob", "ada", "bob", "ada", "ada"]);
    });
    test("give shares of 1 and 3 to weights of 1 and 3", async () => {
      const bench = await make();
      await bench.clients.seed([aClient("ada", 1), aClient("bob", 3)]);
      await createMany(bench, "ada", 60, 10);
      await createMany(bench, "bob", 60);
      const served = await serve(bench, 40);
      expect(served.filter((client) => client === "ada")).toHaveLength(10);
      expect(served.filter((client) => client === "bob")).toHaveLength(30);
    });

    test("save nothing up: a client that was away gets no more than its share afterwards", async () => {
      const bench = await make();
      await createMany(bench, "ada", 130);
      await createMany(bench, "bob", 1);
      await serve(bench, 100);
      await createMany(bench, "bob", 30);
      const served = await serve(bench, 20);
      expect(served.filter((client) => client === "bob")).toHaveLength(10);
    });

    test("forgive only as others are served: one that comes for each slot gets its share alone", async () => {
      const bench = await make();
      await bench.clients.seed([aClient("ada", 3), aClient("bob", 1)]);
      await createMany(bench, "ada", 60);
      let bobs = 0;
      for (let slot = 0; slot < 40; slot++) {
        if ((await bench.tasks.list("bob", { status: "PENDING", limit: 1 })).tasks.length === 0)
          await createMany(bench, "bob", 1, 10);
        if ((await serveOne(bench)) === "bob") bobs++;
      }
      expect(bobs).toBe(10);
    });

    test("serve all in a round where they owe the same", async () => {
      const bench = await make();
      // More than are looked at for one turn.
      const codes = Array.from({ length: 40 }, (_, at) => `client-${at}`);
      for (const code of codes) await createMany(bench, code, 2);
      for (let round = 0; round < 2; round++) expect(new Set(await serve(bench, 40)).size).toBe(40);
      expect(await serve(bench, 1)).toEqual([undefined]);
    });
  });
}

function limitingRunning(make: Make, { describe, test, expect }: Harness): void {
  describe("the limit of running tasks", () => {
    test("leaves a client out until one of them ends, however many of its tasks are due", async () => {
      const bench = await make({ runningMax: 2 });
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
      const bench = await make({ runningMax: 1 });
      await createMany(bench, "ada", 2);
      expect(await bench.queue.claim(aWorker("w1"))).toBeDefined();
      expect(await bench.queue.claim(aWorker("w2"))).toBeUndefined();
    });

    test("is that of the client's record, where it has one", async () => {
      const bench = await make({ runningMax: 2 });
      await bench.clients.seed([aClient("ada", 1, 1), aClient("bob", 1, 0)]);
      await createMany(bench, "ada", 3);
      await createMany(bench, "bob", 4);
      const claimed: (string | undefined)[] = [];
      for (let i = 0; i < 6; i++)
        claimed.push((await bench.queue.claim(aWorker()))?.task.clientCode);
      expect(claimed).toEqual(["ada", "bob", "bob", "bob", "bob", undefined]);
    });
  });
}

const waiting = { phase: "FETCHING", speed: 0, fps: 0 } as const;

function limitingLive(make: Make, { describe, test, expect }: Harness): void {
  describe("the limit of live tasks that wait for their sources", () => {
    const aLiveTask = { isLive: true, sourceUrl: "srt://:9000?mode=listener" };
    const claimUrl = async ({ queue }: StoreBench, workerId?: string) =>
      (await queue.claim(aWorker(workerId)))?.task.sourceUrl;

    test("leaves slots to other tasks, of the same client too, until a source has come", async () => {
      const bench = await make({ liveWaitingMax: 2 });
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
      const bench = await make({ liveWaitingMax: 1 });
      for (let i = 0; i < 3; i++) await createTask(bench, aLiveTask);
      expect(await claimUrl(bench, "w1")).toBe(aLiveTask.sourceUrl);
      expect(await claimUrl(bench, "w1")).toBeUndefined();
      expect(await claimUrl(bench, "w2")).toBe(aLiveTask.sourceUrl);
    });

    test("keeps the order of a client's live and other tasks where it is not reached", async () => {
      const bench = await make({ liveWaitingMax: 9 });
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
}
