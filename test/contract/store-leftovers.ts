import type { LeftoverStore } from "../../src/store/store.ts";
import type { Leftover } from "../../src/task/leftovers.ts";
import { taskErrorOf } from "../fixtures/failure-of.ts";
import {
  aFailure,
  aTargetOf,
  createTask,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<StoreBench & { readonly leftovers: LeftoverStore }>;

/** Ends a task on these targets so that it may have left something there. */
async function leaveAt(bench: StoreBench, ...names: readonly string[]): Promise<string> {
  const { claim } = await startTask(bench, { targets: names.map(aTargetOf) });
  await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
  return claim.taskId;
}

/** What holds for every list of targets to clear up. */
export function leftoverStoreContract(name: string, make: Make, harness: Harness): void {
  const { describe, test, expect } = harness;
  const urlsOf = (left: readonly Leftover[]) => left.map(({ url }) => url);
  const urlOf = (target: string) => aTargetOf(target).url;

  describe(name, () => {
    test("lists what calls put in once it is due, unless a task writes there", async () => {
      const { leftovers, clock, ...bench } = await make();
      const left = { taskId: "0197a2c4-5b1e-7c3a-9d52-6f0e8a1b2c3d", ...aTargetOf("up") };
      await leftovers.add(left, clock.nowMs + 10);
      expect(await leftovers.due(clock.nowMs + 9, 9)).toEqual([]);
      const [due] = await leftovers.due(clock.nowMs + 10, 9);
      expect(due).toMatchObject({ taskId: left.taskId, url: left.url, attempt: 1, tries: 0 });
      await createTask({ leftovers, clock, ...bench } as StoreBench, {
        targets: [aTargetOf("up")],
      });
      expect(await leftovers.due(clock.nowMs + 10, 9)).toEqual([]);
      const other = await leftovers.add({ ...left, ...aTargetOf("other") }, clock.nowMs);
      expect(urlsOf(await leftovers.due(clock.nowMs, 9))).toEqual([urlOf("other")]);
      await leftovers.done(other);
      expect(await leftovers.due(clock.nowMs, 9)).toEqual([]);
    });

    test("lists the targets of a task that ended, until each is done", async () => {
      const bench = await make();
      const { leftovers, clock } = bench;
      expect(await leftovers.due(clock.nowMs, 9)).toEqual([]);
      const taskId = await leaveAt(bench, "a", "b");
      const due = await leftovers.due(clock.nowMs, 9);
      expect(urlsOf(due).sort()).toEqual([urlOf("a"), urlOf("b")]);
      for (const left of due) expect(left).toMatchObject({ taskId, attempt: 1, tries: 0 });
      expect(await leftovers.due(clock.nowMs, 1)).toHaveLength(1);
      for (const left of due) await leftovers.done(left);
      expect(await leftovers.due(clock.nowMs, 9)).toEqual([]);
    });

    test("lists what is to be tried again when its time has come, the longest due first", async () => {
      const bench = await make();
      const { leftovers, clock } = bench;
      await leaveAt(bench, "a");
      const [first] = await leftovers.due(clock.nowMs, 9);
      if (first) await leftovers.later(first, clock.nowMs + 1000);
      await leaveAt(bench, "b");
      expect(urlsOf(await leftovers.due(clock.nowMs + 999, 9))).toEqual([urlOf("b")]);
      const both = await leftovers.due(clock.nowMs + 1000, 9);
      expect(both.map(({ url, tries }) => [url, tries])).toEqual([
        [urlOf("b"), 0],
        [urlOf("a"), 1],
      ]);
    });

    test("leaves out a target that an unfinished task writes to, until that has ended", async () => {
      const bench = await make();
      const { leftovers, clock } = bench;
      await leaveAt(bench, "a");
      const [left] = await leftovers.due(clock.nowMs, 9);
      if (!left) throw new Error("Expected something to clear up, but there is nothing");
      await leftovers.mayTidy(left);
      const id = await createTask(bench, { targets: [aTargetOf("a")] });
      expect(await leftovers.due(clock.nowMs, 9)).toEqual([]);
      expect((await taskErrorOf(leftovers.mayTidy(left))).code).toBe("task_conflict");
      await bench.tasks.cancel("ada", id);
      await leftovers.mayTidy(left);
      expect(urlsOf(await leftovers.due(clock.nowMs, 9))).toEqual([urlOf("a")]);
    });

    test("keeps what is left when its task is deleted", async () => {
      const bench = await make();
      const { leftovers, tasks, clock } = bench;
      await tasks.remove("ada", await leaveAt(bench, "a"));
      clock.nowMs += 600_000;
      expect(await tasks.purge()).toBeGreaterThan(0);
      expect(urlsOf(await leftovers.due(clock.nowMs, 9))).toEqual([urlOf("a")]);
    });
  });
}
