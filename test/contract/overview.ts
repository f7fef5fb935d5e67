import type { Overview, TasksQuery } from "../../src/overview/overview.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import {
  aFailure,
  anOutput,
  claimTask,
  createTask,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<
  StoreBench & {
    readonly overview: Overview;
    /** Makes many tasks like a pending one, with no metadata, where that is quicker than to create each. */
    readonly copyTask?: (id: string, copies: number) => Promise<void>;
  }
>;
type Bench = Awaited<ReturnType<Make>>;

const HOUR_MS = 3_600_000;

/** Ends the next task. */
async function endTask(bench: Bench, code?: "deadline" | "source_missing"): Promise<void> {
  const { claim } = await claimTask(bench);
  const outcome = code
    ? ({ status: "FAILED", failure: { code, detail: "x" } } as const)
    : ({ status: "SUCCESS" } as const);
  if (!code) await bench.tasks.saveTarget(claim, 0, { status: "SUCCESS", output: anOutput });
  await bench.tasks.finish(claim, outcome);
}

/** Tasks of two clients, an hour apart, in all states, the newest last. */
async function aDay(bench: Bench) {
  const make = (clientCode: string, order: string, profileName = "video_mp4_640x360_520kbps") => {
    bench.clock.nowMs += HOUR_MS;
    return createTask(bench, { clientCode, profileName, metadata: { order } });
  };
  const done = await make("ada", "1");
  await endTask(bench);
  const late = await make("bob", "2");
  await endTask(bench, "deadline");
  const missing = await make("ada", "3", "audio_mp3_128kbps");
  await endTask(bench, "source_missing");
  const cancelled = await make("bob", "4");
  await bench.tasks.cancel("bob", cancelled);
  const runs = await make("ada", "5");
  await claimTask(bench, "worker-7");
  const waits = await make("bob", "6");
  const { claim } = await claimTask(bench);
  const notBeforeMs = bench.clock.nowMs + 1000;
  await bench.queue.giveBack(claim, { failure: aFailure, notBeforeMs, counts: true });
  const pending = await make("ada", "7");
  return { done, late, missing, cancelled, runs, waits, pending };
}

/** All that a query finds, page by page. */
async function allOf(overview: Overview, query: Partial<TasksQuery>): Promise<readonly string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await overview.tasks({ limit: 2, ...query, ...(cursor && { cursor }) });
    found.push(...page.tasks.map(({ task }) => task.id));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

