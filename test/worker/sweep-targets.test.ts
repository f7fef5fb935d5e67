import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import type { Storage } from "../../src/storage/storage.ts";
import { SqliteLeftoverStore } from "../../src/store/leftovers.ts";
import { sweepTargets } from "../../src/worker/sweep-targets.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import { eventually } from "../fixtures/service.ts";
import { sqliteBench } from "../fixtures/sqlite-bench.ts";
import { aFailure, claimTask, createTask } from "../fixtures/store-bench.ts";

setDefaultTimeout(60_000);

/** A target that accepts calls and never answers. */
const HANGING = "https://hanging.test/out.mp4";

/** Stores with a task that lost its worker and was cancelled then, and what its storage was asked to sweep. */
async function aBench(changes: Parameters<typeof createTask>[1] = {}) {
  const bench = sqliteBench();
  const { leftovers } = bench;
  const id = await createTask(bench, changes);
  await claimTask(bench, "dead");
  await bench.queue.takeOver("dead");
  expect(await leftovers.due(bench.clock.nowMs, 10)).toEqual([]);
  await bench.tasks.cancel("ada", id);
  const asked: unknown[] = [];
  const state = { isAway: false };
  const hanging = Promise.withResolvers<AbortSignal>();
  const storage = {
    sweep: async (
      url: string,
      left: unknown,
      { mayTidy, signal }: { mayTidy: () => Promise<void>; signal: AbortSignal },
    ) => {
      asked.push([url, left]);
      await mayTidy();
      if (url === HANGING) {
        hanging.resolve(signal);
        await once(signal, "abort");
        signal.throwIfAborted();
      }
      if (state.isAway) throw new Error("away");
    },
  } as unknown as Storage;
  const now = () => bench.clock.nowMs;
  const parts = { leftovers, storageOf: () => storage, now };
  const sweep = (signal = new AbortController().signal) => sweepTargets(parts, signal);
  return { ...bench, id, asked, state, hanging: hanging.promise, sweep };
}

describe("sweepTargets", () => {
  test("clears up once after a task that was cancelled between two runs", async () => {
    const bench = await aBench();
    const [target] = (await bench.tasks.get("ada", bench.id)).targets;
    await bench.sweep();
    await bench.sweep();
    expect(bench.asked).toEqual([[target?.url, { stem: bench.id.slice(-12), attempt: 1 }]]);
    expect(await bench.leftovers.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });

  test("tries again later at a target that is away, and the list outlives a restart", async () => {
    const bench = await aBench();
    bench.state.isAway = true;
    await bench.sweep();
    await bench.sweep();
    expect(bench.asked).toHaveLength(1);
    const again = new SqliteLeftoverStore(bench.database);
    bench.clock.nowMs += 10_000;
    expect(await again.due(bench.clock.nowMs, 10)).toMatchObject([{ taskId: bench.id, tries: 1 }]);
    bench.state.isAway = false;
    await bench.sweep();
    expect(bench.asked).toHaveLength(2);
    expect(await again.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });

  test("gives up a target that is away for about a week", async () => {
    const bench = await aBench();
    bench.state.isAway = true;
    const beganMs = bench.clock.nowMs;
    const isListed = async () =>
      (await bench.leftovers.due(Number.MAX_SAFE_INTEGER, 10)).length > 0;
    const days = () => (bench.clock.nowMs - beganMs) / 86_400_000;
    while (days() < 8 && (await isListed())) {
      await bench.sweep();
      bench.clock.nowMs += 1_800_000;
    }
    expect(days()).toBeGreaterThan(6);
    expect(await isListed()).toBeFalse();
  });

  test("clears up once after a task that was retried, and left something again", async () => {
    const bench = await aBench();
    await bench.tasks.retry("ada", bench.id);
    const { claim } = await claimTask(bench);
    await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
    const left = await bench.leftovers.due(bench.clock.nowMs, 10);
    expect(left.map(({ taskId, attempt }) => [taskId, attempt])).toEqual([[bench.id, 2]]);
  });

  test("leaves a target alone that another task writes to, until that has ended", async () => {
    const bench = await aBench();
    const [left] = await bench.leftovers.due(bench.clock.nowMs, 10);
    if (!left) throw new Error("nothing is left");
    await bench.leftovers.mayTidy(left);
    await bench.tasks.retry("ada", bench.id);
    await bench.sweep();
    expect(bench.asked).toEqual([]);
    expect((await taskErrorOf(bench.leftovers.mayTidy(left))).code).toBe("task_conflict");
    const { claim } = await claimTask(bench);
    await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
    await bench.sweep();
    expect(bench.asked.length).toBeGreaterThan(0);
  });

  test("is held up by no target that hangs, ends at once where the service stops, and leaves the list as it is", async () => {
    const targets = [HANGING, "https://there.test/out.mp4"].map((url) => ({ url, key: url }));
    const bench = await aBench({ targets });
    const stopping = new AbortController();
    const swept = bench.sweep(stopping.signal);
    await bench.hanging;
    const left = async () =>
      (await bench.leftovers.due(bench.clock.nowMs, 10)).map(({ url, tries }) => [url, tries]);
    await eventually(async () => (await left()).length < 2 || undefined);
    stopping.abort();
    await swept;
    expect(await left()).toEqual([[HANGING, 0]]);
  });
});
