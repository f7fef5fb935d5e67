import { taskErrorOf } from "../fixtures/failure-of.ts";
import {
  aFailure,
  aNewTask,
  anAdmission,
  claimTask,
  createTask,
  type StoreBench,
  startTask,
} from "../fixtures/store-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;
type Make = () => Promise<StoreBench>;

/** How every task store keeps clients from having more pending tasks than they may. */
export function limitingPending(make: Make, { describe, test, expect }: Harness): void {
  const create = (bench: StoreBench, pendingMax: number, clientCode = "ada") => {
    const { nonce } = anAdmission();
    return bench.tasks.create(aNewTask({ clientCode }), {
      nonce: { ...nonce, clientCode },
      pendingMax,
    });
  };

  describe("the limit of pending tasks", () => {
    test("refuses more of a client, together or one by one, until one is claimed or has ended", async () => {
      const bench = await make();
      const outcomes = await Promise.allSettled(Array.from({ length: 9 }, () => create(bench, 3)));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
      expect((await taskErrorOf(create(bench, 3))).code).toBe("too_many_requests");
      expect(await bench.queue.depth()).toEqual({ pending: 3, running: 0 });
      await create(bench, 3, "bob");
      await claimTask(bench);
      const next = await create(bench, 3);
      expect((await taskErrorOf(create(bench, 3))).code).toBe("too_many_requests");
      await bench.tasks.cancel("ada", next);
      await create(bench, 3);
      await create(bench, 0);
      expect((await taskErrorOf(create(bench, 3))).code).toBe("too_many_requests");
      await create(bench, 5);
    });

    test("counts those that wait for a later try", async () => {
      const bench = await make();
      const { claim } = await startTask(bench);
      const notBeforeMs = bench.clock.nowMs + 1000;
      await bench.queue.giveBack(claim, { failure: aFailure, notBeforeMs, counts: true });
      expect((await taskErrorOf(create(bench, 1))).code).toBe("too_many_requests");
    });

    test("uses the nonce of a refused call, and lets a known idempotency key have its answer", async () => {
      const bench = await make();
      const idempotency = { key: "k", bodyDigest: "d" };
      const id = await bench.tasks.create(aNewTask(), anAdmission({ idempotency, pendingMax: 1 }));
      const refused = anAdmission({ pendingMax: 1 });
      expect((await taskErrorOf(bench.tasks.create(aNewTask(), refused))).code).toBe(
        "too_many_requests",
      );
      expect((await taskErrorOf(bench.clients.useNonce(refused.nonce))).code).toBe(
        "request_replayed",
      );
      const again = anAdmission({ idempotency, pendingMax: 1 });
      expect(await bench.tasks.create(aNewTask(), again)).toBe(id);
    });

    test("holds for a retry, which changes nothing then", async () => {
      const bench = await make();
      const id = await createTask(bench);
      await bench.tasks.cancel("ada", id);
      await create(bench, 1);
      expect((await taskErrorOf(bench.tasks.retry("ada", id, 1))).code).toBe("too_many_requests");
      expect((await bench.tasks.get("ada", id)).status).toBe("CANCELLED");
      expect((await bench.tasks.retry("ada", id, 2)).status).toBe("PENDING");
    });
  });
}
