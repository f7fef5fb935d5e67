import { taskErrorOf } from "../fixtures/failure-of.ts";
import {
  aFailure,
  aNewTask,
  anAdmission,
  aTargetOf,
  createTask,
  eventTypes,
  RETENTION_MS,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<StoreBench>;

/** Longer than the rows of a task stay that was deleted. */
const LATER_MS = 600_000;

/** A task that has ended: created, started, ended, with a log of its run. */
async function anEnded(bench: StoreBench): Promise<string> {
  const { claim } = await startTask(bench);
  await bench.tasks.saveLog(claim, { lines: ["a line"], decisions: [] });
  await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
  return claim.taskId;
}

/** How every task store lets tasks go: those that a client deletes, and those that have ended long ago. */
export function removingTasks(make: Make, harness: Harness): void {
  deleting(make, harness);
  expiring(make, harness);
}

function deleting(make: Make, { describe, test, expect }: Harness): void {
  describe("remove()", () => {
    test("takes a task that has ended from every call, and later its rows", async () => {
      const bench = await make();
      const id = await anEnded(bench);
      const other = await createTask(bench);
      await bench.tasks.remove("ada", id);
      const { tasks: store } = bench;
      for (const call of [
        () => store.get("ada", id),
        () => store.cancel("ada", id),
        () => store.retry("ada", id),
        () => store.remove("ada", id),
        () => store.events("ada", id, { afterSequence: 0, limit: 9 }),
      ])
        expect((await taskErrorOf(call())).code).toBe("no_such_task");
      const { tasks } = await bench.tasks.list("ada", { limit: 9 });
      expect(tasks.map((task) => task.id)).toEqual([other]);
      // Until its rows are gone, upkeep knows that it has ended and removes its files.
      expect(await bench.tasks.purge()).toBe(0);
      expect(await bench.tasks.ended([id])).toEqual([id]);
      bench.clock.nowMs += LATER_MS;
      expect(await bench.tasks.purge()).toBe(1 + 1 + 4);
      expect(await bench.tasks.ended([id])).toEqual([]);
      expect(await eventTypes(bench, other)).toEqual(["created"]);
    });

    test("is refused while the task may still run, and to another client", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      const running = await taskErrorOf(bench.tasks.remove("ada", claim.taskId));
      expect([running.code, running.message]).toEqual([
        "task_conflict",
        `Cannot delete task "${claim.taskId}": it is RUNNING`,
      ]);
      const pending = await createTask(bench);
      expect((await taskErrorOf(bench.tasks.remove("ada", pending))).code).toBe("task_conflict");
      await bench.tasks.cancel("ada", pending);
      expect((await taskErrorOf(bench.tasks.remove("bob", pending))).code).toBe("no_such_task");
      expect((await bench.tasks.get("ada", pending)).status).toBe("CANCELLED");
    });

    test("frees the idempotency key, and holds no target", async () => {
      const bench = await make();
      const idempotency = { key: "k", bodyDigest: "d" };
      const targets = [aTargetOf("same")];
      const create = () => bench.tasks.create(aNewTask({ targets }), anAdmission({ idempotency }));
      const first = await create();
      await bench.tasks.cancel("ada", first);
      expect(await create()).toBe(first);
      await bench.tasks.remove("ada", first);
      expect(await bench.tasks.findByIdempotency("ada", idempotency)).toBeUndefined();
      const second = await create();
      expect(second).not.toBe(first);
      expect(await bench.tasks.findByIdempotency("ada", idempotency)).toBe(second);
      bench.clock.nowMs += LATER_MS;
      await bench.tasks.purge();
      expect(await create()).toBe(second);
    });

    test("leaves cursors of lists as they are, whichever tasks of a page are gone", async () => {
      const bench = await make();
      // All of one millisecond, and one of another on each side.
      const ids = [await createTask(bench)];
      bench.clock.nowMs += 1;
      for (let i = 0; i < 6; i++) ids.push(await createTask(bench));
      bench.clock.nowMs += 1;
      ids.push(await createTask(bench));
      for (const id of ids) await bench.tasks.cancel("ada", id);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await bench.tasks.list("ada", { limit: 2, ...(cursor && { cursor }) });
        seen.push(...page.tasks.map(({ id }) => id));
        cursor = page.nextCursor;
        for (const { id } of page.tasks) await bench.tasks.remove("ada", id);
        bench.clock.nowMs += LATER_MS;
        await bench.tasks.purge();
      } while (cursor);
      expect(seen).toEqual([...ids].reverse());
    });

    test("lists nothing twice where only the last task of a page is gone", async () => {
      const bench = await make();
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.push(await createTask(bench));
      const first = await bench.tasks.list("ada", { limit: 3 });
      const last = first.tasks.at(-1)?.id ?? "";
      await bench.tasks.cancel("ada", last);
      await bench.tasks.remove("ada", last);
      const cursor = first.nextCursor ?? "";
      const rest = await bench.tasks.list("ada", { limit: 3, cursor });
      expect(rest.tasks.map(({ id }) => ids.indexOf(id))).toEqual([1, 0]);
    });
  });
}

function expiring(make: Make, { describe, test, expect }: Harness): void {
  describe("purge() of tasks", () => {
    test("removes those that ended before the time they are kept, with their events, and no others", async () => {
      const bench = await make();
      const old = await anEnded(bench);
      const waiting = await createTask(bench);
      const retried = await createTask(bench);
      await bench.tasks.cancel("ada", retried);
      bench.clock.nowMs += 1;
      const young = await createTask(bench);
      await bench.tasks.cancel("ada", young);
      await bench.tasks.retry("ada", retried);
      bench.clock.nowMs += RETENTION_MS - 1;
      expect(await bench.tasks.purge()).toBe(1 + 1 + 4);
      expect((await taskErrorOf(bench.tasks.get("ada", old))).code).toBe("no_such_task");
      for (const id of [waiting, young, retried])
        expect((await bench.tasks.get("ada", id)).id).toBe(id);
      expect(await eventTypes(bench, retried)).toEqual(["created", "target", "ended", "retried"]);
      expect(await bench.tasks.purge()).toBe(0);
      bench.clock.nowMs += 1;
      expect(await bench.tasks.purge()).toBe(1 + 3);
    });

    test("never shows a part of a log, however many events a task has", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      for (let i = 0; i < 350; i++)
        await bench.tasks.saveSource(claim, i % 2 === 0 ? "source_lost" : "source_back");
      await bench.tasks.finish(claim, { status: "FAILED", failure: aFailure });
      const other = await anEnded(bench);
      bench.clock.nowMs += RETENTION_MS;
      expect(await bench.tasks.purge()).toBe(1 + 354 + (1 + 1 + 4));
      for (const id of [claim.taskId, other])
        expect((await taskErrorOf(bench.tasks.get("ada", id))).code).toBe("no_such_task");
      // Those that come afterwards have logs without gaps, in order.
      const id = await anEnded(bench);
      const events = await bench.tasks.events("ada", id, { afterSequence: 0, limit: 9 });
      expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    });
  });
}