/** What holds for what operators see of the tasks of all clients. */
export function overviewContract(name: string, make: Make, harness: Harness): void {
  const { describe, test, expect } = harness;

  describe(name, () => {
    test("lists the tasks of all clients, newest first, by each filter and several together", async () => {
      const bench = await make();
      const { overview } = bench;
      const { done, late, missing, cancelled, runs, waits, pending } = await aDay(bench);
      const all = [pending, waits, runs, cancelled, missing, late, done];
      const { createMs: lateMs } = (await overview.task(late)).task;
      const cases: readonly (readonly [Partial<TasksQuery>, readonly string[]])[] = [
        [{}, all],
        [{ limit: 100 }, all],
        [{ statuses: ["PENDING"] }, [pending, waits]],
        [{ statuses: ["RUNNING"] }, [runs]],
        [{ statuses: ["FAILED", "CANCELLED"] }, [cancelled, missing, late]],
        [{ statuses: ["PENDING", "FAILED", "RUNNING"] }, [pending, waits, runs, missing, late]],
        [{ statuses: ["SUCCESS", "FAILED"] }, [missing, late, done]],
        [{ codes: ["deadline", "worker_lost"] }, [late]],
        [{ statuses: ["FAILED"], codes: ["source_missing"] }, [missing]],
        [{ clientCode: "bob" }, [waits, cancelled, late]],
        [{ clientCode: "ada", statuses: ["PENDING", "SUCCESS"] }, [pending, done]],
        [{ clientCode: "eve" }, []],
        [{ profileName: "audio_mp3_128kbps" }, [missing]],
        [{ metadata: { order: "5" } }, [runs]],
        [{ metadata: { order: "5", other: "" } }, []],
        [{ createdBeforeMs: lateMs }, [done]],
        [{ createdAfterMs: lateMs }, [pending, waits, runs, cancelled, missing]],
        [{ createdAfterMs: lateMs - 1, createdBeforeMs: lateMs + 1 }, [late]],
        [{ createdAfterMs: lateMs, statuses: ["FAILED"] }, [missing]],
        [{ createdBeforeMs: lateMs + 1, clientCode: "bob" }, [late]],
      ];
      for (const [query, expected] of cases)
        expect([query, await allOf(overview, query)]).toEqual([query, [...expected]]);
    });

    test("shows a task of any client with who runs it, and none that was deleted", async () => {
      const bench = await make();
      const { overview, tasks } = bench;
      const { runs, done } = await aDay(bench);
      expect(await overview.task(runs)).toMatchObject({
        task: { id: runs, clientCode: "ada", status: "RUNNING" },
        workerId: "worker-7",
      });
      const page = await overview.tasks({ statuses: ["RUNNING"], limit: 1 });
      expect(page.tasks).toEqual([await overview.task(runs)]);
      expect(await overview.task(done)).not.toHaveProperty("workerId", "worker-7");
      await tasks.remove("ada", done);
      for (const id of [done, "0"])
        expect((await taskErrorOf(overview.task(id))).code).toBe("no_such_task");
      expect(await allOf(overview, {})).not.toContain(done);
    });

    test("goes on below a task that was deleted since, and refuses what is no cursor", async () => {
      const bench = await make();
      const { overview, tasks } = bench;
      const { late, missing, done } = await aDay(bench);
      const failed = { statuses: ["FAILED"], limit: 1 } as const;
      const { nextCursor = "" } = await overview.tasks(failed);
      await tasks.remove("ada", missing);
      const next = await overview.tasks({ ...failed, cursor: nextCursor });
      expect(next.tasks.map(({ task }) => task.id)).toEqual([late]);
      expect(next.nextCursor).toBeUndefined();
      const below = await overview.tasks({ limit: 9, cursor: late });
      expect(below.tasks.map(({ task }) => task.id)).toEqual([done]);
      for (const cursor of ["x", `${late}'`, ""])
        expect((await taskErrorOf(overview.tasks({ limit: 1, cursor }))).code).toBe(
          "invalid_parameter",
        );
    });

    test("looks at a bounded number of tasks a page, and goes on from there", async () => {
      const bench = await make();
      const { overview } = bench;
      const first = await createTask(bench, { metadata: { rare: "yes" } });
      if (bench.copyTask) await bench.copyTask(first, 10_500);
      else
        for (let batch = 0; batch < 21; batch++)
          await Promise.all(Array.from({ length: 500 }, () => createTask(bench)));
      const query = { metadata: { rare: "yes" }, limit: 5 };
      const page = await overview.tasks(query);
      expect(page.tasks).toEqual([]);
      const next = await overview.tasks({ ...query, cursor: page.nextCursor ?? "" });
      expect(next.tasks.map(({ task }) => task.id)).toEqual([first]);
      expect(next.nextCursor).toBeUndefined();
      expect(await allOf(overview, { statuses: ["PENDING"], limit: 100 })).toHaveLength(10_501);
    });

    test("tells how the queue stands, of all and of each client", async () => {
      const bench = await make();
      const { overview, clock } = bench;
      expect(await overview.queue(9)).toEqual({ pending: 0, waiting: 0, running: 0, clients: [] });
      const { runs, waits, pending } = await aDay(bench);
      const createdAt = async (id: string) => (await overview.task(id)).task.createMs;
      const dueMs = (await createdAt(waits)) + 1000;
      expect(await overview.queue(9)).toEqual({
        pending: 2,
        waiting: 1,
        running: 1,
        oldestPendingMs: await createdAt(waits),
        oldestRunMs: await createdAt(runs),
        nextDueMs: dueMs,
        clients: [
          { clientCode: "ada", pending: 1, running: 1, oldestPendingMs: await createdAt(pending) },
          { clientCode: "bob", pending: 1, running: 0, oldestPendingMs: await createdAt(waits) },
        ],
      });
      await createTask(bench, { clientCode: "bob" });
      const { clients } = await overview.queue(1);
      expect(clients.map(({ clientCode }) => clientCode)).toEqual(["bob"]);
      clock.nowMs += HOUR_MS;
      expect((await overview.queue(1)).pending).toBe(3);
    });

    test("names the instances that hold tasks", async () => {
      const bench = await make();
      const { overview, clock } = bench;
      expect(await overview.instances()).toEqual([]);
      await aDay(bench);
      clock.nowMs += HOUR_MS;
      await startTask(bench, { isLive: true });
      const found = (await overview.instances()).toSorted((a, b) =>
        a.workerId < b.workerId ? -1 : 1,
      );
      expect(found).toMatchObject([
        { workerId: "worker-1", running: 1 },
        { workerId: "worker-7", running: 1, live: 0 },
      ]);
      expect(found[0]?.leaseUntilMs).toBeGreaterThan(clock.nowMs);
      expect(found[1]?.leaseUntilMs).toBeLessThan(clock.nowMs);
    });
  });
}
